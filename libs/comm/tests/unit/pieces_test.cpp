// SPDX-License-Identifier: Apache-2.0
// Contributions of many pieces: how ranks hand them over depends on where their cores are, the result does
// not.
#include "twill/comm.hpp"
#include "twill/comm/detail/shm_context.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <span>
#include <vector>

namespace {

namespace comm = twill::comm;

constexpr std::size_t long_bytes = (std::size_t{2} << 20U) + 333;

std::uint8_t byte_at(std::size_t i, int rank) {
  return static_cast<std::uint8_t>((i >> 16U) * 5 + i % 253 + 3 * static_cast<std::size_t>(rank));
}

// A contribution that begins `shift` bytes behind where vectors begin, since whole lines travel past caches.
std::vector<std::uint8_t> contribution(std::size_t shift, std::size_t n, int rank) {
  std::vector<std::uint8_t> all(shift + n);
  for (std::size_t i = 0; i < n; ++i) all[shift + i] = byte_at(i, rank);
  return all;
}

std::size_t wrong_in(std::span<const std::uint8_t> block, int rank) {
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < block.size(); ++i) wrong += block[i] != byte_at(i, rank);
  return wrong;
}

template <class C>
void gathers_are_right(C& world) {
  const auto ranks = static_cast<std::size_t>(world.size());
  const auto me = static_cast<std::size_t>(world.rank());
  for (const std::size_t shift : {std::size_t{0}, std::size_t{49}}) {
    const std::size_t n = long_bytes - shift;
    const auto mine = contribution(shift, n, world.rank());
    std::vector<std::uint8_t> all(shift + ranks * n);
    world.allgather(std::span<const std::uint8_t>(mine).subspan(shift),
                    std::span<std::uint8_t>(all).subspan(shift));
    for (std::size_t r = 0; r < ranks; ++r)
      EXPECT_EQ(wrong_in(std::span<const std::uint8_t>(all).subspan(shift + r * n, n), static_cast<int>(r)),
                0U)
          << r << " of " << ranks << ", shift " << shift;

    // Lengths that differ, places that do not follow each other, and gaps that stay as they are.
    std::vector<std::size_t> counts(ranks);
    std::vector<std::size_t> displs(ranks);
    std::size_t at = 7;
    for (std::size_t r = ranks; r-- > 0; at += counts[r] + 100) {
      counts[r] = n - r * 4097;
      displs[r] = at;
    }
    std::vector<std::uint8_t> spread(at, 0xee);
    world.allgatherv(std::span<const std::uint8_t>(mine).subspan(shift, counts[me]), spread, counts, displs);
    for (std::size_t r = 0; r < ranks; ++r) {
      const auto block = std::span<const std::uint8_t>(spread).subspan(displs[r], counts[r]);
      EXPECT_EQ(wrong_in(block, static_cast<int>(r)), 0U) << r << " of " << ranks << ", shift " << shift;
      for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(spread[displs[r] + counts[r] + i], 0xee);
    }
    for (std::size_t i = 0; i < 7; ++i) EXPECT_EQ(spread[i], 0xee);

    // In place.
    std::vector<std::uint8_t> own(ranks * n);
    for (std::size_t i = 0; i < n; ++i) own[me * n + i] = byte_at(i, world.rank());
    world.allgather(comm::in_place, own);
    for (std::size_t r = 0; r < ranks; ++r)
      EXPECT_EQ(wrong_in(std::span<const std::uint8_t>(own).subspan(r * n, n), static_cast<int>(r)), 0U);

    // One rank receives.
    std::vector<std::uint8_t> at_root(world.rank() == 0 ? ranks * n : 0);
    world.gather(std::span<const std::uint8_t>(mine).subspan(shift), at_root, 0);
    if (world.rank() == 0) {
      for (std::size_t r = 0; r < ranks; ++r)
        EXPECT_EQ(wrong_in(std::span<const std::uint8_t>(at_root).subspan(r * n, n), static_cast<int>(r)),
                  0U);
    }
  }
}

// One rank gives nothing from nowhere while the others give many pieces.
template <class C>
void nothing_beside_long_blocks_is_right(C& world) {
  const auto ranks = static_cast<std::size_t>(world.size());
  for (std::size_t silent = 0; silent < ranks; ++silent) {
    const bool gives = static_cast<std::size_t>(world.rank()) != silent;
    const auto mine = gives ? contribution(0, long_bytes, world.rank()) : std::vector<std::uint8_t>{};
    std::vector<std::size_t> counts(ranks, long_bytes);
    counts[silent] = 0;
    std::vector<std::uint8_t> all((ranks - 1) * long_bytes);
    world.allgatherv(std::span<const std::uint8_t>(mine), all, counts);
    std::size_t at = 0;
    for (std::size_t r = 0; r < ranks; at += counts[r], ++r) {
      const auto block = std::span<const std::uint8_t>(all).subspan(at, counts[r]);
      EXPECT_EQ(wrong_in(block, static_cast<int>(r)), 0U) << r << " of " << ranks << ", silent " << silent;
    }
  }
}

template <class C>
void sums_are_right(C& world) {
  std::vector<double> in(long_bytes / sizeof(double));
  std::iota(in.begin(), in.end(), world.rank());
  std::vector<double> out(in.size());
  world.allreduce(in, out, comm::sum);
  std::size_t wrong = 0;
  const int n = world.size();
  for (std::size_t i = 0; i < out.size(); ++i)
    wrong += out[i] != n * static_cast<double>(i) + n * (n - 1) / 2;
  EXPECT_EQ(wrong, 0U) << n << " ranks";
}

TEST(pieces, have_the_same_results_written_plainly_and_past_the_caches) {
  for (const int ranks : {2, 3}) {
    comm::run_thread_ranks(ranks, [](auto& world) {
      auto& here = dynamic_cast<comm::detail::shm_context&>(world.engine().ctx());
      for (const std::uint32_t past : {0U, 1U << 20U, 1U}) {
        here.past_left = past;
        gathers_are_right(world);
        here.past_left = past;
        nothing_beside_long_blocks_is_right(world);
        here.past_left = past;
        sums_are_right(world);
      }
    });
  }
}

TEST(pieces, go_past_the_caches_for_a_while_after_most_were_slow_to_write) {
  comm::detail::shm_context here;
  EXPECT_FALSE(here.goes_past_caches());
  here.note_plain_pieces(0, 0);
  here.note_plain_pieces(7, 3);
  EXPECT_FALSE(here.goes_past_caches());
  here.note_plain_pieces(7, 4);
  std::uint32_t n = 0;
  while (here.goes_past_caches()) ++n;
  EXPECT_EQ(n, comm::detail::shm_context::past_pieces);
}

}  // namespace
