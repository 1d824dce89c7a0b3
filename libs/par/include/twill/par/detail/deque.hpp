// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/atomics.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

namespace twill::par::detail {

/// Two lines of 64 bytes: the adjacent-line prefetcher of x86 pulls them in pairs.
inline constexpr std::size_t line_pair = 128;

enum class steal_status : std::uint8_t { taken, empty, retry };

template <class T>
struct steal_result {
  T* item = nullptr;
  steal_status status = steal_status::empty;
};

/// Work-stealing deque of Chase and Lev (2005) with the C11 orderings of Lê, Pop, Cohen and Zappa Nardelli
/// (PPoPP 2013).
///
/// Deviations: the claims on `top` are weaker than published, which the fences of C++20 allow; the owner
/// keeps a private copy of `top` and of the buffer, and grows by doubling while old buffers stay readable
/// until the deque dies. src/core/README-deque.md has the proof obligations, tests/model/par_deque.cpp checks
/// them.
///
/// Thread safety: `push` and `take` by the one owner; `steal` and `looks_empty` by anybody.
/// Invariants:
///   (1) top <= bottom + 1, and top never decreases;
///   (2) slots [top, bottom) of the newest buffer hold the items, and a thief with an older buffer reads the
///   same there; (3) an item leaves through exactly one of take and steal; (4) indices are signed 64-bit and
///   never reset, so that take may step below top without wrapping.
template <class P, class T>
class work_deque {
 public:
  explicit work_deque(std::size_t capacity = 64) { adopt(std::make_unique<buffer>(capacity)); }
  work_deque(const work_deque&) = delete;
  work_deque& operator=(const work_deque&) = delete;

  /// Owner: puts an item at the young end. Throws std::bad_alloc when it has to grow and cannot.
  void push(T* item) {
    // ORD relaxed [D0]: only the owner writes bottom.
    const std::int64_t b = P::template load<site::deque_relaxed>(bottom_, std::memory_order_relaxed);
    if (b - known_top_ > mask_) [[unlikely]]
      make_room(b);
    // ORD relaxed [D2]: published by the next store of bottom.
    P::template store<site::deque_relaxed>(slots_[b & mask_], item, std::memory_order_relaxed);
    if constexpr (P::fences) {
      // ORD release fence [D2]: what the item points to is visible to the thief whose load of bottom [D9]
      // sees b + 1.
      P::template fence<site::deque_push_publish>(std::memory_order_release);
      // ORD relaxed [D2]: ordered by the fence above.
      P::template store<site::deque_relaxed>(bottom_, b + 1, std::memory_order_relaxed);
    } else {
      // ORD release [D2]: the same pairing with [D9], carried by the variable.
      P::template store<site::deque_push_publish>(bottom_, b + 1, std::memory_order_release);
    }
  }

  /// Owner: the youngest item, or null.
  [[nodiscard]] T* take() noexcept {
    // ORD relaxed [D0]: only the owner writes bottom.
    const std::int64_t b = P::template load<site::deque_relaxed>(bottom_, std::memory_order_relaxed) - 1;
    std::int64_t t;
    if constexpr (P::fences) {
      // ORD relaxed [D4]: ordered before the load of top by the fence.
      P::template store<site::deque_relaxed>(bottom_, b, std::memory_order_relaxed);
      // ORD seq_cst fence [D4]: owner and thief cannot both miss the other's claim; pairs with [D8].
      P::template fence<site::deque_take_fence>(std::memory_order_seq_cst);
      // ORD relaxed [D5]: ordered after the store of bottom by the fence.
      t = P::template load<site::deque_relaxed>(top_, std::memory_order_relaxed);
    } else {
      // ORD seq_cst [D4]: store of bottom before load of top in the single order; pairs with [D9].
      P::template store<site::deque_take_fence>(bottom_, b, std::memory_order_seq_cst);
      // ORD seq_cst [D5]: see [D4].
      t = P::template load<site::deque_take_top>(top_, std::memory_order_seq_cst);
    }
    if (t < b) [[likely]] {
      // ORD relaxed [D0]: the owner wrote the slot itself.
      return P::template load<site::deque_relaxed>(slots_[b & mask_], std::memory_order_relaxed);
    }
    return take_last(b, t);
  }

