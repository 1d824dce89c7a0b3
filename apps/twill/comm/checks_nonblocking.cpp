// SPDX-License-Identifier: Apache-2.0
#include "checks.hpp"

#include <array>
#include <utility>

namespace twill::apps {
namespace {

void ibarrier(const any_world& world, finding&) { world.ibarrier().wait(); }

void ibroadcast(const any_world& world, finding& f) {
  const int root = world.size() - 1;
  f.same("owned", world.ibroadcast(block_of(world.rank()), root).wait(), block_of(root));
  comm::lendable<double> lent(block_of(world.rank()));
  world.ibroadcast(comm::lend(lent), 0).wait();
  f.same("lent", lent, block_of(0));
  f.equal("loans after completion", lent.loans(), 0);
}

void ireduce(const any_world& world, finding& f) {
  const auto out = world.ireduce(block_of(world.rank()), comm::sum, 0).wait();
  f.same("sum", out, world.rank() == 0 ? sum_of_blocks(world.size()) : block_of(world.rank()));
}

// Three at once, completed in another order than begun.
void iallreduce(const any_world& world, finding& f) {
  auto first = world.iallreduce(block_of(world.rank()), comm::sum);
  auto second = world.iallreduce(block_of(world.rank()), comm::min);
  auto third = world.iallreduce(block_of(world.rank()), comm::max);
  f.same("maximum", third.wait(), block_of(world.size() - 1));
  f.same("sum", first.wait(), sum_of_blocks(world.size()));
  f.same("minimum", second.wait(), block_of(0));
}

void iscan(const any_world& world, finding& f) {
  f.same("sum", world.iscan(block_of(world.rank()), comm::sum).wait(), sum_of_blocks(world.rank() + 1));
}

void iexscan(const any_world& world, finding& f) {
  f.same("sum", world.iexscan(block_of(world.rank()), comm::sum).wait(), sum_of_blocks(world.rank()));
}

void igather(const any_world& world, finding& f) {
  const auto out = world.igather(block_of(world.rank()), 0).wait();
  f.same("gather", out, world.rank() == 0 ? blocks_of(0, world.size()) : std::vector<double>());
}

void iallgather(const any_world& world, finding& f) {
  f.same("allgather", world.iallgather(block_of(world.rank())).wait(), blocks_of(0, world.size()));
}

void iscatter(const any_world& world, finding& f) {
  auto all = world.rank() == 0 ? blocks_of(0, world.size()) : std::vector<double>();
  f.same("scatter", world.iscatter(std::move(all), 3, 0).wait(), block_of(world.rank()));
}

void ialltoall(const any_world& world, finding& f) {
  std::vector<int> in;
  std::vector<int> expected;
  for (int r = 0; r < world.size(); ++r) {
    in.push_back(100 * world.rank() + r);
    expected.push_back(100 * r + world.rank());
  }
  f.same("alltoall", world.ialltoall(std::move(in)).wait(), expected);
}

void ireduce_scatter_block(const any_world& world, finding& f) {
  std::vector<double> expected = block_of(world.rank());
  for (double& x : expected) x *= world.size();
  f.same("sum", world.ireduce_scatter_block(blocks_of(0, world.size()), comm::sum).wait(), expected);
}

void ireduce_scatter(const any_world& world, finding& f) {
  const auto counts = rising_counts(world.size());
  std::vector<double> expected = rising_block(world.rank());
  for (double& x : expected) x *= world.size();
  f.same("sum", world.ireduce_scatter(rising_blocks(world.size()), counts, comm::sum).wait(), expected);
}

void igatherv(const any_world& world, finding& f) {
  const auto counts = rising_counts(world.size());
  const auto out = world.igatherv(rising_block(world.rank()), 0, counts).wait();
  f.same("gatherv", out, world.rank() == 0 ? rising_blocks(world.size()) : std::vector<double>());
}

void iallgatherv(const any_world& world, finding& f) {
  const auto counts = rising_counts(world.size());
  f.same("allgatherv", world.iallgatherv(rising_block(world.rank()), counts).wait(),
         rising_blocks(world.size()));
}

void iscatterv(const any_world& world, finding& f) {
  const auto counts = rising_counts(world.size());
  auto all = world.rank() == 0 ? rising_blocks(world.size()) : std::vector<double>();
  f.same("scatterv", world.iscatterv(std::move(all), index_of(world), 0, counts).wait(),
         rising_block(world.rank()));
}

void ialltoallv(const any_world& world, finding& f) {
  std::vector<std::size_t> counts;
  std::vector<int> in;
  std::vector<int> expected;
  for (int r = 0; r < world.size(); ++r) {
    const std::size_t n = index_of(world) + static_cast<std::size_t>(r);
    counts.push_back(n);
    in.insert(in.end(), n, 100 * world.rank() + r);
    expected.insert(expected.end(), n, 100 * r + world.rank());
  }
  f.same("alltoallv", world.ialltoallv(std::move(in), counts, counts).wait(), expected);
}

void scope(const any_world& world, finding& f) {
  const auto mine = block_of(world.rank());
  std::vector<double> sum(3);
  std::vector<double> all(3 * count_of(world));
  world.scope([&](auto& s) {
    s.iallreduce(mine, sum, comm::sum);
    s.iallgather(mine, all);
  });
  f.same("sum", sum, sum_of_blocks(world.size()));
  f.same("allgather", all, blocks_of(0, world.size()));
}

void waiting_for_several(const any_world& world, finding& f) {
  std::vector<comm::request<std::vector<double>>> some;
  for (int i = 0; i < 3; ++i) some.push_back(world.iallreduce(block_of(world.rank()), comm::sum));
  const std::span<comm::request<std::vector<double>>> requests(some);
  const auto first = comm::wait_any(requests);
  f.that("wait_any found none", first.has_value());
  comm::wait_all(requests);
  f.that("test_all after wait_all", comm::test_all(requests));
  for (auto& r : some) f.same("payload", r.wait(), sum_of_blocks(world.size()));
  f.that("wait_any of none found one", !comm::wait_any(requests).has_value());
}

void cancel(const any_world& world, finding& f) {
  auto never = world.irecv<int>(1, world.rank(), 99);
  f.that("a receive that nobody met cannot be cancelled", never.cancel());
}

constexpr std::array all{check{"nonblocking", "ibarrier", ibarrier},
                         check{"nonblocking", "ibroadcast", ibroadcast},
                         check{"nonblocking", "ireduce", ireduce},
                         check{"nonblocking", "iallreduce", iallreduce},
                         check{"nonblocking", "iscan", iscan},
                         check{"nonblocking", "iexscan", iexscan},
                         check{"nonblocking", "igather", igather},
                         check{"nonblocking", "iallgather", iallgather},
                         check{"nonblocking", "iscatter", iscatter},
                         check{"nonblocking", "ialltoall", ialltoall},
                         check{"nonblocking", "ireduce_scatter_block", ireduce_scatter_block},
                         check{"nonblocking", "ireduce_scatter", ireduce_scatter},
                         check{"nonblocking", "igatherv", igatherv},
                         check{"nonblocking", "iallgatherv", iallgatherv},
                         check{"nonblocking", "iscatterv", iscatterv},
                         check{"nonblocking", "ialltoallv", ialltoallv},
                         check{"nonblocking", "scope", scope},
                         check{"nonblocking", "wait_any, wait_all, test_all", waiting_for_several},
                         check{"nonblocking", "cancel", cancel}};

}  // namespace

std::span<const check> nonblocking_checks() { return all; }

}  // namespace twill::apps
