// SPDX-License-Identifier: Apache-2.0
// Splitting, duplicating, comparing; and what threads may do with communicators.
#include "ranks.hpp"

#include <array>
#include <atomic>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace comm = twill::comm;
using ranks::code_of;
using ranks::on_ranks;

class communicators : public ranks::on_every_layout {};
class communicators_peers : public ranks::on_several_ranks {};

TEST_P(communicators, even_and_odd_ranks_form_groups_of_their_own) {
  on_ranks(GetParam(), [](auto& world) {
    const int parity = world.rank() % 2;
    auto half = world.split(parity);
    ASSERT_TRUE(half.has_value());
    EXPECT_EQ(half->size(), (world.size() + 1 - parity) / 2);
    EXPECT_EQ(half->rank(), world.rank() / 2);
    int expected = 0;
    for (int r = parity; r < world.size(); r += 2) expected += r;
    EXPECT_EQ(half->allreduce(world.rank(), comm::sum), expected);
    EXPECT_EQ(half->broadcast_value(world.rank(), half->size() - 1), parity + 2 * (half->size() - 1));
  });
}

TEST_P(communicators, three_colours_no_colour_and_negative_colours) {
  on_ranks(GetParam(), [](auto& world) {
    auto third = world.split(world.rank() % 3);
    ASSERT_TRUE(third.has_value());
    EXPECT_EQ(third->size(), (world.size() - world.rank() % 3 + 2) / 3);
    const auto some = world.split(world.rank() == 0 ? std::optional<int>() : std::optional<int>(4));
    EXPECT_EQ(some.has_value(), world.rank() != 0);
    if (some) {
      EXPECT_EQ(some->size(), world.size() - 1);
    }
    EXPECT_EQ(code_of([&] { (void)world.split(-1); }), make_error_code(comm::errc::invalid_argument));
  });
}

TEST_P(communicators, keys_order_ranks_and_ties_keep_the_old_order) {
  on_ranks(GetParam(), [](auto& world) {
    auto reversed = world.split(0, -world.rank());
    EXPECT_EQ(reversed->rank(), world.size() - 1 - world.rank());
    EXPECT_EQ(reversed->broadcast_value(world.rank(), 0), world.size() - 1);
    auto same = world.split(0, 7);
    EXPECT_EQ(same->rank(), world.rank());
    EXPECT_EQ(world.compare(world), comm::group_relation::identical);
    EXPECT_EQ(world.compare(*same), comm::group_relation::congruent);
    EXPECT_EQ(world.compare(*reversed),
              world.size() == 1 ? comm::group_relation::congruent : comm::group_relation::similar);
    const auto first = world.create_group(std::vector<int>{0});
    EXPECT_EQ(first.has_value(), world.rank() == 0);
    if (first && world.size() > 1) {
      EXPECT_EQ(world.compare(*first), comm::group_relation::unequal);
    }
    EXPECT_EQ(code_of([&] { (void)world.create_group(std::vector<int>{0, 0}); }),
              make_error_code(comm::errc::invalid_rank));
  });
}

TEST_P(communicators, splits_nest_and_the_node_holds_everyone) {
  on_ranks(GetParam(), [](auto& world) {
    auto node = world.split_local();
    EXPECT_EQ(node.size(), world.size());
    EXPECT_EQ(node.is_leader(), world.rank() == 0);
    auto half = node.split(node.rank() / 2);
    auto one = half->split(half->rank());
    EXPECT_EQ(one->size(), 1);
    EXPECT_EQ(one->allreduce(5, comm::prod), 5);
    EXPECT_EQ(half->allreduce(1, comm::sum), half->size());
    for (const auto kind : {comm::locality::numa, comm::locality::socket, comm::locality::l3}) {
      auto near = world.split_local(kind);
      EXPECT_GE(near.size(), 1);
      EXPECT_LE(near.size(), world.size());
      EXPECT_EQ(near.allreduce(1, comm::sum), near.size());
    }
  });
}

TEST_P(communicators, a_duplicate_keeps_messages_and_collectives_apart) {
  on_ranks(GetParam(), [](auto& world) {
    auto copy = world.duplicate();
    EXPECT_EQ(copy.rank(), world.rank());
    EXPECT_EQ(copy.group(), world.group());
    copy.send(std::vector<int>{1}, world.rank(), 0);
    EXPECT_FALSE(world.iprobe(comm::any_source, comm::any_tag).has_value());
    world.send(std::vector<int>{2}, world.rank(), 0);
    EXPECT_EQ(world.template recv_vector<int>(world.rank(), 0), std::vector<int>{2});
    EXPECT_EQ(copy.template recv_vector<int>(world.rank(), 0), std::vector<int>{1});
    auto pending = copy.iallreduce(std::vector<int>{1}, comm::sum);
    EXPECT_EQ(world.allreduce(2, comm::sum), 2 * world.size());
    EXPECT_EQ(pending.wait()[0], world.size());
  });
}