  /// Anybody: the oldest item. `retry` means that another thread won the race; the deque may hold more.
  [[nodiscard]] steal_result<T> steal() noexcept {
    std::int64_t t;
    std::int64_t b;
    if constexpr (P::fences) {
      // ORD relaxed [D7]: the fence that follows makes it an acquire.
      t = P::template load<site::deque_relaxed>(top_, std::memory_order_relaxed);
      // ORD seq_cst fence [D8]: top before bottom against the owner's bottom before top [D4].
      P::template fence<site::deque_steal_fence>(std::memory_order_seq_cst);
      // ORD acquire [D9]: the item's content; pairs with [D2].
      b = P::template load<site::deque_steal_bottom>(bottom_, std::memory_order_acquire);
    } else {
      // ORD acquire [D7]: after the CAS it reads [D6, D11], which is seq_cst and so orders [D9] after it.
      t = P::template load<site::deque_steal_top>(top_, std::memory_order_acquire);
      // ORD seq_cst [D9]: see [D4]; also the item's content, pairs with [D2].
      b = P::template load<site::deque_steal_bottom>(bottom_, std::memory_order_seq_cst);
    }
    if (t >= b) return {nullptr, steal_status::empty};
    // ORD acquire [D10]: the slots copied into a grown buffer; pairs with [D3].
    buffer* const now = P::template load<site::deque_steal_buffer>(buffer_, std::memory_order_acquire);
    // ORD relaxed [D11]: a stale value is discarded because the CAS then fails.
    T* const item = P::template load<site::deque_relaxed>(now->at(t), std::memory_order_relaxed);
    // ORD release [D11], seq_cst without fences: claims index t against the owner [D6] and other thieves, by
    // which (3) holds; the slot is read before the owner that acquires this [D1] writes it again.
    if (!P::template compare_exchange<site::deque_steal_cas>(top_, t, t + 1, claim_order,
                                                             std::memory_order_relaxed)) {
      return {nullptr, steal_status::retry};
    }
    return {item, steal_status::taken};
  }

  /// Anybody: how many items there seem to be; exact for the owner while nobody steals.
  [[nodiscard]] std::size_t size_hint() const noexcept {
    // ORD relaxed [D0]: a hint, checked again by whoever acts on it.
    const std::int64_t b = P::template load<site::deque_relaxed>(bottom_, std::memory_order_relaxed);
    // ORD relaxed [D0]: a hint, checked again by whoever acts on it.
    const std::int64_t t = P::template load<site::deque_relaxed>(top_, std::memory_order_relaxed);
    return b > t ? static_cast<std::size_t>(b - t) : 0;
  }
  [[nodiscard]] bool looks_empty() const noexcept { return size_hint() == 0; }

 private:
  static constexpr std::memory_order claim_order =
      P::fences ? std::memory_order_release : std::memory_order_seq_cst;
  static constexpr std::memory_order last_order =
      P::fences ? std::memory_order_relaxed : std::memory_order_seq_cst;

  struct buffer {
    explicit buffer(std::size_t capacity)
        : mask(static_cast<std::int64_t>(capacity) - 1),
          slots(std::make_unique<typename P::template atomic<T*>[]>(capacity)) {}
    [[nodiscard]] typename P::template atomic<T*>& at(std::int64_t index) noexcept {
      return slots[static_cast<std::size_t>(index & mask)];
    }
    std::int64_t mask;
    std::unique_ptr<typename P::template atomic<T*>[]> slots;
    std::unique_ptr<buffer> older;
  };

  /// At most one item is left, or none: the owner has to win it against the thieves.
  [[nodiscard]] T* take_last(std::int64_t b, std::int64_t t) noexcept {
    T* item = nullptr;
    if (t == b) {
      // ORD relaxed [D0]: the owner wrote the slot itself.
      item = P::template load<site::deque_relaxed>(slots_[b & mask_], std::memory_order_relaxed);
      // ORD relaxed [D6], seq_cst without fences: claims the last index against the thieves [D11]; keeps (3).
      if (!P::template compare_exchange<site::deque_take_cas>(top_, t, t + 1, last_order,
                                                              std::memory_order_relaxed)) {
        item = nullptr;
      }
    }
    // ORD relaxed [D0]: an empty deque again; no item is published by this store.
    P::template store<site::deque_relaxed>(bottom_, b + 1, std::memory_order_relaxed);
    return item;
  }

  void make_room(std::int64_t b) {
    // ORD acquire [D1]: a slot is written again only after the thief that emptied it read it; pairs with
    // [D11].
    known_top_ = P::template load<site::deque_push_top>(top_, std::memory_order_acquire);
    if (b - known_top_ <= mask_) return;
    auto wider = std::make_unique<buffer>(static_cast<std::size_t>(mask_ + 1) * 2);
    for (std::int64_t i = known_top_; i < b; ++i) {
      // ORD relaxed [D3]: the owner's own slots.
      T* const item = P::template load<site::deque_relaxed>(slots_[i & mask_], std::memory_order_relaxed);
      // ORD relaxed [D3]: published by the store of the buffer.
      P::template store<site::deque_relaxed>(wider->at(i), item, std::memory_order_relaxed);
    }
    adopt(std::move(wider));
  }

  void adopt(std::unique_ptr<buffer> next) noexcept {
    next->older = std::move(storage_);
    storage_ = std::move(next);
    slots_ = storage_->slots.get();
    mask_ = storage_->mask;
    // ORD release [D3]: the copied slots are visible to a thief that sees the new buffer [D10]; keeps (2).
    P::template store<site::deque_push_buffer>(buffer_, storage_.get(), std::memory_order_release);
  }

  alignas(line_pair) typename P::template atomic<std::int64_t> top_{0};
  alignas(line_pair) typename P::template atomic<std::int64_t> bottom_{0};
  // The owner's own, beside the line that it writes anyway.
  std::int64_t known_top_ = 0;
  std::int64_t mask_ = 0;
  typename P::template atomic<T*>* slots_ = nullptr;
  std::unique_ptr<buffer> storage_;
  alignas(line_pair) typename P::template atomic<buffer*> buffer_{nullptr};
};

}  // namespace twill::par::detail
