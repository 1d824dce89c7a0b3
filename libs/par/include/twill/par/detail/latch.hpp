// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/atomics.hpp"

#include <cstdint>

namespace twill::par::detail {

/// One-shot completion flag that one worker waits for.
///
/// States: unset -> set; unset -> dozing (the waiter is about to sleep) -> set or back to unset.
/// Thread safety: `set` once, by one thread; `doze` and `rouse` by the waiter; `probe` by anybody.
/// Invariants:
///   (1) all that the setter did before `set` is visible to whoever sees the latch set;
///   (2) the setter touches nothing of the latch after `set`: the waiter's frame may be gone;
///   (3) `set` returns true if the waiter may sleep or be about to: then, and only then, the setter unparks
///   it.
/// src/core/README-latch.md tells which interleavings the orders forbid; tests/model/par_sleep.cpp checks
/// them.
template <class P>
class basic_latch {
 public:
  [[nodiscard]] bool probe() const noexcept {
    // ORD acquire [L1]: sees the result that the setter published with [L2]; keeps (1).
    return P::template load<site::latch_probe>(state_, std::memory_order_acquire) == set_;
  }

  /// Setter: returns true when the waiter has to be unparked.
  [[nodiscard]] bool set() noexcept {
    // ORD release [L2]: publishes the result to [L1]. A dozing waiter is unparked behind the fence [L5].
    return P::template exchange<site::latch_set>(state_, set_, std::memory_order_release) == dozing_;
  }

  /// Waiter: says that it is about to sleep. False when the latch is set already.
  [[nodiscard]] bool doze() noexcept {
    std::uint32_t expected = unset_;
    // ORD relaxed [L3]: only the value matters to the setter's exchange [L2]; [L5] and [S5] order the rest,
    // and `probe` acquires the result.
    return P::template compare_exchange<site::latch_doze>(
        state_, expected, dozing_, std::memory_order_relaxed, std::memory_order_relaxed);
  }

  /// Waiter: awake again. A latch that was set meanwhile stays set.
  void rouse() noexcept {
    std::uint32_t expected = dozing_;
    // ORD relaxed [L4]: only tells the setter that no unpark is needed; `probe` acquires the result.
    static_cast<void>(P::template compare_exchange<site::latch_rouse>(
        state_, expected, unset_, std::memory_order_relaxed, std::memory_order_relaxed));
  }

 private:
  static constexpr std::uint32_t unset_ = 0;
  static constexpr std::uint32_t dozing_ = 1;
  static constexpr std::uint32_t set_ = 2;
  typename P::template atomic<std::uint32_t> state_{unset_};
};

using latch = basic_latch<std_atomics>;

}  // namespace twill::par::detail
