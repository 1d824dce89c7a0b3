// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#if TWILL_LANES_PARALLEL
#include "twill/par/join.hpp"
#include "twill/par/pool.hpp"
#include "twill/par/scope.hpp"
#include "twill/par/spawn.hpp"
#include "twill/par/thread.hpp"
#endif

namespace twill::lanes::detail {

/// Where an executor's tasks run: nowhere but on the calling thread, on a pool of its own, or on the caller's
/// pool. The same tasks run in the same tree in each case, so that results do not depend on it.
class team {
 public:
#if TWILL_LANES_PARALLEL
  explicit team(std::size_t threads) : serial_(threads == 1) {
    if (threads > 1) pool_.emplace(par::thread_pool_builder{}.num_threads(threads).build());
  }
  [[nodiscard]] std::size_t threads() const {
    if (serial_) return 1;
    return pool_ ? pool_->current_num_threads() : par::current_num_threads();
  }
  /// The seat of the calling thread, counted from 1; 0 for one that sits in no pool.
  [[nodiscard]] std::size_t seat() const {
    if (serial_) return 0;
    const auto index = par::current_thread_index();
    return index ? *index + 1 : 0;
  }
  /// Runs `f()` where `fork` may use the team.
  template <class F>
  void run(F&& f) const {
    if (pool_) {
      // As a guest, not by install(): a caller that waits for a worker would hold a processor meanwhile.
      pool_->scope([&](par::scope_t&) { f(); });
    } else {
      f();
    }
  }
  /// Runs `f()` some time, on the team where it has threads, else now.
  template <class F>
  void spawn(F f) const {
    if (serial_) {
      f();
    } else if (pool_) {
      pool_->spawn(std::move(f));
    } else {
      par::spawn(std::move(f));
    }
  }
  template <class A, class B>
  void fork(A&& a, B&& b) const {
    if (serial_) {
      a();
      b();
    } else {
      par::join(a, b);
    }
  }

 private:
  bool serial_;
  std::optional<par::thread_pool> pool_;
#else
  explicit team(std::size_t) {}
  [[nodiscard]] std::size_t threads() const { return 1; }
  [[nodiscard]] std::size_t seat() const { return 0; }
  template <class F>
  void run(F&& f) const {
    f();
  }
  template <class F>
  void spawn(F f) const {
    f();
  }
  template <class A, class B>
  void fork(A&& a, B&& b) const {
    a();
    b();
  }
#endif
};

/// The seats of a team that a part of a range is meant for.
///
/// Of two halves each worker begins with the one of its own seat, whoever of them a launch wakes first: the
/// next launch over the same memory finds it in the caches of the same core, where another core's modified
/// lines would come one by one. Who runs out takes from the others all the same.
struct seats {
  std::size_t first = 0;
  std::size_t last = 0;
  [[nodiscard]] static seats all(const team& of) { return {0, of.threads()}; }
  [[nodiscard]] std::size_t middle() const noexcept { return first + (last - first) / 2; }
};

/// Calls `left(seats)` and `right(seats)`, which may run beside each other.
template <class L, class R>
void fork_by_seat(const team& where, seats of, const L& left, const R& right) {
  const seats lower{of.first, of.middle()};
  const seats upper{of.middle(), of.last};
  const auto first = [&] { left(lower); };
  const auto second = [&] { right(upper); };
  // Seats are counted from 1; where one is left there is nothing to choose.
  if (of.last - of.first > 1 && where.seat() > upper.first) {
    where.fork(second, first);
  } else {
    where.fork(first, second);
  }
}

/// Calls `leaf(i)` for each i of [begin, end), as a binary tree of forks over fixed halves.
template <class F>
void fork_each(const team& where, std::size_t begin, std::size_t end, const F& leaf, seats of) {
  if (end - begin <= 1) {
    if (begin < end) leaf(begin);
    return;
  }
  const std::size_t middle = begin + (end - begin) / 2;
  fork_by_seat(
      where, of, [&](seats s) { fork_each(where, begin, middle, leaf, s); },
      [&](seats s) { fork_each(where, middle, end, leaf, s); });
}
template <class F>
void fork_each(const team& where, std::size_t begin, std::size_t end, const F& leaf) {
  fork_each(where, begin, end, leaf, seats::all(where));
}

}  // namespace twill::lanes::detail
