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
      pool_->install(f);
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

/// Calls `leaf(i)` for each i below n, as a binary tree of forks over fixed halves.
template <class F>
void fork_each(const team& where, std::size_t begin, std::size_t end, const F& leaf) {
  if (end - begin <= 1) {
    if (begin < end) leaf(begin);
    return;
  }
  const std::size_t middle = begin + (end - begin) / 2;
  where.fork([&] { fork_each(where, begin, middle, leaf); }, [&] { fork_each(where, middle, end, leaf); });
}

}  // namespace twill::lanes::detail
