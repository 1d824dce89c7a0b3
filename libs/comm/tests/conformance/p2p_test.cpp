// SPDX-License-Identifier: Apache-2.0
// Messages between two ranks.
#include "ranks.hpp"

#include <cstdint>
#include <numeric>
#include <set>
#include <span>
#include <thread>
#include <vector>

namespace {

namespace comm = twill::comm;
using ranks::code_of;
using ranks::on_ranks;

class p2p : public ranks::on_every_layout {};
class p2p_peers : public ranks::on_several_ranks {};

TEST_P(p2p, a_message_to_oneself_is_received) {
  on_ranks(GetParam(), [](auto& world) {
    world.send(std::vector<int>{4, 5, 6}, world.rank(), 3);
    std::vector<int> got(3);
    const comm::status s = world.recv(got, world.rank(), 3);
    EXPECT_EQ(got, (std::vector<int>{4, 5, 6}));
    EXPECT_EQ(s.source, world.rank());
    EXPECT_EQ(s.tag, 3);
    EXPECT_EQ(s.template count<int>(), 3U);
    EXPECT_EQ((s.template count<std::array<char, 5>>()), std::nullopt);
  });
}

TEST_P(p2p, a_long_blocking_send_to_oneself_would_deadlock) {
  on_ranks(GetParam(), [](auto& world) {
    const std::vector<double> large(10'000, 1.0);
    EXPECT_EQ(code_of([&] { world.send(large, world.rank(), 0); }),
              make_error_code(comm::errc::would_deadlock));
    std::vector<double> got(10'000);
    world.scope([&](auto& s) {
      s.irecv(got, world.rank(), 0);
      world.send(large, world.rank(), 0);
    });
    EXPECT_EQ(got, large);
  });
}

TEST_P(p2p, nobody_is_a_peer_that_answers_at_once) {
  on_ranks(GetParam(), [](auto& world) {
    std::vector<int> untouched{1, 2};
    world.send(untouched, comm::null_rank, 0);
    const comm::status s = world.recv(untouched, comm::null_rank, 0);
    EXPECT_EQ(s.source, comm::null_rank);
    EXPECT_EQ(s.bytes, 0U);
    EXPECT_EQ(untouched, (std::vector<int>{1, 2}));
    EXPECT_TRUE(world.template recv_vector<int>(comm::null_rank, 0).empty());
  });
}

TEST_P(p2p, probes_tell_a_message_and_leave_it) {
  on_ranks(GetParam(), [](auto& world) {
    EXPECT_FALSE(world.iprobe(comm::any_source, comm::any_tag).has_value());
    EXPECT_FALSE(world.improbe(comm::any_source, comm::any_tag).has_value());
    world.send(std::vector<std::uint16_t>{7, 8}, world.rank(), 11);
    const comm::status s = world.probe(comm::any_source, comm::any_tag);
    EXPECT_EQ(s.bytes, 4U);
    const auto again = world.iprobe(world.rank(), 11);
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->tag, 11);
    EXPECT_EQ((world.template recv_vector<std::uint16_t>(comm::any_source, 11)),
              (std::vector<std::uint16_t>{7, 8}));
    EXPECT_FALSE(world.iprobe(comm::any_source, comm::any_tag).has_value());
  });
}

TEST_P(p2p, a_matched_probe_takes_the_message_out) {
  on_ranks(GetParam(), [](auto& world) {
    world.send(std::vector<int>{1}, world.rank(), 1);
    world.send(std::vector<int>{2}, world.rank(), 1);
    auto first = world.mprobe(world.rank(), 1);
    EXPECT_EQ(world.template recv_vector<int>(world.rank(), 1), std::vector<int>{2});
    std::vector<int> got(1);
    first.receive(got);
    EXPECT_EQ(got, std::vector<int>{1});
    EXPECT_EQ(code_of([&] { first.receive(got); }), make_error_code(comm::errc::invalid_request));
  });
}

TEST_P(p2p, a_message_longer_than_the_buffer_is_consumed_and_reported) {
  on_ranks(GetParam(), [](auto& world) {
    world.send(std::vector<int>{1, 2, 3}, world.rank(), 0);
    std::vector<int> small(2);
    EXPECT_EQ(code_of([&] { (void)world.recv(small, world.rank(), 0); }),
              make_error_code(comm::errc::truncated));
    world.send(std::vector<char>{'a', 'b', 'c'}, world.rank(), 0);
    std::vector<int> ints(4);
    EXPECT_EQ(code_of([&] { (void)world.recv(ints, world.rank(), 0); }),
              make_error_code(comm::errc::type_mismatch));
    EXPECT_FALSE(world.iprobe(comm::any_source, comm::any_tag).has_value());
    EXPECT_EQ(world.allreduce(1, comm::sum), world.size());
  });
}

TEST_P(p2p, four_threads_each_take_their_own_matched_messages) {
  on_ranks(GetParam(), [](auto& world) {
    constexpr int each = 100;
    for (int i = 0; i < 4 * each; ++i) world.send(std::vector<int>{i}, world.rank(), 2);
    std::array<std::vector<int>, 4> taken;
    {
      std::vector<std::jthread> threads;
      for (auto& mine : taken) {
        threads.emplace_back([&world, &mine] {
          for (int i = 0; i < each; ++i)
            mine.push_back(world.mprobe(world.rank(), 2).template receive_vector<int>()[0]);
        });
      }
    }
    std::set<int> all;
    for (const auto& mine : taken) all.insert(mine.begin(), mine.end());
    EXPECT_EQ(all.size(), 4U * each);
  });
}

TEST_P(p2p_peers, pairs_and_rings_exchange) {
  on_ranks(GetParam(), [](auto& world) {
    const int next = (world.rank() + 1) % world.size();
    const int before = (world.rank() + world.size() - 1) % world.size();
    // Different lengths both ways; the second is far beyond what is sent eagerly elsewhere.
    for (const std::size_t n : {std::size_t{1}, std::size_t{300'000}}) {
      const std::vector<double> mine(n + static_cast<std::size_t>(world.rank()), 1.0 * world.rank());
      std::vector<double> got(n + static_cast<std::size_t>(before));
      const comm::status s = world.sendrecv(mine, next, 5, got, before, 5);
      EXPECT_EQ(s.bytes, got.size() * sizeof(double));
      EXPECT_EQ(got, std::vector<double>(got.size(), 1.0 * before));
    }
    if (world.rank() % 2 == 0 && world.rank() + 1 < world.size()) {
      world.send(std::vector<int>{world.rank()}, world.rank() + 1, 9);
    } else if (world.rank() % 2 == 1) {
      EXPECT_EQ(world.template recv_vector<int>(world.rank() - 1, 9), std::vector<int>{world.rank() - 1});
    }
    world.send(std::span<const int>(), next, 1);
    EXPECT_EQ(world.recv(std::span<int>(), before, 1).bytes, 0U);
  });
}

TEST_P(p2p_peers, messages_of_one_pair_and_tag_keep_their_order) {
  on_ranks(GetParam(), [](auto& world) {
    constexpr int messages = 500;
    if (world.rank() == 0) {
      for (int peer = 1; peer < world.size(); ++peer) {
        for (int i = 0; i < messages; ++i) world.send(std::vector<int>{i}, peer, i % 2);
      }
    } else {
      int odd = 1;
      for (int i = 0; i < messages / 2; ++i, odd += 2)
        EXPECT_EQ(world.template recv_vector<int>(0, 1)[0], odd);
      for (int i = 0; i < messages; i += 2) EXPECT_EQ(world.template recv_vector<int>(0, 0)[0], i);
    }
  });
}

TEST_P(p2p_peers, any_source_and_any_tag_match_what_comes) {
  on_ranks(GetParam(), [](auto& world) {
    if (world.rank() != 0) {
      world.send(std::vector<int>{world.rank() * 3}, 0, world.rank() + 20);
    } else {
      std::set<int> sources;
      for (int i = 1; i < world.size(); ++i) {
        std::vector<int> got(1);
        const comm::status s = world.recv(got, comm::any_source, comm::any_tag);
        EXPECT_EQ(s.tag, s.source + 20);
        EXPECT_EQ(got[0], s.source * 3);
        sources.insert(s.source);
      }
      EXPECT_EQ(sources.size(), static_cast<std::size_t>(world.size() - 1));
    }
  });
}

TEST_P(p2p_peers, a_synchronous_send_is_complete_when_it_was_received) {
  on_ranks(GetParam(), [](auto& world) {
    if (world.rank() == 0) {
      auto sent = world.issend(std::vector<int>{42}, 1, 0);
      EXPECT_FALSE(sent.done());
      world.barrier();
      EXPECT_EQ(sent.wait(), std::vector<int>{42});
    } else {
      world.barrier();
      if (world.rank() == 1) {
        EXPECT_EQ(world.template recv_vector<int>(0, 0), std::vector<int>{42});
      }
    }
  });
}

TEST_P(p2p_peers, four_threads_send_and_receive_at_once) {
  on_ranks(GetParam(), [](auto& world) {
    constexpr int messages = 100;
    const int peer = world.rank() ^ 1;
    if (peer >= world.size()) return;
    std::array<int, 4> sums{};
    {
      std::vector<std::jthread> threads;
      for (int t = 0; t < 4; ++t) {
        threads.emplace_back([&world, &sums, peer, t] {
          std::vector<comm::request<std::vector<int>>> sends;
          for (int i = 0; i < messages; ++i)
            sends.push_back(world.isend(std::vector<int>{t * 1000 + i}, peer, t));
          for (int i = 0; i < messages; ++i) {
            auto r = world.template irecv<int>(1, peer, t);
            const int value = r.wait()[0];
            if (value == t * 1000 + i) sums[static_cast<std::size_t>(t)] += 1;
          }
          comm::wait_all(std::span(sends));
        });
      }
    }
    EXPECT_EQ(sums, (std::array<int, 4>{messages, messages, messages, messages}));
  });
}

INSTANTIATE_TEST_SUITE_P(comm, p2p, ::testing::ValuesIn(ranks::all()),
                         [](const auto& p) { return ranks::name(p.param); });
INSTANTIATE_TEST_SUITE_P(comm, p2p_peers, ::testing::ValuesIn(ranks::several()),
                         [](const auto& p) { return ranks::name(p.param); });

}  // namespace