TEST_P(communicators, a_nonblocking_duplicate_is_handed_out_when_all_have_begun_it) {
  on_ranks(GetParam(), [](auto& world) {
    auto first = world.iduplicate();
    auto second = world.iduplicate();
    auto late = second.wait();
    auto copy = first.wait();
    EXPECT_FALSE(first.valid());
    EXPECT_EQ(copy.rank(), world.rank());
    EXPECT_EQ(copy.size(), world.size());
    EXPECT_EQ(copy.compare(late), comm::group_relation::congruent);
    EXPECT_EQ(late.allreduce(world.rank(), comm::max), world.size() - 1);
    copy.send(std::vector<int>{1}, world.rank(), 0);
    EXPECT_FALSE(late.iprobe(comm::any_source, comm::any_tag).has_value());
    EXPECT_EQ(copy.template recv_vector<int>(world.rank(), 0), std::vector<int>{1});
    {
      const auto dropped = world.iduplicate();
    }
    EXPECT_EQ(copy.allreduce(1, comm::sum), world.size());
  });
}

TEST_P(communicators, a_thousand_are_made_and_destroyed) {
  on_ranks(GetParam(), [](auto& world) {
    for (int i = 0; i < 1000; ++i) {
      auto copy = world.duplicate();
      if (i % 100 == 0) {
        EXPECT_EQ(copy.allreduce(i, comm::max), i);
      }
    }
    std::vector<std::remove_reference_t<decltype(world)>> many;
    for (int i = 0; i < 100; ++i) many.push_back(world.duplicate());
    for (auto& c : many) c.barrier();
    EXPECT_EQ(many.back().allreduce(1, comm::sum), world.size());
  });
}

TEST_P(communicators, four_threads_run_collectives_on_four_duplicates_at_once) {
  on_ranks(GetParam(), [](auto& world) {
    std::vector<std::remove_reference_t<decltype(world)>> copies;
    for (int i = 0; i < 4; ++i) copies.push_back(world.duplicate());
    std::array<int, 4> results{};
    {
      std::vector<std::jthread> threads;
      for (std::size_t t = 0; t < 4; ++t) {
        threads.emplace_back([&, t] {
          for (int i = 0; i < 50; ++i) results[t] += copies[t].allreduce(static_cast<int>(t) + i, comm::sum);
        });
      }
    }
    for (int t = 0; t < 4; ++t)
      EXPECT_EQ(results[static_cast<std::size_t>(t)], world.size() * (50 * t + 49 * 50 / 2));
  });
}

TEST_P(communicators_peers, two_threads_in_one_communicator_are_found_out) {
  on_ranks(GetParam(), [](auto& world) {
    // Rank 0's first thread waits in a barrier that the others enter only after rank 0's second thread was
    // refused.
    auto other = world.duplicate();
    if (world.rank() != 0) {
      EXPECT_EQ(world.template recv_vector<int>(0, 0), std::vector<int>{1});
      other.barrier();
      return;
    }
    std::jthread first([&] { other.barrier(); });
    std::error_code code;
    while (!code) {
      // Before the thread is inside, this one would be the first and wait for ever.
      // ORD acquire [busy]: pairs with one_collective.
      const bool inside = other.engine().ctx().busy.load(std::memory_order_acquire);
      if (inside) code = code_of([&] { other.barrier(); });
    }
    EXPECT_EQ(code, make_error_code(comm::errc::concurrent_collective));
    for (int r = 1; r < world.size(); ++r) world.send(std::vector<int>{1}, r, 0);
  });
}

TEST_P(communicators, hints_are_kept_in_order_and_refused_when_too_long) {
  on_ranks(GetParam(), [](auto&) {
    comm::info hints{{"b", "2"}, {"a", "1"}};
    hints.set("b", "3");
    EXPECT_EQ(hints.get("b"), "3");
    EXPECT_EQ(hints.get("missing"), std::nullopt);
    EXPECT_EQ(hints.keys(), (std::vector<std::string>{"a", "b"}));
    EXPECT_TRUE(hints.erase("a"));
    EXPECT_FALSE(hints.erase("a"));
    EXPECT_EQ(hints.size(), 1U);
    EXPECT_TRUE(comm::info().empty());
    EXPECT_EQ(code_of([&] { hints.set(std::string(256, 'k'), "v"); }),
              make_error_code(comm::errc::invalid_argument));
    EXPECT_EQ(code_of([&] { hints.set("k", std::string(1024, 'v')); }),
              make_error_code(comm::errc::invalid_argument));
    hints.set(std::string(255, 'k'), std::string(1023, 'v'));
    EXPECT_EQ(hints.size(), 2U);
  });
}

INSTANTIATE_TEST_SUITE_P(comm, communicators, ::testing::ValuesIn(ranks::all()),
                         [](const auto& p) { return ranks::name(p.param); });
INSTANTIATE_TEST_SUITE_P(comm, communicators_peers, ::testing::ValuesIn(ranks::several()),
                         [](const auto& p) { return ranks::name(p.param); });

}  // namespace
