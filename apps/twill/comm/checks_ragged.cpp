// SPDX-License-Identifier: Apache-2.0
#include "checks.hpp"

#include <array>
#include <map>

namespace twill::apps {
namespace {

void gatherv(const any_world& world, finding& f) {
  const int root = world.size() - 1;
  const bool here = world.rank() == root;
  const auto counts = rising_counts(world.size());
  const auto mine = rising_block(world.rank());
  const auto expected = rising_blocks(world.size());
  std::vector<double> out(here ? expected.size() : 0);
  world.gatherv(mine, out, root, counts);
  if (here) f.same("counts given", out, expected);
  std::vector<double> data = mine;
  if (here) {
    data.assign(expected.size(), 0.0);
    std::ranges::copy(mine, data.end() - static_cast<std::ptrdiff_t>(mine.size()));
  }
  world.gatherv(comm::in_place, data, root, counts);
  if (here) f.same("in place", data, expected);
  f.same("lengths found out", world.gatherv(mine, root).values, here ? expected : std::vector<double>());
}

void allgatherv(const any_world& world, finding& f) {
  const auto counts = rising_counts(world.size());
  const auto mine = rising_block(world.rank());
  const auto expected = rising_blocks(world.size());
  std::vector<double> out(expected.size());
  world.allgatherv(mine, out, counts);
  f.same("counts given", out, expected);
  const auto found_out = world.allgatherv(mine);
  f.same("lengths found out", found_out.values, expected);
  f.same("block of the last rank", found_out[count_of(world) - 1], rising_block(world.size() - 1));
  // With one element between the blocks, which stays.
  std::vector<std::size_t> displs;
  std::size_t end = 0;
  for (const std::size_t n : counts) {
    displs.push_back(end);
    end += n + 1;
  }
  std::vector<double> gaps(end, -1.0);
  std::ranges::copy(mine, gaps.begin() + static_cast<std::ptrdiff_t>(displs[index_of(world)]));
  world.allgatherv(comm::in_place, gaps, counts, displs);
  std::vector<double> wanted;
  for (int r = 0; r < world.size(); ++r) {
    std::ranges::copy(rising_block(r), std::back_inserter(wanted));
    wanted.push_back(-1.0);
  }
  f.same("in place, with gaps", gaps, wanted);
}

void scatterv(const any_world& world, finding& f) {
  const int root = world.size() - 1;
  const bool here = world.rank() == root;
  const auto counts = rising_counts(world.size());
  const auto expected = rising_block(world.rank());
  const std::vector<double> all = here ? rising_blocks(world.size()) : std::vector<double>();
  std::vector<double> out(expected.size());
  world.scatterv(all, out, root, counts);
  f.same("scatterv", out, expected);
  std::vector<double> data = here ? all : std::vector<double>(expected.size());
  world.scatterv(comm::in_place, data, root, counts);
  f.same("in place", data, here ? all : expected);
}

// Rank i sends i + j elements 100 i + j to rank j.
void alltoallv(const any_world& world, finding& f) {
  std::vector<std::size_t> counts;
  std::vector<int> in;
  std::vector<int> expected;
  for (int r = 0; r < world.size(); ++r) {
    const std::size_t n = index_of(world) + static_cast<std::size_t>(r);
    counts.push_back(n);
    in.insert(in.end(), n, 100 * world.rank() + r);
    expected.insert(expected.end(), n, 100 * r + world.rank());
  }
  std::vector<int> out(expected.size());
  world.alltoallv(in, counts, out, counts);
  f.same("counts given", out, expected);
  f.same("lengths found out", world.alltoallv(in, counts).values, expected);
  world.alltoallv(comm::in_place, in, counts);
  f.same("in place", in, expected);
}

void sparse_alltoall(const any_world& world, finding& f) {
  const int next = (world.rank() + 1) % world.size();
  const int before = (world.rank() + world.size() - 1) % world.size();
  const std::vector<double> mine = block_of(world.rank());
  const auto got = world.sparse_alltoall<double>(std::map<int, std::span<const double>>{{next, mine}});
  f.equal("senders", got.size(), 1U);
  f.that("the sender is not the rank before", got.contains(before));
  if (got.contains(before)) f.same("what came", got.at(before), block_of(before));
}

void reduce_scatter(const any_world& world, finding& f) {
  const auto counts = rising_counts(world.size());
  std::vector<double> out(index_of(world));
  world.reduce_scatter(rising_blocks(world.size()), out, counts, comm::sum);
  std::vector<double> expected = rising_block(world.rank());
  for (double& x : expected) x *= world.size();
  f.same("sum", out, expected);
}

constexpr std::array all{check{"collectives", "gatherv", gatherv},
                         check{"collectives", "allgatherv", allgatherv},
                         check{"collectives", "scatterv", scatterv},
                         check{"collectives", "alltoallv", alltoallv},
                         check{"collectives", "sparse_alltoall", sparse_alltoall},
                         check{"collectives", "reduce_scatter", reduce_scatter}};

}  // namespace

std::span<const check> ragged_checks() { return all; }

}  // namespace twill::apps
