// SPDX-License-Identifier: Apache-2.0
#include "checks.hpp"

#include <array>

namespace twill::apps {
namespace {

// Started three times with data that changes: what is sent and what is expected are scaled by the turn.
void thrice(comm::persistent_request<double> request, const std::vector<double>& sent,
            const std::vector<double>& expected, finding& f) {
  for (int turn = 1; turn <= 3; ++turn) {
    const auto out = request.send_buffer();
    f.equal("length of the send buffer", out.size(), sent.size());
    if (out.size() != sent.size()) return;
    for (std::size_t i = 0; i < sent.size(); ++i) out[i] = turn * sent[i];
    request.start();
    request.wait();
    std::vector<double> wanted = expected;
    for (double& x : wanted) x *= turn;
    f.same(fmt::format("turn {}", turn), request.recv_buffer(), wanted);
  }
}

std::vector<double> at_root(const any_world& world, std::vector<double> values) {
  return world.rank() == 0 ? std::move(values) : std::vector<double>();
}

std::vector<double> times_size(const any_world& world, std::vector<double> values) {
  for (double& x : values) x *= world.size();
  return values;
}

void barrier(const any_world& world, finding& f) {
  auto request = world.barrier_init();
  for (int turn = 0; turn < 3; ++turn) {
    request.start();
    request.wait();
    f.that("active after wait", !request.active());
  }
}

void broadcast(const any_world& world, finding& f) {
  thrice(world.broadcast_init<double>(3, 0), block_of(world.rank()), block_of(0), f);
}

void reduce(const any_world& world, finding& f) {
  const auto sum = sum_of_blocks(world.size());
  auto request = world.reduce_init<double>(3, comm::sum, 0);
  for (int turn = 1; turn <= 3; ++turn) {
    std::ranges::copy(block_of(world.rank()), request.send_buffer().begin());
    request.start();
    request.wait();
    if (world.rank() == 0) f.same("sum", request.recv_buffer(), sum);
  }
}

void allreduce(const any_world& world, finding& f) {
  thrice(world.allreduce_init<double>(3, comm::sum), block_of(world.rank()), sum_of_blocks(world.size()), f);
  thrice(world.allreduce_init<double>(comm::in_place, 3, comm::max), block_of(world.rank()),
         block_of(world.size() - 1), f);
}

void scan(const any_world& world, finding& f) {
  thrice(world.scan_init<double>(3, comm::sum), block_of(world.rank()), sum_of_blocks(world.rank() + 1), f);
}

void exscan(const any_world& world, finding& f) {
  thrice(world.exscan_init<double>(3, comm::sum), block_of(world.rank()), sum_of_blocks(world.rank()), f);
}

void gather(const any_world& world, finding& f) {
  thrice(world.gather_init<double>(3, 0), block_of(world.rank()), at_root(world, blocks_of(0, world.size())),
         f);
}

void allgather(const any_world& world, finding& f) {
  thrice(world.allgather_init<double>(3), block_of(world.rank()), blocks_of(0, world.size()), f);
}

// Away from the root nothing is sent, and then the send buffer is the receive buffer: it starts with other
// numbers.
void scatter(const any_world& world, finding& f) {
  const auto mine = block_of(world.rank());
  thrice(world.scatter_init<double>(3, 0), world.rank() == 0 ? blocks_of(0, world.size()) : block_of(99),
         mine, f);
}

void alltoall(const any_world& world, finding& f) {
  std::vector<double> sent;
  std::vector<double> expected;
  for (int r = 0; r < world.size(); ++r) {
    sent.push_back(100 * world.rank() + r);
    expected.push_back(100 * r + world.rank());
  }
  thrice(world.alltoall_init<double>(1), sent, expected, f);
}

void reduce_scatter_block(const any_world& world, finding& f) {
  thrice(world.reduce_scatter_block_init<double>(3, comm::sum), blocks_of(0, world.size()),
         times_size(world, block_of(world.rank())), f);
}

void reduce_scatter(const any_world& world, finding& f) {
  const std::vector<std::size_t> counts(count_of(world), 3);
  thrice(world.reduce_scatter_init<double>(counts, comm::sum), blocks_of(0, world.size()),
         times_size(world, block_of(world.rank())), f);
}

void gatherv(const any_world& world, finding& f) {
  const std::vector<std::size_t> counts(count_of(world), 3);
  thrice(world.gatherv_init<double>(3, 0, counts), block_of(world.rank()),
         at_root(world, blocks_of(0, world.size())), f);
}

void allgatherv(const any_world& world, finding& f) {
  const std::vector<std::size_t> counts(count_of(world), 3);
  thrice(world.allgatherv_init<double>(counts), block_of(world.rank()), blocks_of(0, world.size()), f);
}

void scatterv(const any_world& world, finding& f) {
  const std::vector<std::size_t> counts(count_of(world), 3);
  const auto mine = block_of(world.rank());
  thrice(world.scatterv_init<double>(3, 0, counts),
         world.rank() == 0 ? blocks_of(0, world.size()) : block_of(99), mine, f);
}

void alltoallv(const any_world& world, finding& f) {
  const std::vector<std::size_t> counts(count_of(world), 3);
  std::vector<double> expected;
  for (int r = 0; r < world.size(); ++r)
    std::ranges::copy(block_of(world.rank()), std::back_inserter(expected));
  thrice(world.alltoallv_init<double>(counts, counts), blocks_of(0, world.size()), expected, f);
}

void send_and_receive(const any_world& world, finding& f) {
  const int next = (world.rank() + 1) % world.size();
  const int before = (world.rank() + world.size() - 1) % world.size();
  auto in = world.recv_init<double>(3, before, 5);
  auto out = world.send_init<double>(3, next, 5);
  for (int turn = 0; turn < 3; ++turn) {
    std::ranges::copy(block_of(world.rank() + turn), out.send_buffer().begin());
    std::array pair{std::move(in), std::move(out)};
    comm::start_all(std::span<comm::persistent_request<double>>(pair));
    comm::wait_all(std::span<comm::persistent_request<double>>(pair));
    in = std::move(pair[0]);
    out = std::move(pair[1]);
    f.same("what came", in.recv_buffer(), block_of(before + turn));
  }
}

void borrowed(const any_world& world, finding& f) {
  std::vector<double> sent = block_of(world.rank());
  std::vector<double> sum(3);
  world.persistent([&](auto& s) {
    auto request = s.allreduce_init(sent, sum, comm::sum);
    for (int turn = 0; turn < 3; ++turn) {
      request.start();
      request.wait();
      f.same("sum", sum, sum_of_blocks(world.size()));
      std::ranges::fill(sum, 0.0);
    }
  });
}

constexpr std::array all{check{"persistent", "barrier_init", barrier},
                         check{"persistent", "broadcast_init", broadcast},
                         check{"persistent", "reduce_init", reduce},
                         check{"persistent", "allreduce_init", allreduce},
                         check{"persistent", "scan_init", scan},
                         check{"persistent", "exscan_init", exscan},
                         check{"persistent", "gather_init", gather},
                         check{"persistent", "allgather_init", allgather},
                         check{"persistent", "scatter_init", scatter},
                         check{"persistent", "alltoall_init", alltoall},
                         check{"persistent", "reduce_scatter_block_init", reduce_scatter_block},
                         check{"persistent", "reduce_scatter_init", reduce_scatter},
                         check{"persistent", "gatherv_init", gatherv},
                         check{"persistent", "allgatherv_init", allgatherv},
                         check{"persistent", "scatterv_init", scatterv},
                         check{"persistent", "alltoallv_init", alltoallv},
                         check{"persistent", "send_init, recv_init, start_all", send_and_receive},
                         check{"persistent", "over borrowed buffers", borrowed}};

}  // namespace

std::span<const check> persistent_checks() { return all; }

}  // namespace twill::apps
