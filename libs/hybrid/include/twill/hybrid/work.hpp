// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/memory.hpp"
#include "twill/base/trace.hpp"
#include "twill/hybrid/block.hpp"
#include "twill/par/join.hpp"
#include "twill/par/thread.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace twill::hybrid {

/// Runs one task an item on the workers of the current pool. An item prefers the worker that ran it before,
/// whose caches and solver know it; a worker that has nothing left takes items of others.
///
/// Which worker runs an item is no function of the item, so what an item computes may depend on its index
/// alone. Results are stored by index. Buffers are made once: a run allocates nothing.
class item_loop {
 public:
  /// For up to `most` items on `workers` workers.
  item_loop(std::size_t most, std::size_t workers);

  /// Calls `f(item, worker)` for each item below `count`. Throws: the first exception in time; items that
  /// have not begun by then do not begin. Requires: no run of this loop is under way.
  template <class F>
  void run(std::size_t count, F&& f) {
    arrange(count);
    const auto lane = [&] {
      const trace::span here("items");
      const std::size_t me = par::current_thread_index().value_or(0) % workers_;
      try {
        for (std::size_t item = 0; take(me, item);) f(item, me);
      } catch (...) {
        cancel();
        throw;
      }
    };
    // A lane of one worker is forked as well, so that a caller from outside does not run items itself.
    if (workers_ == 1) {
      par::join(lane, [] {});
    } else {
      lanes(0, workers_, lane);
    }
  }
  /// Items of the last run whose worker was not the one before.
  [[nodiscard]] std::size_t moved() const noexcept;
  /// The worker that ran an item last.
  [[nodiscard]] std::size_t owner(std::size_t item) const noexcept { return owner_[item]; }

 private:
  // Lists of the items by owner: lane w has items_[begin_[w], begin_[w + 1]), of which next_[w] are taken.
  void arrange(std::size_t count);
  [[nodiscard]] bool take(std::size_t me, std::size_t& item) noexcept;
  void cancel() noexcept;

  template <class Body>
  void lanes(std::size_t from, std::size_t to, const Body& body) {
    if (to - from == 1) {
      body();
      return;
    }
    const std::size_t middle = from + (to - from) / 2;
    par::join([&] { lanes(from, middle, body); }, [&] { lanes(middle, to, body); });
  }

  std::size_t workers_;
  std::size_t count_ = 0;
  std::vector<std::uint32_t> owner_;
  std::vector<std::uint32_t> former_;
  std::vector<std::uint32_t> items_;
  std::vector<std::size_t> begin_;
  std::vector<padded<std::atomic<std::size_t>>> next_;
  std::atomic<bool> cancelled_{false};
};

/// Trial points and their openings: `f(trial_point, opening, worker)`. One task a trial point with its
/// openings one after the other, or one a pair where splits_openings() says so.
template <class F>
void for_openings(item_loop& loop, std::size_t trial_points, std::size_t openings, opening_split how,
                  std::size_t workers, F&& f) {
  if (splits_openings(how, trial_points, workers)) {
    loop.run(trial_points * openings,
             [&](std::size_t item, std::size_t worker) { f(item / openings, item % openings, worker); });
  } else {
    loop.run(trial_points, [&](std::size_t point, std::size_t worker) {
      for (std::size_t w = 0; w < openings; ++w) f(point, w, worker);
    });
  }
}

}  // namespace twill::hybrid
