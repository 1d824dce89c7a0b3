// SPDX-License-Identifier: Apache-2.0
// Requests that own, borrow by loan, or borrow inside a scope; and persistent ones.
#include "ranks.hpp"

#include <algorithm>
#include <numeric>
#include <span>
#include <stdexcept>
#include <vector>

namespace {

namespace comm = twill::comm;
using ranks::code_of;
using ranks::on_ranks;
using counts_t = std::vector<std::size_t>;

class nonblocking : public ranks::on_every_layout {};
class persistent : public ranks::on_every_layout {};

std::vector<int> filled(std::size_t n, int value) { return std::vector<int>(n, value); }

template <class C>
int sum_of_ranks(const C& world) {
  return world.size() * (world.size() - 1) / 2;
}

// The ranks' numbers, each `times` in a row.
template <class C>
std::vector<int> by_rank(const C& world, std::size_t times) {
  std::vector<int> out;
  for (int r = 0; r < world.size(); ++r) out.insert(out.end(), times, r);
  return out;
}

TEST_P(nonblocking, every_collective_gives_its_buffer_or_result_back) {
  on_ranks(GetParam(), [](auto& world) {
    const auto size = static_cast<std::size_t>(world.size());
    const auto me = static_cast<std::size_t>(world.rank());
    const int root = world.size() - 1;
    const bool mine = world.rank() == root;
    world.ibarrier().wait();
    EXPECT_EQ(world.ibroadcast(filled(3, world.rank()), root).wait(), filled(3, root));
    EXPECT_EQ(world.ireduce(filled(2, world.rank()), comm::sum, root).wait(),
              filled(2, mine ? sum_of_ranks(world) : world.rank()));
    EXPECT_EQ(world.iallreduce(filled(5, world.rank()), comm::max).wait(), filled(5, root));
    EXPECT_EQ(world.iscan(filled(2, 1), comm::sum).wait(), filled(2, world.rank() + 1));
    EXPECT_EQ(world.iexscan(filled(2, 1), comm::sum).wait(), filled(2, world.rank()));
    EXPECT_EQ(world.igather(filled(2, world.rank()), root).wait(),
              mine ? by_rank(world, 2) : std::vector<int>());
    EXPECT_EQ(world.iallgather(filled(3, world.rank())).wait(), by_rank(world, 3));
    EXPECT_EQ(world.iscatter(mine ? by_rank(world, 2) : std::vector<int>(), 2, root).wait(),
              filled(2, world.rank()));
    EXPECT_EQ(world.ialltoall(filled(size, world.rank())).wait(), by_rank(world, 1));
    EXPECT_EQ(world.ireduce_scatter_block(by_rank(world, 2), comm::sum).wait(),
              filled(2, world.rank() * world.size()));
    const counts_t counts(size, 2);
    EXPECT_EQ(world.ireduce_scatter(by_rank(world, 2), counts, comm::sum).wait(),
              filled(2, world.rank() * world.size()));
    EXPECT_EQ(world.igatherv(filled(2, world.rank()), root, counts).wait(),
              mine ? by_rank(world, 2) : std::vector<int>());
    EXPECT_EQ(world.iallgatherv(filled(2, world.rank()), counts).wait(), by_rank(world, 2));
    EXPECT_EQ(world.iscatterv(mine ? by_rank(world, 2) : std::vector<int>(), 2, root, counts).wait(),
              filled(2, world.rank()));
    EXPECT_EQ(world.ialltoallv(filled(size * 2, world.rank()), counts, counts).wait(), by_rank(world, 2));
    EXPECT_EQ(me, static_cast<std::size_t>(world.rank()));
  });
}

TEST_P(nonblocking, many_are_under_way_and_complete_in_any_order) {
  on_ranks(GetParam(), [](auto& world) {
    std::vector<comm::request<std::vector<int>>> all;
    for (int i = 0; i < 100; ++i) all.push_back(world.iallreduce(filled(3, i + world.rank()), comm::sum));
    for (int i = 99; i >= 0; --i) {
      EXPECT_EQ(all[static_cast<std::size_t>(i)].wait(), filled(3, i * world.size() + sum_of_ranks(world)));
      EXPECT_FALSE(all[static_cast<std::size_t>(i)].valid());
    }
  });
}

TEST_P(nonblocking, polling_overlaps_computation) {
  on_ranks(GetParam(), [](auto& world) {
    auto r = world.iallgather(filled(10'000, world.rank()));
    std::optional<std::vector<int>> got;
    std::uint64_t work = 0;
    while (!(got = r.test())) work += 1;
    EXPECT_EQ(*got, by_rank(world, 10'000)) << "after " << work << " looks";
    EXPECT_FALSE(r.valid());
    EXPECT_EQ(code_of([&] { r.wait(); }), make_error_code(comm::errc::invalid_request));
  });
}

TEST_P(nonblocking, any_some_and_all_of_a_set_complete) {
  on_ranks(GetParam(), [](auto& world) {
    using request = comm::request<std::vector<int>>;
    std::vector<request> set;
    EXPECT_EQ(comm::wait_any(std::span(set)), std::nullopt);
    for (int i = 0; i < 4; ++i) set.push_back(world.iallreduce(filled(1, i), comm::max));
    std::vector<bool> seen(4);
    for (int i = 0; i < 2; ++i) {
      const auto which = comm::wait_any(std::span(set));
      ASSERT_TRUE(which.has_value());
      EXPECT_FALSE(seen[*which]);
      seen[*which] = true;
      EXPECT_EQ(set[*which].wait(), filled(1, static_cast<int>(*which)));
    }
    std::size_t rest = 0;
    while (rest < 2) rest += comm::wait_some(std::span(set)).size();
    EXPECT_EQ(rest, 2U);
    EXPECT_EQ(comm::test_any(std::span(set)), std::nullopt);
    EXPECT_TRUE(comm::test_some(std::span(set)).empty());
    EXPECT_TRUE(comm::test_all(std::span(set)));

    std::vector<request> again;
    for (int i = 0; i < 3; ++i) again.push_back(world.iallreduce(filled(1, i), comm::min));
    comm::wait_all(std::span(again));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(again[static_cast<std::size_t>(i)].wait(), filled(1, i));

    // Requests that were moved from, or whose payload was taken, are nobody's any more.
    std::vector<request> empty(3);
    EXPECT_EQ(comm::wait_any(std::span(empty)), std::nullopt);
    EXPECT_EQ(comm::test_any(std::span(empty)), std::nullopt);
    EXPECT_TRUE(comm::wait_some(std::span(empty)).empty());
    EXPECT_TRUE(comm::test_all(std::span(empty)));

    comm::request_pool pool(2);
    EXPECT_EQ(pool.add(world.ibarrier()), 0U);
    EXPECT_EQ(pool.add(world.iallreduce(std::vector<double>{1.0}, comm::sum)), 1U);
    EXPECT_EQ(pool.active(), 2U);
    pool.wait_all();
    EXPECT_EQ(pool.active(), 0U);
  });
}

TEST_P(nonblocking, a_full_pool_refuses_and_failed_requests_are_all_listed) {
  on_ranks(GetParam(), [](auto& world) {
    std::vector<comm::request<std::vector<int>>> set;
    for (int i = 0; i < 3; ++i) set.push_back(world.template irecv<int>(i == 1 ? 4U : 1U, world.rank(), i));
    for (int i = 0; i < 3; ++i) world.send(filled(2, i), world.rank(), i);
    try {
      comm::wait_all(std::span(set));
      ADD_FAILURE() << "two receives are too short";
    } catch (const comm::multiple_errors& e) {
      ASSERT_EQ(e.items().size(), 2U);
      EXPECT_EQ(e.items()[0].index, 0U);
      EXPECT_EQ(e.items()[1].index, 2U);
      EXPECT_NE(std::string(e.what()).find("truncated"), std::string::npos);
    }
    EXPECT_EQ(set[1].wait(), filled(2, 1));
  });
}

TEST_P(nonblocking, an_unmatched_receive_can_be_cancelled) {
  on_ranks(GetParam(), [](auto& world) {
    auto r = world.template irecv<int>(3, world.rank(), 77);
    EXPECT_TRUE(r.cancel());
    EXPECT_EQ(r.wait(), filled(3, 0));
    auto matched = world.template irecv<int>(3, world.rank(), 78);
    world.send(filled(2, 6), world.rank(), 78);
    // A library may have taken the message and not looked yet who waits for it. It has when a later one has arrived.
    world.send(filled(1, 3), world.rank(), 79);
    EXPECT_EQ(world.template recv_vector<int>(world.rank(), 79), filled(1, 3));
    EXPECT_FALSE(matched.cancel());
    EXPECT_EQ(matched.wait(), filled(2, 6));
  });
}

TEST_P(nonblocking, a_loan_comes_back_when_the_request_is_done) {
  on_ranks(GetParam(), [](auto& world) {
    comm::lendable<double> data(4);
    if (world.rank() == 0) {
      for (std::size_t i = 0; i < 4; ++i) data[i] = 1.5 * static_cast<double>(i);
    }
    {
      auto r = world.ibroadcast(comm::lend(data), 0);
      EXPECT_EQ(data.loans(), 1);
      const auto back = r.wait();
      EXPECT_EQ(back.data(), data.data());
    }
    EXPECT_EQ(data.loans(), 0);
    EXPECT_EQ(data[3], 4.5);
    data.resize(5);
    EXPECT_EQ(data.size(), 5U);
  });
}

TEST_P(nonblocking, a_scope_completes_all_that_it_began) {
  on_ranks(GetParam(), [](auto& world) {
    std::vector<int> sums{world.rank(), 1};
    std::vector<int> all(static_cast<std::size_t>(world.size()));
    std::vector<int> from_root(2, world.rank());
    const std::vector<int> mine{world.rank()};
    std::vector<int> scanned(1);
    world.scope([&](auto& s) {
      s.iallreduce(comm::in_place, sums, comm::sum);
      s.iallgather(mine, all);
      const auto early = s.ibroadcast(from_root, 0);
      early.wait();
      EXPECT_EQ(from_root, filled(2, 0));
      s.iscan(mine, scanned, comm::max);
      s.ibarrier();
    });
    EXPECT_EQ(sums, (std::vector<int>{sum_of_ranks(world), world.size()}));
    EXPECT_EQ(all, by_rank(world, 1));
    EXPECT_EQ(scanned[0], world.rank());
  });
}

TEST_P(nonblocking, a_scope_completes_also_when_an_exception_leaves_it) {
  on_ranks(GetParam(), [](auto& world) {
    std::vector<int> data{world.rank()};
    try {
      world.scope([&](auto& s) {
        s.iallreduce(comm::in_place, data, comm::sum);
        s.ibarrier();
        throw std::runtime_error("mine");
      });
      ADD_FAILURE() << "the scope throws what its body throws";
    } catch (const std::runtime_error& e) {
      EXPECT_STREQ(e.what(), "mine");
    }
    EXPECT_EQ(world.allreduce(2, comm::sum), 2 * world.size());
  });
}

TEST_P(nonblocking, unsafe_spans_are_for_bindings) {
  on_ranks(GetParam(), [](auto& world) {
    const std::vector<int> in{world.rank(), 1};
    std::vector<int> out(2);
    auto r = comm::unsafe::iallreduce(world, in, out, comm::sum);
    r.wait();
    EXPECT_EQ(out, (std::vector<int>{sum_of_ranks(world), world.size()}));
  });
}

TEST_P(nonblocking, a_dropped_request_is_completed) {
  on_ranks(GetParam(), [](auto& world) {
    {
      const auto dropped = world.iallreduce(filled(1000, 1), comm::sum);
    }
    {
      const auto dropped = world.isend(filled(10, 3), world.rank(), 5);
    }
    {
      const auto dropped = world.template irecv<int>(10, world.rank(), 6);
    }
    EXPECT_EQ(world.template recv_vector<int>(world.rank(), 5), filled(10, 3));
    EXPECT_EQ(world.allreduce(1, comm::sum), world.size());
  });
}

TEST_P(nonblocking, blocking_and_nonblocking_collectives_may_interleave) {
  on_ranks(GetParam(), [](auto& world) {
    auto first = world.iallreduce(filled(1, 1), comm::sum);
    EXPECT_EQ(world.allreduce(2, comm::sum), 2 * world.size());
    auto second = world.iallreduce(filled(1, 3), comm::sum);
    world.barrier();
    EXPECT_EQ(second.wait(), filled(1, 3 * world.size()));
    EXPECT_EQ(first.wait(), filled(1, world.size()));
  });
}

// Starts a request five times with other data and looks at what came.
template <class R, class Fill, class Check>
void reuse(R& r, Fill fill, Check check) {
  r.wait();  // not active: returns at once
  for (int round = 1; round <= 5; ++round) {
    fill(r, round);
    r.start();
    EXPECT_EQ(code_of([&] { r.start(); }), make_error_code(comm::errc::request_active));
    EXPECT_EQ(code_of([&] { (void)r.recv_buffer(); }), make_error_code(comm::errc::request_active));
    if (round == 2) {
      while (!r.test()) {
      }
    } else {
      r.wait();
    }
    EXPECT_FALSE(r.active());
    check(r, round);
  }
}

TEST_P(persistent, reductions_run_again_with_what_the_buffer_holds) {
  on_ranks(GetParam(), [](auto& world) {
    const auto fill = [&](auto& r, int round) {
      std::ranges::fill(r.send_buffer(), round * 10 + world.rank());
    };
    const int tens = world.size() * 10;
    const int ranks = sum_of_ranks(world);
    const auto expect = [&](auto& r, int value) {
      for (const int x : r.recv_buffer()) EXPECT_EQ(x, value);
    };
    auto all = world.template allreduce_init<int>(5, comm::sum);
    reuse(all, fill, [&](auto& r, int round) { expect(r, round * tens + ranks); });
    auto own = world.template allreduce_init<int>(comm::in_place, 5, comm::sum);
    reuse(own, fill, [&](auto& r, int round) { expect(r, round * tens + ranks); });
    // Small whole numbers: their sums are the same in every order.
    auto freely = world.template allreduce_init<double>(3, comm::sum, comm::order::any);
    reuse(freely, fill, [&](auto& r, int round) {
      for (const double x : r.recv_buffer()) EXPECT_EQ(x, round * tens + ranks);
    });
    auto freely_kept = world.template allreduce_init<double>(comm::in_place, 3, comm::sum, comm::order::any);
    reuse(freely_kept, fill, [&](auto& r, int round) {
      for (const double x : r.recv_buffer()) EXPECT_EQ(x, round * tens + ranks);
    });
    auto at_root = world.template reduce_init<int>(2, comm::max, 0);
    reuse(at_root, fill, [&](auto& r, int round) {
      if (world.rank() == 0) expect(r, round * 10 + world.size() - 1);
    });
    auto kept = world.template reduce_init<int>(comm::in_place, 2, comm::sum, 0);
    reuse(kept, fill, [&](auto& r, int round) {
      if (world.rank() == 0) expect(r, round * tens + ranks);
    });
    auto prefix = world.template scan_init<int>(1, comm::max);
    reuse(prefix, fill, [&](auto& r, int round) { expect(r, round * 10 + world.rank()); });
    auto before = world.template exscan_init<int>(1, comm::max, -1);
    reuse(before, fill,
          [&](auto& r, int round) { expect(r, world.rank() == 0 ? -1 : round * 10 + world.rank() - 1); });
    auto part = world.template reduce_scatter_block_init<int>(2, comm::sum);
    reuse(part, fill, [&](auto& r, int round) { expect(r, round * tens + ranks); });
    auto parts = world.template reduce_scatter_init<int>(counts_t(static_cast<std::size_t>(world.size()), 3),
                                                         comm::sum);
    reuse(parts, fill, [&](auto& r, int round) { expect(r, round * tens + ranks); });
  });
}

TEST_P(persistent, moves_of_data_run_again_with_what_the_buffer_holds) {
  on_ranks(GetParam(), [](auto& world) {
    const auto size = static_cast<std::size_t>(world.size());
    const auto me = static_cast<std::size_t>(world.rank());
    const auto fill = [&](auto& r, int round) {
      std::ranges::fill(r.send_buffer(), round * 10 + world.rank());
    };
    const auto ranks_of = [&](auto& r, int round, std::size_t each) {
      for (std::size_t i = 0; i < size * each; ++i)
        EXPECT_EQ(r.recv_buffer()[i], round * 10 + static_cast<int>(i / each));
    };
    auto everywhere = world.template broadcast_init<int>(3, 0);
    reuse(everywhere, fill, [&](auto& r, int round) { EXPECT_EQ(r.recv_buffer()[2], round * 10); });
    auto all = world.template allgather_init<int>(2);
    reuse(all, fill, [&](auto& r, int round) { ranks_of(r, round, 2); });
    auto own = world.template allgather_init<int>(comm::in_place, 2);
    reuse(own, fill, [&](auto& r, int round) { ranks_of(r, round, 2); });
    auto at_root = world.template gather_init<int>(2, 0);
    reuse(at_root, fill, [&](auto& r, int round) {
      if (world.rank() == 0) ranks_of(r, round, 2);
    });
    auto kept_at_root = world.template gather_init<int>(comm::in_place, 2, 0);
    reuse(kept_at_root, fill, [&](auto& r, int round) {
      if (world.rank() == 0) ranks_of(r, round, 2);
    });
    auto exchange = world.template alltoall_init<int>(2);
    reuse(exchange, fill, [&](auto& r, int round) { ranks_of(r, round, 2); });
    auto swapped = world.template alltoall_init<int>(comm::in_place, 2);
    reuse(swapped, fill, [&](auto& r, int round) { ranks_of(r, round, 2); });
    const auto deal = [&](auto& r, int round) {
      const auto b = r.send_buffer();
      for (std::size_t i = 0; i < b.size() && world.rank() == 0; ++i)
        b[i] = round * 10 + static_cast<int>(i / 2);
    };
    auto dealt = world.template scatter_init<int>(2, 0);
    reuse(dealt, deal, [&](auto& r, int round) { EXPECT_EQ(r.recv_buffer()[1], round * 10 + world.rank()); });
    auto kept = world.template scatter_init<int>(comm::in_place, 2, 0);
    reuse(kept, deal, [&](auto& r, int round) { EXPECT_EQ(r.recv_buffer()[1], round * 10 + world.rank()); });
    counts_t counts(size);
    std::iota(counts.begin(), counts.end(), 1U);
    auto ragged = world.template allgatherv_init<int>(counts);
    reuse(ragged, fill,
          [&](auto& r, int round) { EXPECT_EQ(r.recv_buffer().back(), round * 10 + world.size() - 1); });
    auto ragged_root = world.template gatherv_init<int>(me + 1, 0, counts);
    reuse(ragged_root, fill, [&](auto& r, int round) {
      if (world.rank() == 0) {
        EXPECT_EQ(r.recv_buffer().back(), round * 10 + world.size() - 1);
      }
    });
    auto ragged_deal = world.template scatterv_init<int>(me + 1, 0, counts);
    reuse(ragged_deal, fill, [&](auto& r, int round) { EXPECT_EQ(r.recv_buffer().back(), round * 10); });
    const counts_t equal(size, 1);
    auto ragged_exchange = world.template alltoallv_init<int>(equal, equal);
    reuse(ragged_exchange, fill, [&](auto& r, int round) { ranks_of(r, round, 1); });
  });
}

TEST_P(persistent, messages_barriers_and_borrowed_buffers_run_again) {
  on_ranks(GetParam(), [](auto& world) {
    std::vector<comm::persistent_request<int>> pair;
    pair.push_back(world.template recv_init<int>(1, world.rank(), 4));
    pair.push_back(world.template send_init<int>(1, world.rank(), 4));
    for (int round = 0; round < 3; ++round) {
      pair[1].send_buffer()[0] = round + 50;
      comm::start_all(std::span(pair));
      comm::wait_all(std::span(pair));
      EXPECT_EQ(pair[0].recv_buffer()[0], round + 50);
      EXPECT_EQ(pair[0].status().tag, 4);
    }
    auto barrier = world.barrier_init();
    for (int round = 0; round < 3; ++round) {
      barrier.start();
      barrier.wait();
    }
    std::vector<int> in{0};
    std::vector<int> out{0};
    world.persistent([&](auto& s) {
      auto r = s.allreduce_init(in, out, comm::sum);
      for (int round = 1; round <= 3; ++round) {
        in[0] = round;
        r.start();
        r.wait();
        EXPECT_EQ(out[0], round * world.size());
      }
    });
    EXPECT_FALSE(barrier.active());
  });
}

TEST_P(persistent, requests_tell_whether_the_library_carries_them) {
  on_ranks(GetParam(), [](auto& world) {
    // From check level collective on, every collective is an exchange of announcements and contributions.
    const bool native = world.topology().persistent == "native" &&
                        world.engine().ctx().ep->level() < comm::check_level::collective;
    auto sum = world.template allreduce_init<int>(1, comm::sum);
    EXPECT_EQ(sum.is_native(), native);
    for (int round = 1; round <= 3; ++round) {
      sum.send_buffer()[0] = round;
      sum.start();
      sum.wait();
      EXPECT_EQ(sum.recv_buffer()[0], round * world.size());
      EXPECT_EQ(sum.is_native(), native);
    }
    EXPECT_FALSE(comm::persistent_request<int>().is_native());
  });
}

TEST_P(persistent, dropping_inactive_and_active_requests_is_defined) {
  on_ranks(GetParam(), [](auto& world) {
    {
      const auto inactive = world.template allreduce_init<int>(3, comm::sum);
    }
    {
      auto active = world.template allreduce_init<int>(3, comm::sum);
      active.start();
    }
    EXPECT_EQ(world.allreduce(1, comm::sum), world.size());
  });
}

INSTANTIATE_TEST_SUITE_P(comm, nonblocking, ::testing::ValuesIn(ranks::all()),
                         [](const auto& p) { return ranks::name(p.param); });
INSTANTIATE_TEST_SUITE_P(comm, persistent, ::testing::ValuesIn(ranks::all()),
                         [](const auto& p) { return ranks::name(p.param); });

}  // namespace
