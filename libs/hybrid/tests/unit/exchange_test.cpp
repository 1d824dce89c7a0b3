// SPDX-License-Identifier: Apache-2.0
// What ranks tell each other in an iteration, and how often: counts and bytes as the formulas give them.
#include "twill/hybrid/exchange.hpp"

#include "twill/base/error.hpp"
#include "twill/base/philox.hpp"
#include "twill/comm.hpp"
#include "twill/hybrid/collective_try.hpp"
#include "twill/hybrid/recording.hpp"
#include "twill/hybrid/two_level.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

namespace twill::hybrid {
namespace {

static_assert(comm::communicator<recording_communicator<comm::shm_comm>>);
static_assert(byte_communicator<recording_communicator<comm::any_communicator>>);

TEST(statistics_in_order, are_those_of_the_sample_and_do_not_depend_on_who_had_the_numbers) {
  const std::vector<double> x{2, 4, 4, 4, 5, 5, 7, 9};
  const ordered_statistics s = statistics_in_order(x);
  EXPECT_EQ(s.count, 8U);
  EXPECT_DOUBLE_EQ(s.mean, 5.0);
  EXPECT_DOUBLE_EQ(s.variance, 32.0 / 7.0);
  EXPECT_EQ(statistics_in_order({}).mean, 0.0);
  EXPECT_EQ(statistics_in_order(std::vector<double>{3.0}).variance, 0.0);
}

TEST(records, come_back_bit_for_bit_and_sparse_ones_are_shorter) {
  const record_shape shape{.header = 4, .coefficients = 200};
  const philox numbers{philox_key(7)};
  std::vector<double> records;
  for (std::size_t r = 0; r < 6; ++r) {
    for (std::size_t i = 0; i < shape.doubles(); ++i) {
      const bool there = i < 4 || numbers.uniform(r * 1000 + i) < 0.18 * static_cast<double>(r);
      records.push_back(there ? numbers.normal(r * 1000 + i) : 0.0);
    }
  }
  records[10] = -0.0;
  records[20] = std::nan("");
  const std::vector<double> packed = pack_records(records, shape);
  EXPECT_LT(packed.size(), records.size());
  const std::vector<double> back = unpack_records(packed, shape);
  ASSERT_EQ(back.size(), records.size());
  EXPECT_EQ(std::memcmp(back.data(), records.data(), records.size() * sizeof(double)), 0);

  std::vector<double> dense(shape.doubles(), 1.5);
  EXPECT_EQ(pack_records(dense, shape).size(), shape.doubles() + 1)
      << "half and more: as it is, and its length";
}

TEST(records, that_nobody_packed_are_refused) {
  const record_shape shape{.header = 1, .coefficients = 4};
  for (const std::vector<double>& bad : {std::vector<double>{9, 1}, {0}, {3, 1, 2, 3}, {-1, 1}}) {
    try {
      static_cast<void>(unpack_records(bad, shape));
      ADD_FAILURE() << "accepted " << bad.front();
    } catch (const twill::error& e) {
      EXPECT_EQ(e.code(), twill::errc::corrupt_data);
    }
  }
}

TEST(activity, of_all_stages_is_one_message) {
  const std::vector<stage_activity> stages{{2, {{5, 1}, {9, 3}}}, {3, {}}, {7, {{0, 12}}}};
  const std::vector<std::uint32_t> message = pack_activity(stages);
  EXPECT_EQ(message, (std::vector<std::uint32_t>{2, 2, 5, 1, 9, 3, 3, 0, 7, 1, 0, 12}));
  const auto back = unpack_activity(message);
  ASSERT_EQ(back.size(), 3U);
  EXPECT_EQ(back[0].slots, stages[0].slots);
  EXPECT_EQ(back[2].stage, 7U);
  EXPECT_THROW(static_cast<void>(unpack_activity(std::vector<std::uint32_t>{2, 2, 5})), twill::error);
}

// One iteration as an application of the table makes it; the layout of the figures is that of the formulas.
struct figures {
  std::size_t passes = 0;        // M
  std::size_t stages = 0;        // T
  std::size_t dimension = 0;     // D
  std::size_t first_values = 0;  // N_0
  bool states = false;
  bool activity = false;
};

template <class C>
std::vector<double> iterate(C& ranks, const figures& f) {
  const auto size = static_cast<std::size_t>(ranks.size());
  const auto me = static_cast<std::size_t>(ranks.rank());
  std::vector<double> seen;
  const auto keep = [&seen](std::span<const double> all) { seen.insert(seen.end(), all.begin(), all.end()); };
  const auto gather = [&](std::size_t width, double tag) {
    const block_table t = blocks(f.passes, size, width);
    std::vector<double> mine;
    for (std::size_t i = t.at(me).begin; i < t.at(me).end(); ++i)
      for (std::size_t k = 0; k < width; ++k)
        mine.push_back(tag + static_cast<double>(i) + 0.001 * static_cast<double>(k));
    std::vector<double> all(t.elements());
    gather_blocks(ranks, t, std::span<const double>(mine), std::span<double>(all));
    keep(all);
  };
  ranks.set_phase("forward");
  gather(1, 1.0);
  ranks.set_phase("states");
  if (f.states) gather(f.dimension * f.stages, 2.0);
  ranks.set_phase("backward");
  const record_shape record{.header = 4, .coefficients = f.dimension};
  for (std::size_t t = f.stages; t > 1; --t) gather(record.doubles(), static_cast<double>(10 * t));
  ranks.set_phase("activity");
  if (f.activity) {
    const std::vector<stage_activity> mine{{static_cast<std::uint32_t>(me), {{1, 2}}}};
    const auto all = ranks.allgatherv(pack_activity(mine));
    for (const std::uint32_t word : all.values) seen.push_back(word);
  }
  ranks.set_phase("bound");
  const block_table values = blocks(f.first_values, size);
  boundary end(values, ranks.rank());
  end.set_front(static_cast<request_bits>(me + 1 == size ? request::stop : request::none),
                7.5 + static_cast<double>(me));
  std::vector<double> mine;
  for (std::size_t i = values.at(me).begin; i < values.at(me).end(); ++i)
    mine.push_back(static_cast<double>(i) * 3);
  const boundary_view all = end.exchange(ranks, mine);
  EXPECT_TRUE(has(all.requests, request::stop)) << "one rank alone was asked";
  EXPECT_FALSE(has(all.requests, request::checkpoint));
  EXPECT_EQ(all.elapsed, 7.5) << "rank 0's";
  keep(all.values);
  return seen;
}

// Rank 1 comes to each exchange when the others are there and have waited for a while.
TEST(boundary, tells_what_ranks_wait_for_each_other) {
  constexpr double late = 0.02;
  constexpr int rounds = 3;
  comm::run_thread_ranks(2, [](comm::shm_comm& world) {
    boundary end(blocks(0, 2), world.rank());
    EXPECT_EQ(end.exchange(world, {}).waited, 0.0) << "nobody knows when the others began";
    double most = 0;
    for (int i = 0; i < rounds; ++i) {
      const auto begin = std::chrono::steady_clock::now();
      const auto since = [begin] {
        return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
      };
      while (world.rank() == 1 && since() < late) continue;
      const double before = since();
      const double waited = end.exchange(world, {}).waited;
      EXPECT_LE(waited, since() - before + 1e-6);
      EXPECT_GE(waited, 0.0);
      most = std::max(most, waited);
    }
    if (world.rank() == 0) {
      EXPECT_GT(most, 0.5 * late);
    }
  });
}

TEST(boundary, counts_from_where_ranks_are_told_to_be_together) {
  comm::run_thread_ranks(2, [](comm::shm_comm& world) {
    boundary end(blocks(0, 2), world.rank());
    // One of two alone knows when it began: nothing can be said.
    if (world.rank() == 0) end.set_together();
    const boundary_view first = end.exchange(world, {});
    EXPECT_EQ(first.waited, 0.0);
    end.set_front(static_cast<request_bits>(request::checkpoint), 3.0);
    const boundary_view second = end.exchange(world, {});
    EXPECT_EQ(second.requests, static_cast<request_bits>(request::checkpoint));
    EXPECT_EQ(second.elapsed, 3.0);
  });
}

TEST(pattern, has_exactly_the_collectives_and_bytes_of_its_table) {
  for (const int n : {1, 2, 3, 4}) {
    for (const bool extras : {false, true}) {
      comm::run_thread_ranks(n, [&](comm::shm_comm& world) {
        recording_communicator ranks(world);
        const figures f{.passes = 7,
                        .stages = 5,
                        .dimension = 6,
                        .first_values = 9,
                        .states = extras,
                        .activity = extras};
        static_cast<void>(iterate(ranks, f));
        const std::size_t R = static_cast<std::size_t>(n);
        EXPECT_EQ(ranks.total().calls, f.stages + 1 + (extras ? 2U : 0U))
            << "T + 1, one each for activity and states";
        EXPECT_EQ(ranks.total("forward").received, 8 * f.passes);
        EXPECT_EQ(ranks.total("backward").calls, f.stages - 1);
        EXPECT_EQ(ranks.total("backward").received, (f.stages - 1) * f.passes * (8 * f.dimension + 32));
        EXPECT_EQ(ranks.total("bound").received, 8 * f.first_values + 16 * R);
        EXPECT_EQ(ranks.total("states").received, extras ? f.passes * 8 * f.dimension * f.stages : 0U);
        EXPECT_EQ(ranks.total("activity").calls, extras ? 1U : 0U);
        EXPECT_EQ(ranks.total("activity").received, extras ? R * 16 : 0U);
        for (const recorded_call& c : ranks.calls()) EXPECT_EQ(c.operation, "allgatherv");
      });
    }
  }
}

TEST(pattern, starts_with_one_broadcast_of_what_the_first_rank_has_read) {
  for (const int n : {1, 2, 4}) {
    comm::run_thread_ranks(n, [](comm::shm_comm& world) {
      recording_communicator ranks(world);
      const auto R = static_cast<std::size_t>(world.size());
      // 10 kB to 20 MB; the largest is left to programs.
      for (const std::size_t bytes : {std::size_t{0}, std::size_t{10'000}, std::size_t{1'000'003}}) {
        ranks.clear();
        const std::vector<std::byte> all = from_first_rank(ranks, [&] {
          EXPECT_EQ(world.rank(), 0) << "files are read once";
          std::vector<std::byte> made(bytes);
          for (std::size_t i = 0; i < bytes; ++i) made[i] = static_cast<std::byte>(i * 7);
          return made;
        });
        ASSERT_EQ(all.size(), bytes);
        for (std::size_t i = 0; i < bytes; ++i) ASSERT_EQ(all[i], static_cast<std::byte>(i * 7)) << i;
        ASSERT_EQ(ranks.calls().size(), 2U);
        EXPECT_EQ(ranks.calls()[0].operation, "allgatherv");
        EXPECT_EQ(ranks.calls()[0].received, 8 * R) << "lengths";
        EXPECT_EQ(ranks.calls()[1].operation, "broadcast");
        EXPECT_EQ(ranks.calls()[1].sent + ranks.calls()[1].received, bytes)
            << "given by one, had by the others";
      }
      try {
        static_cast<void>(from_first_rank(ranks, []() -> std::vector<std::byte> {
          throw twill::error(twill::errc::cannot_read,
                             {.what = "no case", .where = location{.file = "case"}});
        }));
        ADD_FAILURE() << "read";
      } catch (const remote_failure& e) {
        EXPECT_EQ(e.rank(), 0);
        EXPECT_EQ(e.exit(), exit_code::io);
        EXPECT_NE(std::string(e.what()).find("no case"), std::string::npos) << e.what();
      }
      EXPECT_EQ(ranks.allreduce(1, comm::sum), world.size()) << "the communicator goes on";
    });
  }
}

TEST(pattern, has_the_volumes_of_the_reference) {
  // 160 hydros, 120 stages, 192 passes, 16 ranks.
  const record_shape cut{.header = 4, .coefficients = 2080};
  EXPECT_EQ(cut.bytes(), 16'672U);
  EXPECT_NEAR(static_cast<double>(cut.bytes() * 192 * 119) * 1e-6, 380.9, 0.05);
  EXPECT_NEAR(static_cast<double>((std::size_t{1120} * 8 + 4) * 192 * 120) * 1e-6, 206.5, 0.05);
  EXPECT_NEAR(static_cast<double>((std::size_t{2080} * 8 + 20) * 192 * 119) * 1e-6, 380.6, 0.05);
}

TEST(pattern, gives_the_same_numbers_on_any_number_of_ranks) {
  const figures f{.passes = 10, .stages = 4, .dimension = 3, .first_values = 5, .states = true};
  std::vector<double> first;
  for (const int n : {1, 2, 3, 4}) {
    std::mutex lock;
    comm::run_thread_ranks(n, [&](comm::shm_comm& world) {
      recording_communicator ranks(world);
      const std::vector<double> seen = iterate(ranks, f);
      const std::scoped_lock hold(lock);
      if (first.empty()) first = seen;
      EXPECT_EQ(seen, first) << n << " ranks, rank " << world.rank();
    });
  }
}

TEST(pattern, can_overlap_an_exchange_with_work_without_another_result) {
  comm::run_thread_ranks(3, [](comm::shm_comm& world) {
    const block_table t = blocks(8, 3, 4);
    const index_block b = t.at(static_cast<std::size_t>(world.rank()));
    std::vector<double> mine;
    for (std::size_t i = b.begin * 4; i < b.end() * 4; ++i) mine.push_back(std::sqrt(static_cast<double>(i)));
    std::vector<double> blocking(t.elements());
    gather_blocks(world, t, std::span<const double>(mine), std::span<double>(blocking));
    auto request = world.iallgatherv(mine, t.counts);
    double work = 0;
    for (int i = 1; i < 1000; ++i) work += 1.0 / i;
    const std::vector<double> overlapped = request.wait();
    EXPECT_EQ(overlapped, blocking);
    EXPECT_GT(work, 7.0);
  });
}

TEST(two_level_gather, brings_the_same_elements_in_the_same_order) {
  for (const int n : {1, 2, 3, 4}) {
    for (const int of_a_node : {1, 2, 3}) {
      comm::run_thread_ranks(n, [&](comm::shm_comm& world) {
        const block_table t = blocks(11, static_cast<std::size_t>(n), 3);
        const index_block b = t.at(static_cast<std::size_t>(world.rank()));
        std::vector<double> mine;
        for (std::size_t i = b.begin * 3; i < b.end() * 3; ++i) mine.push_back(static_cast<double>(i));
        std::vector<double> plain(t.elements());
        std::vector<double> by_node(t.elements());
        gather_blocks(world, t, std::span<const double>(mine), std::span<double>(plain));
        two_level_gather<comm::shm_comm> gather(world, world.rank() / of_a_node);
        EXPECT_TRUE(gather.by_nodes());
        gather.gather(t, std::span<const double>(mine), std::span<double>(by_node));
        EXPECT_EQ(by_node, plain);
      });
    }
  }
}

TEST(two_level_gather, is_the_plain_one_where_ranks_of_a_node_are_no_neighbours) {
  comm::run_thread_ranks(4, [](comm::shm_comm& world) {
    two_level_gather<comm::shm_comm> gather(world, world.rank() % 2);
    EXPECT_FALSE(gather.by_nodes());
    const block_table t = blocks(4, 4);
    const double mine = world.rank() * 2.0;
    std::vector<double> all(4);
    gather.gather(t, std::span<const double>(&mine, 1), std::span<double>(all));
    EXPECT_EQ(all, (std::vector<double>{0, 2, 4, 6}));
  });
}

TEST(recording, goes_with_splits_and_duplicates) {
  comm::run_thread_ranks(2, [](comm::shm_comm& world) {
    recording_communicator ranks(world);
    auto copy = ranks.duplicate();
    copy.barrier();
    auto alone = ranks.split(world.rank(), 0);
    ASSERT_TRUE(alone.has_value());
    EXPECT_EQ(alone->size(), 1);
    EXPECT_EQ(alone->allreduce(2.0, comm::sum), 2.0);
    double value = world.rank() == 1 ? 4.0 : 0.0;
    ranks.broadcast(std::span<double>(&value, 1), 1);
    EXPECT_EQ(value, 4.0);
    ASSERT_EQ(ranks.calls().size(), 3U);
    EXPECT_EQ(ranks.calls()[0].operation, "barrier");
    EXPECT_EQ(ranks.calls()[1].operation, "allreduce");
    EXPECT_EQ(ranks.calls()[2].sent, world.rank() == 1 ? 8U : 0U);
    ranks.clear();
    EXPECT_EQ(ranks.total().calls, 0U);
  });
}

TEST(boundary, refuses_a_block_of_another_length) {
  comm::run_thread_ranks(1, [](comm::shm_comm& world) {
    boundary end(blocks(3, 1), 0);
    const std::vector<double> four(4);
    try {
      static_cast<void>(end.exchange(world, four));
      ADD_FAILURE() << "accepted";
    } catch (const twill::error& e) {
      EXPECT_EQ(e.found(), "4");
      EXPECT_EQ(e.expected(), "3");
    }
  });
}

}  // namespace
}  // namespace twill::hybrid
