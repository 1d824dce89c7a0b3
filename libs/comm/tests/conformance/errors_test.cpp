// SPDX-License-Identifier: Apache-2.0
// What is refused, with which code, fields and message; and that communicators stay usable behind it.
#include "ranks.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace {

namespace comm = twill::comm;
using comm::errc;
using ranks::code_of;
using ranks::message_of;
using ranks::on_ranks;
using counts_t = std::vector<std::size_t>;

class errors : public ranks::on_every_layout {};
class errors_peers : public ranks::on_several_ranks {};

template <class F>
void refuses(errc expected, F&& call) {
  EXPECT_EQ(code_of(call), make_error_code(expected));
}

TEST_P(errors, bad_arguments_are_refused_on_every_communicator) {
  on_ranks(GetParam(), [](auto& world) {
    auto copy = world.duplicate();
    auto half = *world.split(0);
    for (auto* c : {&world, &copy, &half}) {
      std::vector<double> one(1);
      refuses(errc::invalid_root, [&] { c->broadcast(one, c->size()); });
      refuses(errc::invalid_root, [&] { c->broadcast(one, -1); });
      refuses(errc::invalid_root, [&] { (void)c->reduce(1, comm::sum, c->size()); });
      refuses(errc::invalid_root, [&] { (void)c->gather(1, -3); });
      refuses(errc::invalid_rank, [&] { c->send(one, c->size(), 0); });
      refuses(errc::invalid_rank, [&] { (void)c->recv(one, -5, 0); });
      refuses(errc::invalid_tag, [&] { c->send(one, 0, -1); });
      refuses(errc::invalid_tag, [&] { c->send(one, 0, comm::max_tag + 1); });
      refuses(errc::invalid_tag, [&] { (void)c->iprobe(0, 1 << 25); });
      EXPECT_EQ(c->allreduce(1, comm::sum), c->size());
    }
  });
}

TEST_P(errors, lengths_that_do_not_fit_are_refused_before_anything_is_sent) {
  on_ranks(GetParam(), [](auto& world) {
    const auto n = static_cast<std::size_t>(world.size());
    const std::vector<double> three(3);
    std::vector<double> two(2);
    std::vector<double> room(3 * n + 1);
    refuses(errc::invalid_buffer, [&] { world.allreduce(three, two, comm::sum); });
    refuses(errc::invalid_buffer, [&] { world.scan(three, two, comm::sum); });
    refuses(errc::invalid_buffer, [&] { world.exscan(three, two, comm::sum); });
    refuses(errc::invalid_buffer, [&] { world.allgather(three, room); });
    refuses(errc::invalid_buffer, [&] { world.reduce_scatter_block(three, room, comm::sum); });
    refuses(errc::invalid_buffer, [&] { world.alltoall(three, two); });
    // Only the root can see that; the others hear of it.
    const auto at_root = [&](auto&& call) {
      refuses(world.rank() == 0 ? errc::invalid_buffer : errc::collective_mismatch, call);
    };
    at_root([&] { world.gather(three, room, 0); });
    at_root([&] { world.scatter(room, two, 0); });
    at_root([&] { world.reduce(three, two, comm::sum, 0); });
    if (world.size() > 1) {
      std::vector<double> odd(n + 1);
      refuses(errc::invalid_buffer, [&] { world.alltoall(comm::in_place, odd); });
      refuses(errc::invalid_buffer, [&] { world.allgather(comm::in_place, odd); });
    }
    EXPECT_EQ(world.allreduce(1, comm::sum), world.size());
  });
}

TEST_P(errors, counts_and_displacements_that_do_not_fit_are_refused) {
  on_ranks(GetParam(), [](auto& world) {
    const auto n = static_cast<std::size_t>(world.size());
    const std::vector<double> mine(2);
    std::vector<double> room(2 * n);
    refuses(errc::invalid_count, [&] { world.allgatherv(mine, room, counts_t(n + 1, 2)); });
    refuses(errc::invalid_count, [&] { world.allgatherv(mine, room, counts_t(n, 2), counts_t(n + 1, 0)); });
    refuses(errc::invalid_buffer, [&] { world.allgatherv(mine, room, counts_t(n, 1)); });
    std::vector<double> small(2 * n - 1);
    refuses(errc::invalid_buffer, [&] { world.allgatherv(mine, small, counts_t(n, 2)); });
    refuses(errc::invalid_buffer,
            [&] { world.allgatherv(mine, room, counts_t(n, 2), counts_t(n, 2 * n - 1)); });
    if (world.size() > 1) {
      const std::string text =
          message_of([&] { world.allgatherv(mine, room, counts_t(n, 2), counts_t(n, 0)); });
      EXPECT_NE(text.find("the blocks of ranks 0 and 1 overlap"), std::string::npos) << text;
    }
    EXPECT_EQ(world.allreduce(1, comm::sum), world.size());
  });
}

