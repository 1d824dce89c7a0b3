// SPDX-License-Identifier: Apache-2.0
#include "checks.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <numeric>

namespace twill::apps {
namespace {

// Meaningful where all ranks read the same clock, which is where they are on one host.
void barrier(const any_world& world, finding& f) {
  const double enter = comm::wtime();
  world.barrier();
  const double leave = comm::wtime();
  const auto entered = world.allgather(enter);
  const auto left = world.allgather(leave);
  if (world.topology().hosts.size() > 1) return;
  f.that("a rank left before another entered", std::ranges::max(entered) <= std::ranges::min(left));
}

void broadcast(const any_world& world, finding& f) {
  const int root = world.size() - 1;
  std::vector<double> data = block_of(world.rank());
  world.broadcast(data, root);
  f.same("broadcast", data, block_of(root));
  f.equal("broadcast_value", world.broadcast_value(world.rank() + 7, root), root + 7);
  std::map<std::string, std::vector<int>> object;
  if (world.rank() == root) object = {{"ranks", {world.size()}}, {"nothing", {}}};
  world.broadcast_object(object, root);
  f.equal("broadcast_object, entries", object.size(), 2U);
  f.same("broadcast_object", object["ranks"], std::vector<int>{world.size()});
}

void reduce(const any_world& world, finding& f) {
  const int root = world.size() - 1;
  const bool here = world.rank() == root;
  const auto mine = block_of(world.rank());
  std::vector<double> out(here ? mine.size() : 0);
  world.reduce(mine, out, comm::sum, root);
  if (here) f.same("sum", out, sum_of_blocks(world.size()));
  std::vector<double> data = mine;
  world.reduce(comm::in_place, data, comm::max, root);
  if (here) f.same("in place", data, block_of(root));
  const auto value = world.reduce(world.rank() + 1, comm::min, root);
  f.equal("value form, a result", value.has_value(), here);
  if (here) f.equal("value form", value.value_or(0), 1);
}

void allreduce(const any_world& world, finding& f) {
  const auto mine = block_of(world.rank());
  std::vector<double> out(mine.size());
  world.allreduce(mine, out, comm::sum);
  f.same("sum", out, sum_of_blocks(world.size()));
  std::vector<double> data = mine;
  world.allreduce(comm::in_place, data, comm::min);
  f.same("minimum in place", data, block_of(0));
  f.equal("maximum", world.allreduce(world.rank(), comm::max), world.size() - 1);
  std::int64_t product = 1;
  for (int r = 0; r < world.size(); ++r) product *= 1 + r % 2;
  f.equal("product", world.allreduce(std::int64_t{1 + world.rank() % 2}, comm::prod), product);
  // In rank order: the first digit is rank 0's.
  const auto append = comm::op([](double a, double b) { return 10 * a + b; });
  double digits = 0;
  for (int r = 0; r < world.size(); ++r) digits = r == 0 ? 1 : 10 * digits + r % 9 + 1;
  f.equal("operation of the program, in rank order", world.allreduce(world.rank() % 9 + 1.0, append), digits);
}

void allreduce_bits(const any_world& world, finding& f) {
  const std::uint32_t bit = 1U << static_cast<unsigned>(world.rank() % 32);
  std::uint32_t all = 0;
  std::uint32_t odd = 0;
  for (int r = 0; r < world.size(); ++r) {
    all |= 1U << static_cast<unsigned>(r % 32);
    odd ^= 1U << static_cast<unsigned>(r % 32);
  }
  f.equal("or", world.allreduce(bit, comm::bit_or), all);
  f.equal("exclusive or", world.allreduce(bit, comm::bit_xor), odd);
  f.equal("and", world.allreduce(~bit, comm::bit_and), ~all);
  const std::array<std::uint8_t, 2> pair{static_cast<std::uint8_t>(world.rank() == 0 ? 1 : 0), 2};
  const auto both = world.allreduce(pair, comm::bit_or);
  f.that("or of arrays", both == std::array<std::uint8_t, 2>{1, 2});
}

void allreduce_logical(const any_world& world, finding& f) {
  const int last = world.rank() == world.size() - 1 ? 5 : 0;
  f.equal("or", world.allreduce(last, comm::log_or), 1);
  f.equal("and", world.allreduce(last, comm::log_and), world.size() == 1 ? 1 : 0);
  f.equal("exclusive or", world.allreduce(last, comm::log_xor), 1);
}

void allreduce_located(const any_world& world, finding& f) {
  using pair = comm::located<double, int>;
  pair data{world.rank() % 2 == 0 ? -1.0 : 1.0, world.rank()};
  world.allreduce(std::span<pair>(&data, 1), comm::minloc);
  f.equal("least value", data.value, -1.0);
  f.equal("lowest index of equal values", data.index, 0);
  data = {static_cast<double>(world.rank()), 10 + world.rank()};
  world.allreduce(std::span<pair>(&data, 1), comm::maxloc);
  f.equal("index of the greatest value", data.index, 9 + world.size());
}

void scan(const any_world& world, finding& f) {
  const auto mine = block_of(world.rank());
  std::vector<double> out(mine.size());
  world.scan(mine, out, comm::sum);
  f.same("sum", out, sum_of_blocks(world.rank() + 1));
  std::vector<double> data = mine;
  world.scan(comm::in_place, data, comm::max);
  f.same("in place", data, mine);
  f.equal("value form", world.scan(1, comm::sum), world.rank() + 1);
}

void exscan(const any_world& world, finding& f) {
  const auto mine = block_of(world.rank());
  std::vector<double> out(mine.size(), -1.0);
  world.exscan(mine, out, comm::sum);
  f.same("sum", out, sum_of_blocks(world.rank()));
  std::vector<double> data = mine;
  world.exscan(comm::in_place, data, comm::max, 0.5);
  f.same("in place, start given", data,
         world.rank() == 0 ? std::vector<double>(3, 0.5) : block_of(world.rank() - 1));
  f.equal("value form", world.exscan(1, comm::sum), world.rank());
}

void gather(const any_world& world, finding& f) {
  const int root = world.size() - 1;
  const bool here = world.rank() == root;
  const auto mine = block_of(world.rank());
  const auto all = blocks_of(0, world.size());
  std::vector<double> out(here ? all.size() : 0);
  world.gather(mine, out, root);
  if (here) f.same("gather", out, all);
  std::vector<double> data = mine;
  if (here) {
    data.assign(all.size(), 0.0);
    std::ranges::copy(mine, data.end() - 3);
  }
  world.gather(comm::in_place, data, root);
  if (here) f.same("in place", data, all);
  f.equal("value form, length", world.gather(world.rank(), root).size(), here ? count_of(world) : 0);
}

void allgather(const any_world& world, finding& f) {
  const auto mine = block_of(world.rank());
  const auto all = blocks_of(0, world.size());
  std::vector<double> out(all.size());
  world.allgather(mine, out);
  f.same("allgather", out, all);
  std::vector<double> data(all.size());
  std::ranges::copy(mine, data.begin() + 3 * world.rank());
  world.allgather(comm::in_place, data);
  f.same("in place", data, all);
  std::vector<int> ranks(count_of(world));
  std::iota(ranks.begin(), ranks.end(), 0);
  f.same("value form", world.allgather(world.rank()), ranks);
}

void scatter(const any_world& world, finding& f) {
  const int root = world.size() - 1;
  const bool here = world.rank() == root;
  const std::vector<double> all = here ? blocks_of(0, world.size()) : std::vector<double>();
  std::vector<double> out(3);
  world.scatter(all, out, root);
  f.same("scatter", out, block_of(world.rank()));
  std::vector<double> data = here ? all : std::vector<double>(3);
  world.scatter(comm::in_place, data, root);
  f.same("in place", data, here ? all : block_of(world.rank()));
}

// Element j of rank i is 100 i + j; after the exchange it is 100 j + i.
void alltoall(const any_world& world, finding& f) {
  std::vector<int> in;
  std::vector<int> expected;
  for (int r = 0; r < world.size(); ++r) {
    in.push_back(100 * world.rank() + r);
    expected.push_back(100 * r + world.rank());
  }
  std::vector<int> out(in.size());
  world.alltoall(in, out);
  f.same("alltoall", out, expected);
  world.alltoall(comm::in_place, in);
  f.same("in place", in, expected);
}

void reduce_scatter_block(const any_world& world, finding& f) {
  const auto in = blocks_of(0, world.size());
  std::vector<double> out(3);
  world.reduce_scatter_block(in, out, comm::sum);
  std::vector<double> expected = block_of(world.rank());
  for (double& x : expected) x *= world.size();
  f.same("sum", out, expected);
}

void reproducible_reduce(const any_world& world, finding& f) {
  // 1/1 + ... + 1/100, rounded once: the same bits for any number of ranks.
  constexpr std::size_t n = 100;
  const std::size_t first = n * index_of(world) / count_of(world);
  const std::size_t last = n * (index_of(world) + 1) / count_of(world);
  std::vector<double> part;
  for (std::size_t i = first; i < last; ++i) part.push_back(1.0 / static_cast<double>(i + 1));
  f.equal("harmonic sum", world.reproducible_reduce(std::span<const double>(part), first, n, comm::sum),
          0x1.4bfdfe4591243p+2);
  f.equal("maximum", world.reproducible_reduce(std::span<const double>(part), first, n, comm::max), 1.0);
}

constexpr std::array all{check{"collectives", "barrier", barrier},
                         check{"collectives", "broadcast", broadcast},
                         check{"collectives", "reduce", reduce},
                         check{"collectives", "allreduce", allreduce},
                         check{"collectives", "allreduce of bits", allreduce_bits},
                         check{"collectives", "allreduce of truth values", allreduce_logical},
                         check{"collectives", "allreduce of located values", allreduce_located},
                         check{"collectives", "scan", scan},
                         check{"collectives", "exscan", exscan},
                         check{"collectives", "gather", gather},
                         check{"collectives", "allgather", allgather},
                         check{"collectives", "scatter", scatter},
                         check{"collectives", "alltoall", alltoall},
                         check{"collectives", "reduce_scatter_block", reduce_scatter_block},
                         check{"collectives", "reproducible_reduce", reproducible_reduce}};

}  // namespace

std::span<const check> collective_checks() { return all; }

}  // namespace twill::apps
