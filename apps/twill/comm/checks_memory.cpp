// SPDX-License-Identifier: Apache-2.0
#include "checks.hpp"

#include <array>
#include <cstdint>
#include <limits>

namespace twill::apps {
namespace {

// All on the ranks of one host: between hosts there is no memory to share.

void region(const any_world& world, finding& f) {
  const auto node = world.split_local();
  auto shared = node.create_region<double>(3);
  std::ranges::copy(node.is_leader() ? block_of(6) : std::vector<double>(), shared.leader_view().begin());
  shared.fence();
  f.same("what the leader wrote", shared.view(), block_of(6));
}

void region_by_ranges(const any_world& world, finding& f) {
  const auto node = world.split_local();
  const std::size_t first = 3 * index_of(node);
  auto shared = node.create_region<double>(3 * count_of(node));
  std::ranges::copy(block_of(node.rank()), shared.writable_range(first, first + 3).begin());
  shared.fence();
  f.same("what the ranks wrote", shared.view(), blocks_of(0, node.size()));
}

void window(const any_world& world, finding& f) {
  const auto node = world.split_local();
  auto shared = node.create_window<double>(index_of(node) + 3);
  f.equal("alignment", reinterpret_cast<std::uintptr_t>(shared.local().data()) % 64, 0U);
  std::ranges::copy(block_of(node.rank()), shared.local().begin());
  shared.fence();
  const int next = (node.rank() + 1) % node.size();
  f.same("part of the next rank", shared.remote(next).first(3), block_of(next));
  std::vector<double> got(3);
  shared.get(got, next, 0);
  f.same("get", got, block_of(next));
  shared.fence();
  shared.put(block_of(node.rank() + 100), next, 0);
  shared.fence();
  const int before = (node.rank() + node.size() - 1) % node.size();
  f.same("put", shared.local().first(3), block_of(before + 100));
}

void contiguous(const any_world& world, finding& f) {
  const auto node = world.split_local();
  auto shared = node.create_window<double>(3, {.contiguous = true});
  std::ranges::copy(block_of(node.rank()), shared.local().begin());
  shared.fence();
  f.same("all parts", shared.all(), blocks_of(0, node.size()));
}

// Every rank adds to one number under the lock, which alone keeps it right.
void lock(const any_world& world, finding& f) {
  const auto node = world.split_local();
  auto shared = node.create_window<std::int64_t>(node.rank() == 0 ? 1 : 0);
  for (int i = 0; i < 100; ++i) {
    const auto guard = shared.lock(0);
    ++guard.remote_mut()[0];
    guard.flush();
  }
  shared.fence();
  {
    const auto guard = shared.lock(0, comm::lock_kind::shared);
    f.equal("sum under exclusive locks", guard.remote()[0], 100 * node.size());
  }
  {
    const auto guard = shared.lock_all();
    f.equal("read under lock_all", shared.remote(0)[0], 100 * node.size());
    guard.flush_all();
  }
  shared.sync();
  shared.fence();
}

void atomics(const any_world& world, finding& f) {
  const auto node = world.split_local();
  auto shared = node.create_window<std::int64_t>(node.rank() == 0 ? 3 : 0);
  for (int i = 0; i < 100; ++i) shared.accumulate(std::vector<std::int64_t>{1, 2}, 0, 0, comm::sum);
  shared.fence();
  const std::int64_t before = shared.compare_and_swap(0, node.rank() + 1, 0, 2);
  const int winners = node.allreduce(before == 0 ? 1 : 0, comm::sum);
  f.equal("ranks that compare_and_swap let in", winners, 1);
  f.same("accumulate", shared.remote(0).first(2),
         std::vector<std::int64_t>{100 * node.size(), 200 * node.size()});
  shared.fence();
  const std::int64_t old = shared.fetch_and_op(1, 0, 0, comm::sum);
  f.that("fetch_and_op", old >= 100 * node.size() && old < 101 * node.size());
  shared.fence();
}

// The same error on every rank, no signal.
void excessive(const any_world& world, finding& f) {
  const auto node = world.split_local();
  std::string code = "nothing";
  try {
    (void)node.create_window<double>(std::numeric_limits<std::size_t>::max() / 16);
  } catch (const comm::error& e) {
    code = e.code_name();
  }
  f.equal("a window beyond all memory", code, std::string("allocation_failed"));
}

constexpr std::array all{check{"memory", "region", region},
                         check{"memory", "region, written by ranges", region_by_ranges},
                         check{"memory", "window: fence, get, put", window},
                         check{"memory", "window, contiguous", contiguous},
                         check{"memory", "window: lock, lock_all", lock},
                         check{"memory", "window: accumulate, compare_and_swap, fetch_and_op", atomics},
                         check{"memory", "excessive size", excessive}};

}  // namespace

std::span<const check> memory_checks() { return all; }

}  // namespace twill::apps