TEST_P(errors, buffers_that_overlap_need_the_in_place_form) {
  on_ranks(GetParam(), [](auto& world) {
    std::vector<double> data(8, 1.0);
    const std::span<double> all(data);
    refuses(errc::invalid_buffer, [&] { world.allreduce(all, all, comm::sum); });
    refuses(errc::invalid_buffer, [&] { world.scan(all.first(4), all.subspan(3, 4), comm::sum); });
    world.allreduce(all.first(4), all.last(4), comm::sum);
    EXPECT_EQ(data[7], world.size());
    const std::string text = message_of([&] { world.allreduce(all, all, comm::sum); });
    EXPECT_NE(text.find("in_place"), std::string::npos) << text;
  });
}

TEST_P(errors, carry_operation_backend_rank_and_figures) {
  on_ranks(GetParam(), [](auto& world) {
    // Lengths that the compiler does not know: it would refuse the call by a warning of its own.
    volatile std::size_t more = 4;
    const std::vector<double> four(more);
    std::vector<double> three(more - 1);
    try {
      world.allreduce(four, three, comm::sum);
      ADD_FAILURE() << "lengths differ";
    } catch (const comm::error& e) {
      EXPECT_EQ(e.operation(), "allreduce");
      EXPECT_EQ(e.backend(), world.backend());
      EXPECT_EQ(e.rank(), world.rank());
      EXPECT_EQ(e.size(), world.size());
      EXPECT_EQ(e.native_code(), 0);
      EXPECT_EQ(e.context().expected, 4U);
      EXPECT_EQ(e.context().actual, 3U);
      EXPECT_EQ(e.code(), std::errc::invalid_argument);
      EXPECT_EQ(std::string(e.what()), "comm error in allreduce [" + std::string(name_of(world.backend())) +
                                           ", rank " + std::to_string(world.rank()) + "/" +
                                           std::to_string(world.size()) +
                                           "]: invalid_buffer: expected 4 elements, got 3");
      EXPECT_EQ(e.exit(), twill::exit_code::internal);
    }
  });
}

TEST_P(errors, level_normal_refuses_on_the_rank_that_is_wrong_and_asks_nobody) {
  on_ranks(GetParam(),
           [](auto& world) {
             EXPECT_EQ(world.level(), comm::check_level::normal);
             volatile std::size_t two = 2;  // hidden from the compiler, which would refuse the call itself
             std::vector<double> one(1);
             // Each rank alone, so an error that took an exchange would wait for ever.
             for (int r = 0; r < world.size(); ++r) {
               if (r == world.rank()) {
                 refuses(errc::invalid_root, [&] { world.broadcast(one, world.size()); });
                 refuses(errc::invalid_buffer,
                         [&] { world.allreduce(std::vector<double>(two), one, comm::sum); });
               }
               world.barrier();
             }
             EXPECT_EQ(world.allreduce(1, comm::sum), world.size());
           },
           {.checks = comm::check_level::normal});
}

TEST_P(errors, level_none_gives_the_same_results) {
  on_ranks(GetParam(),
           [](auto& world) {
             EXPECT_EQ(world.level(), comm::check_level::none);
             EXPECT_EQ(world.allreduce(world.rank(), comm::max), world.size() - 1);
             EXPECT_EQ(world.allgather(1), std::vector<int>(static_cast<std::size_t>(world.size()), 1));
             // Counts are looked at on every level: they are what later lines index by.
             std::vector<int> room(8);
             refuses(errc::invalid_count, [&] { world.allgatherv(room, room, counts_t(9)); });
           },
           {.checks = comm::check_level::none});
}

TEST_P(errors_peers, level_heavy_finds_results_that_differ_between_ranks) {
  on_ranks(GetParam(),
           [](auto& world) {
             // An operation that is not the same on all ranks: what no comparison of arguments can see.
             const int mine = world.rank();
             const auto op =
                 comm::op([mine](const int& x, const int& y) { return x + y + (mine == 1 ? 1 : 0); });
             const std::string text = message_of([&] { (void)world.allreduce(5, op); });
             EXPECT_NE(text.find("protocol_error: rank 1 has another result than rank 0"), std::string::npos)
                 << text;
             EXPECT_EQ(world.allreduce(1, comm::sum), world.size());
           },
           {.checks = comm::check_level::heavy});
}

