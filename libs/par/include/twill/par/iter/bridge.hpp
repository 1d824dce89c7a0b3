// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/clock.hpp"
#include "twill/par/iter/bridge_producer.hpp"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>
#include <ranges>
#include <string_view>
#include <type_traits>
#include <utility>

namespace twill::par {

namespace detail {

/// The source that all shares of a bridge pull from, one item at a time.
///
/// Invariants
/// (1) `busy` is set while the source makes an item and never while an item is consumed.
/// (2) Nobody waits for `busy` for long: the source may itself wait for this pool, so a worker that sits
/// above another
///     job of the source's (a stolen half of a join) must not wait for it. It ends its share instead, and
///     whoever holds the source forks a new one.
/// (3) `shares` counts shares that pull or are queued; it is a hint that decides how many are forked, nothing
/// more.
template <class Iterator, class Sentinel, class Item>
struct bridge_state {
  // No std::mutex: a thread may try it while it holds it, when the source steals a share of its own bridge.
  std::atomic<bool> busy{false};
  Iterator next;
  Sentinel end;
  bool started = false;
  bool exhausted = false;
  std::size_t threads;
  std::atomic<std::size_t> shares{0};

  bridge_state(Iterator first, Sentinel last, std::size_t n)
      : next(std::move(first)), end(std::move(last)), threads(n) {}

  enum class pulled { item, exhausted, busy };

  template <class Emplace>
  pulled pull(Emplace&& emplace) {
    if (!acquire()) return pulled::busy;
    struct release {
      std::atomic<bool>* busy;
      // ORD release: publishes the source's state to the next `try_acquire`.
      ~release() { busy->store(false, std::memory_order_release); }
    } const held{&busy};
    if (exhausted) return pulled::exhausted;
    // Set first: if the source throws, the others find it exhausted.
    exhausted = true;
    if (started) ++next;
    started = true;
    if (next == end) return pulled::exhausted;
    emplace(*next);
    exhausted = false;
    return pulled::item;
  }

 private:
  [[nodiscard]] bool try_acquire() noexcept {
    // ORD relaxed: only looks whether the exchange is worth it.
    if (busy.load(std::memory_order_relaxed)) return false;
    // ORD acquire: pairs with `release`, so that this thread sees the source as the last one left it.
    return !busy.exchange(true, std::memory_order_acquire);
  }
  /// Waits about 50 microseconds at most (2).
  [[nodiscard]] bool acquire() {
    if (try_acquire()) return true;
    const std::int64_t limit = now_ns() + 50'000;
    do {
      for (int i = 0; i < 64; ++i) {
        if (try_acquire()) return true;
#if defined(__x86_64__) || defined(__i386__)
        __builtin_ia32_pause();
#endif
      }
    } while (now_ns() < limit);
    return false;
  }
};

/// Counts one share for as long as it lives.
struct share_count {
  std::atomic<std::size_t>* shares;
  ~share_count() {
    // ORD relaxed: a hint, see (3); the results travel through the join.
    shares->fetch_sub(1, std::memory_order_relaxed);
  }
};

/// Pulls items into one folder. Returns true when the share has to fork before it goes on.
template <class State, class Folder, class Item, class Stop>
bool pull_items(State& state, Folder& folder, std::optional<Item>& item, Stop&& stop) {
  while (!folder.full() && !stop()) {
    if (!item) {
      if (state.pull([&](auto&& x) { item.emplace(std::forward<decltype(x)>(x)); }) != State::pulled::item)
        return false;
      // ORD relaxed: a hint, see bridge_state (3).
      if (state.shares.load(std::memory_order_relaxed) < state.threads) return true;
    }
    Item mine = std::move(*item);
    item.reset();
    folder.consume(std::move(mine));
  }
  return false;
}

template <class Item, class State, class C>
typename C::result_type bridge_share(State& state, C c) {
  const share_count counted{&state.shares};
  auto merger = c.to_reducer();
  std::optional<typename C::result_type> sum;
  const auto add = [&](typename C::result_type part) {
    if (sum) {
      sum.emplace(merger.combine(std::move(*sum), std::move(part)));
    } else {
      sum.emplace(std::move(part));
    }
  };
  std::optional<Item> item;
  for (;;) {
    bool fork = false;
    {
      auto folder = c.split_off_left().into_folder();
      fork = pull_items(state, folder, item, [] { return false; });
      add(std::move(folder).complete());
    }
    if (!fork) return std::move(*sum);
    // Another thread goes on pulling while this one consumes. The left side comes back when the right one has
    // ended, so the stack does not grow with the number of forks.
    std::atomic<bool> right_ended{false};
    // ORD relaxed: a hint, see bridge_state (3).
    state.shares.fetch_add(1, std::memory_order_relaxed);
    C left = c.split_off_left();
    C right = c.split_off_left();
    auto both = join_context(
        [&](fn_context) {
          auto folder = std::move(left).into_folder();
          const auto enough = [&] {
            // ORD relaxed: only ends the loop early; the join publishes the result of the right side.
            return right_ended.load(std::memory_order_relaxed);
          };
          do {
            Item mine = std::move(*item);
            item.reset();
            folder.consume(std::move(mine));
          } while (pull_items(state, folder, item, enough));
          return std::move(folder).complete();
        },
        [&](fn_context) {
          auto part = bridge_share<Item>(state, std::move(right));
          // ORD relaxed: pairs with the load above, see there.
          right_ended.store(true, std::memory_order_relaxed);
          return part;
        });
    add(std::move(both.first));
    add(std::move(both.second));
  }
}

}  // namespace detail

/// Items of any input range, pulled one at a time by whoever is free: no order, and the range may be endless.
template <class Range>
class bridge_range {
 public:
  using item_type = std::remove_cvref_t<std::ranges::range_reference_t<std::remove_reference_t<Range>>>;
  static constexpr std::string_view name = "bridge";

  explicit bridge_range(Range range) : range_(std::forward<Range>(range)) {}
  [[nodiscard]] std::optional<std::size_t> opt_len() const { return std::nullopt; }
  template <class C>
  typename C::result_type drive(C c) && {
    auto first = std::ranges::begin(range_);
    auto last = std::ranges::end(range_);
    detail::bridge_state<decltype(first), decltype(last), item_type> state(std::move(first), std::move(last),
                                                                           current_num_threads());
    // ORD relaxed: no other thread knows the state yet.
    state.shares.store(1, std::memory_order_relaxed);
    return detail::bridge_share<item_type>(state, std::move(c));
  }

 private:
  Range range_;
};

/// Makes a chain of a range that cannot be cut: an input stream, a generator, a filter view.
///
/// The items are values and come in no order. The range is read under a lock, by one thread at a time; it may
/// call par itself. Throws: what the range throws, after the items already pulled were consumed or dropped.
template <std::ranges::input_range R>
[[nodiscard]] auto bridge(R&& range) {
  return bridge_range<R>(std::forward<R>(range));
}

}  // namespace twill::par
