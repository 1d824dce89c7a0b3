// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>

#if defined(__SANITIZE_THREAD__)
#define TWILL_PAR_FENCES 0
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TWILL_PAR_FENCES 0
#endif
#endif
#ifndef TWILL_PAR_FENCES
#define TWILL_PAR_FENCES 1
#endif

namespace twill::par::detail {

/// Every ordering the protocols rely on has a name, so that the model tests can weaken them one at a time.
enum class site : int {
  deque_push_top,      // D1
  deque_push_publish,  // D2
  deque_push_buffer,   // D3
  deque_take_fence,    // D4
  deque_take_top,      // D5
  deque_take_cas,      // D6
  deque_steal_top,     // D7
  deque_steal_fence,   // D8
  deque_steal_bottom,  // D9
  deque_steal_buffer,  // D10
  deque_steal_cas,     // D11
  deque_relaxed,       // accesses that no other thread orders itself by
  latch_probe,         // L1
  latch_set,           // L2
  latch_doze,          // L3
  latch_rouse,         // L4
  latch_setter_fence,  // L5
  sleep_announce,      // S1
  sleep_post_fence,    // S2
  sleep_count,         // S3
  sleep_park,          // S4
  sleep_park_fence,    // S5
  sleep_unpark,        // S6
  sleep_withdraw,      // S7
  sleep_woken,         // S8
  sleep_lend,          // S9
  sleep_return,        // S10
  sleep_return_fence,  // S11
  sleep_active_fence,  // S12
  sleep_relaxed,       // counters read as hints
  sites_end
};

/// How the protocol classes reach atomics: production goes to std::atomic, the model tests to a checker.
///
/// `fences` tells whether stand-alone fences order data here; ThreadSanitizer does not model them, so its
/// builds put the order on the variables instead.
struct std_atomics {
  template <class T>
  using atomic = std::atomic<T>;
  static constexpr bool fences = TWILL_PAR_FENCES != 0;

  template <site Site, class A>
  static auto load(const A& a, std::memory_order order) noexcept {
    // ORD forwarded: the caller names the order and its partner.
    return a.load(order);
  }
  template <site Site, class A, class V>
  static void store(A& a, V value, std::memory_order order) noexcept {
    // ORD forwarded: the caller names the order and its partner.
    a.store(value, order);
  }
  template <site Site, class A, class V>
  static auto exchange(A& a, V value, std::memory_order order) noexcept {
    // ORD forwarded: the caller names the order and its partner.
    return a.exchange(value, order);
  }
  template <site Site, class A, class V>
  static bool compare_exchange(A& a, V& expected, V desired, std::memory_order order,
                               std::memory_order failure) noexcept {
    // ORD forwarded: the caller names the order and its partner.
    return a.compare_exchange_strong(expected, desired, order, failure);
  }
  template <site Site, class A, class V>
  static auto fetch_add(A& a, V value, std::memory_order order) noexcept {
    // ORD forwarded: the caller names the order and its partner.
    return a.fetch_add(value, order);
  }
  template <site Site, class A, class V>
  static auto fetch_sub(A& a, V value, std::memory_order order) noexcept {
    // ORD forwarded: the caller names the order and its partner.
    return a.fetch_sub(value, order);
  }
  template <site Site>
  static void fence(std::memory_order order) noexcept {
    // ORD forwarded: the caller names the order and its partner.
    std::atomic_thread_fence(order);
  }
  /// Blocks while the word has this value; may return early. A futex on Linux.
  static void wait(std::atomic<std::uint32_t>& word, std::uint32_t value) noexcept;
  /// Wakes the threads that block on the word. The word may be gone by now: only its address is used.
  static void wake(std::atomic<std::uint32_t>& word) noexcept;
};

}  // namespace twill::par::detail
