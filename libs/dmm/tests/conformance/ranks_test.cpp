// SPDX-License-Identifier: Apache-2.0
// Rows over ranks and runs over ranks, through the public headers alone: threads as ranks of the shm backend.
#include "twill/base/philox.hpp"
#include "twill/comm.hpp"
#include "twill/dmm.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <string>
#include <vector>

namespace {

using namespace twill::dmm;

constexpr std::size_t rows = 5000;
constexpr std::size_t taxa = 12;

const std::vector<std::int32_t>& cells() {
  static const std::vector<std::int32_t> all = [] {
    std::vector<std::int32_t> out(rows * taxa);
    const twill::philox stream{twill::philox_key(99)};
    for (std::size_t i = 0; i < rows; ++i) {
      for (std::size_t j = 0; j < taxa; ++j) {
        const std::uint64_t most = (i % 3 == 0) == (j % 2 == 0) ? 60 : 6;
        out[i * taxa + j] = static_cast<std::int32_t>(stream.bounded(i * taxa + j, most));
      }
      out[i * taxa] += 1;
    }
    return out;
  }();
  return all;
}

count_table part(row_range r) {
  if (r.first == r.last) return count_table::none(taxa);
  return count_table::from_dense(
      std::span<const std::int32_t>(cells()).subspan(r.first * taxa, (r.last - r.first) * taxa),
      r.last - r.first, taxa, zero_rows::refuse, 1);
}

fit_options options() {
  fit_options o{.components = 3};
  o.threads = 1;
  o.em.max_iter = 6;
  return o;
}

TEST(rows_of_rank, cover_the_table_in_whole_blocks) {
  for (const std::size_t n : {std::size_t{1}, std::size_t{1000}, std::size_t{5000}, std::size_t{1'000'000}}) {
    for (int size = 1; size <= 9; ++size) {
      std::size_t next = 0;
      for (int r = 0; r < size; ++r) {
        const row_range range = rows_of_rank(n, r, size);
        EXPECT_LE(range.first, range.last);
        EXPECT_TRUE(range.first == next || range.first == range.last);
        next = std::max(next, range.last);
        EXPECT_TRUE(range.last == n || range.last % 1024 == 0);
      }
      EXPECT_EQ(next, n);
    }
  }
  EXPECT_EQ(rows_of_rank(5000, 0, 2), (row_range{0, 4096}));
}

TEST(fit_over_ranks, bits_are_those_of_the_whole_table) {
  const mixture_fit whole = fit(part({0, rows}), options());
  for (const int size : {1, 2, 3, 5}) {
    std::mutex guard;
    std::vector<double> group(rows * 3);
    twill::comm::run_thread_ranks(size, [&](auto& world) {
      const row_range mine = rows_of_rank(rows, world.rank(), size);
      const mixture_fit f = fit(part(mine), world, options());
      const std::lock_guard lock(guard);
      EXPECT_EQ(f.alpha, whole.alpha) << size;
      EXPECT_EQ(f.nle, whole.nle) << size;
      EXPECT_EQ(f.laplace, whole.laplace) << size;
      EXPECT_EQ(f.weights, whole.weights) << size;
      EXPECT_EQ(f.samples, rows);
      std::copy(f.group.begin(), f.group.end(), group.begin() + static_cast<std::ptrdiff_t>(mine.first * 3));
    });
    EXPECT_EQ(group, whole.group) << size;
  }
}

TEST(fit_over_ranks, a_table_split_otherwise_is_refused_on_every_rank) {
  std::mutex guard;
  int refused = 0;
  twill::comm::run_thread_ranks(2, [&](auto& world) {
    try {
      const std::size_t middle = 1000;
      static_cast<void>(
          fit(part(world.rank() == 0 ? row_range{0, middle} : row_range{middle, rows}), world, options()));
    } catch (const error& e) {
      const std::lock_guard lock(guard);
      ++refused;
      EXPECT_THAT(e.what(),
                  testing::HasSubstr("rank 0 does not hold the rows of the table that it should (found 1000 "
                                     "rows of 12 taxa, expected 4096 rows of 12 taxa)"));
    }
  });
  EXPECT_EQ(refused, 2);
}

TEST(fit_over_ranks, a_stop_on_one_rank_ends_all) {
  twill::comm::run_thread_ranks(2, [&](auto& world) {
    fit_options o = options();
    o.em.tol = 0;
    o.em.max_iter = 100000;
    o.progress = [&](const fit_progress& at) { return world.rank() == 0 || at.iteration < 3; };
    EXPECT_TRUE(fit(part(rows_of_rank(rows, world.rank(), 2)), world, o).diag.cancelled);
  });
}

TEST(sweep_over_ranks, every_rank_has_what_one_process_finds) {
  const count_table table =
      count_table::from_dense(std::span<const std::int32_t>(cells()).first(300 * taxa), 300, taxa);
  const std::vector<int> ks{1, 2, 3, 4};
  sweep_options o;
  o.fit.threads = 1;
  o.fit.starts = 2;
  const sweep alone = fit_range(table, ks, o);
  for (const int size : {2, 3}) {
    std::mutex guard;
    twill::comm::run_thread_ranks(size, [&](auto& world) {
      const sweep s = fit_range(table, ks, world, o);
      const std::lock_guard lock(guard);
      ASSERT_EQ(s.fits.size(), alone.fits.size());
      for (std::size_t i = 0; i < s.fits.size(); ++i) {
        EXPECT_EQ(s.fits[i].alpha, alone.fits[i].alpha);
        EXPECT_EQ(s.fits[i].group, alone.fits[i].group);
        EXPECT_EQ(s.fits[i].diag.start, alone.fits[i].diag.start);
      }
      for (std::size_t i = 0; i < s.runs.size(); ++i) EXPECT_EQ(s.runs[i].nle, alone.runs[i].nle);
    });
  }
}

TEST(sweep_over_ranks, a_stop_on_one_rank_ends_all_after_the_same_wave) {
  const count_table table =
      count_table::from_dense(std::span<const std::int32_t>(cells()).first(300 * taxa), 300, taxa);
  const std::vector<int> ks{1, 2, 3, 4};
  std::mutex guard;
  twill::comm::run_thread_ranks(2, [&](auto& world) {
    sweep_options o;
    o.fit.threads = 1;
    o.fit.starts = 2;
    o.wave = 1;
    // Rank 0 has start 0 of each K, rank 1 start 1; rank 1 ends in its second run.
    o.fit.progress = [&](const fit_progress& at) { return world.rank() == 0 || at.components == 4; };
    const sweep s = fit_range(table, ks, world, o);
    const std::lock_guard lock(guard);
    EXPECT_TRUE(s.cancelled);
    std::vector<std::string> finished;
    for (const sweep_run& r : s.runs) {
      if (r.finished) finished.push_back(std::to_string(r.components) + '/' + std::to_string(r.start));
    }
    EXPECT_THAT(finished, testing::ElementsAre("3/0", "4/0", "4/1"));
    ASSERT_EQ(s.fits.size(), 2U);
    EXPECT_EQ(s.fits[0].components, 3);
  });
}

TEST(sweep_over_rows, every_rank_has_what_one_process_finds_and_finishes_what_ranks_have_begun) {
  const std::vector<int> ks{1, 2, 3};
  sweep_options o;
  o.fit = options();
  o.fit.starts = 2;
  const sweep alone = fit_range(part({0, rows}), ks, o);
  for (const int size : {2, 3}) {
    o.checkpoint = testing::TempDir() + "dmm_rows_" + std::to_string(size);
    std::filesystem::remove_all(o.checkpoint);
    std::mutex guard;
    twill::comm::run_thread_ranks(size, [&](auto& world) {
      const sweep s = fit_range_over_rows(part(rows_of_rank(rows, world.rank(), size)), ks, world, o);
      const std::lock_guard lock(guard);
      ASSERT_EQ(s.fits.size(), alone.fits.size());
      for (std::size_t i = 0; i < s.fits.size(); ++i) {
        EXPECT_EQ(s.fits[i].alpha, alone.fits[i].alpha) << size;
        EXPECT_EQ(s.fits[i].group, alone.fits[i].group) << size;
        EXPECT_EQ(s.fits[i].laplace, alone.fits[i].laplace) << size;
      }
      for (std::size_t i = 0; i < s.runs.size(); ++i) EXPECT_EQ(s.runs[i].nle, alone.runs[i].nle) << size;
    });
    std::filesystem::remove(o.checkpoint + "/run-k2-s1.twill");
    const sweep again = fit_range(part({0, rows}), ks, o);
    int resumed = 0;
    for (const sweep_run& r : again.runs) resumed += r.resumed ? 1 : 0;
    EXPECT_EQ(resumed, 5) << size;
    for (std::size_t i = 0; i < ks.size(); ++i) EXPECT_EQ(again.fits[i].group, alone.fits[i].group) << size;
    twill::comm::run_thread_ranks(size, [&](auto& world) {
      const sweep s = fit_range_over_rows(part(rows_of_rank(rows, world.rank(), size)), ks, world, o);
      const std::lock_guard lock(guard);
      for (const sweep_run& r : s.runs) EXPECT_TRUE(r.resumed) << size;
    });
  }
}

TEST(sweep_over_rows, a_stop_on_one_rank_ends_all) {
  std::mutex guard;
  const std::vector<int> ks{1, 2};
  twill::comm::run_thread_ranks(2, [&](auto& world) {
    sweep_options o;
    o.fit = options();
    o.fit.progress = [&](const fit_progress& at) { return world.rank() == 1 || at.components == 2; };
    const sweep s = fit_range_over_rows(part(rows_of_rank(rows, world.rank(), 2)), ks, world, o);
    const std::lock_guard lock(guard);
    EXPECT_TRUE(s.cancelled);
    ASSERT_EQ(s.fits.size(), 1U);
    EXPECT_EQ(s.fits[0].components, 2);
  });
}

}  // namespace