TEST_P(errors_peers, different_calls_are_told_to_every_rank_in_a_table) {
  on_ranks(GetParam(), [](auto& world) {
    std::vector<double> data(3);
    const std::string text = message_of([&] {
      if (world.rank() == 0) {
        world.broadcast(data, 0);
      } else {
        world.allreduce(comm::in_place, data, comm::max);
      }
    });
    EXPECT_NE(text.find("collective_mismatch"), std::string::npos) << text;
    EXPECT_NE(text.find("rank 0: broadcast of f64 (8 bytes), root 0, count 3"), std::string::npos) << text;
    EXPECT_NE(text.find("rank 1: allreduce of f64 (8 bytes), max, count 3"), std::string::npos) << text;
    EXPECT_EQ(world.allreduce(1, comm::sum), world.size());
  });
}

TEST_P(errors_peers, different_roots_lengths_types_and_operations_are_mismatches) {
  on_ranks(GetParam(), [](auto& world) {
    const bool first = world.rank() == 0;
    std::vector<double> data(first ? 4 : 20'000);
    std::vector<std::int64_t> integers(4);
    refuses(errc::collective_mismatch, [&] { world.broadcast(data, 0); });
    refuses(errc::collective_mismatch, [&] { world.allreduce(comm::in_place, data, comm::sum); });
    data.resize(4);
    refuses(errc::collective_mismatch, [&] { world.broadcast(data, first ? 0 : 1); });
    refuses(errc::collective_mismatch, [&] {
      if (first) {
        world.broadcast(data, 0);
      } else {
        world.broadcast(integers, 0);
      }
    });
    refuses(errc::collective_mismatch,
            [&] { (void)(first ? world.allreduce(1, comm::sum) : world.allreduce(1, comm::max)); });
    refuses(errc::collective_mismatch, [&] {
      auto r = world.iallreduce(std::vector<int>(first ? 2 : 3), comm::sum);
      r.wait();
    });
    refuses(errc::collective_mismatch, [&] { (void)world.template create_region<int>(first ? 5 : 6); });
    std::vector<int> received(2 * static_cast<std::size_t>(world.size()));
    const counts_t wrong(static_cast<std::size_t>(world.size()), first ? 2U : 1U);
    // Rank 0 sends two to each and expects two; the others send and expect one.
    refuses(errc::collective_mismatch,
            [&] { world.alltoallv(std::vector<int>(wrong[0] * wrong.size()), wrong, received, wrong); });
    EXPECT_EQ(world.allreduce(1, comm::sum), world.size());
  });
}

TEST_P(errors_peers, a_mistake_of_one_rank_is_an_error_on_all) {
  on_ranks(GetParam(), [](auto& world) {
    const std::vector<double> in(3);
    std::vector<double> out(world.rank() == 1 ? 2 : 3);
    refuses(world.rank() == 1 ? errc::invalid_buffer : errc::collective_mismatch,
            [&] { world.allreduce(in, out, comm::sum); });
    const std::string text = message_of([&] { world.allreduce(in, out, comm::sum); });
    if (world.rank() != 1) {
      EXPECT_NE(text.find("rank 1: allreduce with arguments that it refused"), std::string::npos) << text;
    }
    EXPECT_EQ(world.allreduce(1, comm::sum), world.size());
  });
}

TEST_P(errors_peers, waiting_for_a_rank_that_never_comes_times_out_with_a_table) {
  on_ranks(GetParam(),
           [](auto& world) {
             if (world.rank() == 0) {
               const std::string text = message_of([&] { (void)world.recv(std::vector<int>(1), 1, 0); });
               EXPECT_NE(text.find("timed_out"), std::string::npos) << text;
               EXPECT_NE(text.find("rank 0: recv, waits for rank 1 since"), std::string::npos) << text;
               for (int r = 1; r < world.size(); ++r) world.send(std::vector<int>{1}, r, 7);
             } else {
               // Holds on until rank 0 is done; longer than the limit for one wait, so it asks again.
               while (code_of([&] { EXPECT_EQ(world.template recv_vector<int>(0, 7).size(), 1U); }) ==
                      make_error_code(errc::timed_out)) {
               }
             }
           },
           {.timeout = std::chrono::milliseconds(300)});
}

INSTANTIATE_TEST_SUITE_P(comm, errors, ::testing::ValuesIn(ranks::all()),
                         [](const auto& p) { return ranks::name(p.param); });
INSTANTIATE_TEST_SUITE_P(comm, errors_peers, ::testing::ValuesIn(ranks::several()),
                         [](const auto& p) { return ranks::name(p.param); });

}  // namespace
