// SPDX-License-Identifier: Apache-2.0
// Loops over chunks. What a chunk computes depends on its index alone, so results do not depend on who runs
// it.
#pragma once

#include "twill/par/join.hpp"
#include "twill/par/pool.hpp"
#include "watch.hpp"

#include <algorithm>
#include <cstddef>

namespace twill::dmm::detail {

// Where a loop runs: inline, or forked into a pool; without one of its own, that of the calling thread or the
// global one. The calling thread itself stays where it is: what talks to other ranks may be bound to it.
struct crew {
  bool serial = true;
  const par::thread_pool* pool = nullptr;
  watch stop{};

  // f(i) for i in [0, n); `cost` in nanoseconds is an estimate for all of them: a loop that is over sooner
  // than workers wake stays inline. Throws: interrupted, and then some of the calls were not made.
  template <class F>
  void each(std::size_t n, double cost, const F& f) const {
    constexpr double worth_it = 20'000;
    if (serial || n < 2 || cost < worth_it) {
      for (std::size_t i = 0; i < n; ++i) {
        stop.look();
        f(i);
      }
    } else {
      fork(0, n, f);
    }
  }
  // f(first, last) over [0, n) in pieces of `grain`.
  template <class F>
  void pieces(std::size_t n, std::size_t grain, double cost, const F& f) const {
    each((n + grain - 1) / grain, cost, [&](std::size_t i) { f(i * grain, std::min(n, (i + 1) * grain)); });
  }

 private:
  template <class F>
  void fork(std::size_t first, std::size_t last, const F& f) const {
    if (last - first == 1) {
      stop.look();
      return f(first);
    }
    const std::size_t middle = first + (last - first) / 2;
    const auto left = [&] { fork(first, middle, f); };
    const auto right = [&] { fork(middle, last, f); };
    if (pool != nullptr) {
      pool->join(left, right);
    } else {
      par::join(left, right);
    }
  }
};

// Calls body(crew) as `threads` asks: 1 inline, 0 in the pool of the caller or the global one, else in a pool
// of that many workers.
template <class Body>
decltype(auto) with_crew(int threads, Body&& body) {
  if (threads == 1) return body(crew{});
  if (threads == 0) return body(crew{.serial = par::current_num_threads() == 1});
  const par::thread_pool pool(par::pool_options{.num_threads = static_cast<std::size_t>(threads)});
  return body(crew{.serial = false, .pool = &pool});
}

// The same with the body itself on a worker of the pool, so that its loops fork without entering it each
// time. Not for a body that talks to other ranks.
template <class Body>
auto inside_crew(int threads, const Body& body) {
  return with_crew(threads, [&](const crew& team) {
    const auto here = [&] { return body(team); };
    if (team.serial) return here();
    if (team.pool != nullptr) return team.pool->install(here);
    return par::join(here, [] { return 0; }).first;
  });
}

}  // namespace twill::dmm::detail
