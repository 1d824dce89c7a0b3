// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/detail/callable.hpp"
#include "twill/par/iter/detail/closure.hpp"
#include "twill/par/iter/detail/held.hpp"
#include "twill/par/iter/filter.hpp"
#include "twill/par/iter/filter_map.hpp"
#include "twill/par/iter/take_any_while.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

namespace twill::par {

namespace detail {

/// Keeps the item that arrives first in time; then everybody stops.
template <class Item>
struct arrive_any_consumer {
  using result_type = std::optional<held<Item>>;
  one_way_flag* found;
  struct folder_type {
    one_way_flag* found;
    result_type item{};
    template <class T>
    void consume(T&& x) {
      if (!item) item.emplace(std::forward<T>(x));
      found->raise();
    }
    [[nodiscard]] bool full() const { return found->is_up(); }
    result_type complete() && { return std::move(item); }
  };
  struct reducer_type {
    result_type combine(result_type left, result_type right) const {
      return left ? std::move(left) : std::move(right);
    }
  };
  arrive_any_consumer split_off_left() { return *this; }
  folder_type into_folder() && { return {found}; }
  [[nodiscard]] reducer_type to_reducer() const { return {}; }
  [[nodiscard]] bool full() const { return found->is_up(); }
};

/// The best position at which an item arrived, in the order of the pieces.
struct best_position {
  std::atomic<std::uint64_t> value;
};

/// Keeps the item that comes first (or last) in order. Each piece owns a part of an imaginary line of 2^64
/// points, cut in half with the piece; a piece gives up when a match lies in a part that beats all of its
/// own.
///
/// When the line is too short to be cut, both halves share their part: then neither gives up for the other,
/// and the order of the pieces decides in the reducer.
template <class Item, bool First>
struct arrive_ordered_consumer {
  using result_type = std::optional<held<Item>>;
  best_position* best;
  std::uint64_t lower = 0;
  std::uint64_t upper = std::numeric_limits<std::uint64_t>::max();

  [[nodiscard]] bool full() const {
    // ORD relaxed: the position only saves work; items travel through the reducers.
    const std::uint64_t known = best->value.load(std::memory_order_relaxed);
    return First ? known < lower : known > upper;
  }
  void report() const {
    const std::uint64_t mine = First ? upper : lower;
    // ORD relaxed: as in full().
    std::uint64_t known = best->value.load(std::memory_order_relaxed);
    while (First ? mine < known : mine > known) {
      // ORD relaxed: as in full().
      if (best->value.compare_exchange_weak(known, mine, std::memory_order_relaxed,
                                            std::memory_order_relaxed))
        return;
    }
  }
  struct folder_type {
    arrive_ordered_consumer piece;
    result_type item{};
    template <class T>
    void consume(T&& x) {
      if constexpr (First) {
        if (item) return;
        item.emplace(std::forward<T>(x));
      } else {
        // `held` is not assignable for every item type.
        item.reset();
        item.emplace(std::forward<T>(x));
      }
      piece.report();
    }
    [[nodiscard]] bool full() const { return (First && item.has_value()) || piece.full(); }
    result_type complete() && { return std::move(item); }
  };
  struct reducer_type {
    result_type combine(result_type left, result_type right) const {
      if constexpr (First) {
        return left ? std::move(left) : std::move(right);
      } else {
        return right ? std::move(right) : std::move(left);
      }
    }
  };
  arrive_ordered_consumer split_off_left() {
    const std::uint64_t middle = lower + (upper - lower) / 2;
    arrive_ordered_consumer left{best, lower, middle};
    if (middle != upper) lower = middle + 1;
    return left;
  }
  folder_type into_folder() && { return {*this}; }
  [[nodiscard]] reducer_type to_reducer() const { return {}; }
};

enum class arrival { any, first, last };

template <arrival Which, class R>
auto arrive(R range) {
  using item = item_t<R>;
  if constexpr (Which == arrival::any) {
    one_way_flag found;
    return give_back<item>(std::move(range).drive(arrive_any_consumer<item>{&found}));
  } else {
    constexpr bool first = Which == arrival::first;
    best_position best{first ? std::numeric_limits<std::uint64_t>::max() : 0};
    return give_back<item>(std::move(range).drive(arrive_ordered_consumer<item, first>{&best}));
  }
}

template <arrival Which>
struct find_impl {
  template <class R, class F>
  auto operator()(R range, F p) const {
    return arrive<Which>(filter_impl{}(std::move(range), std::move(p)));
  }
};
template <arrival Which>
struct find_map_impl {
  template <class R, class F>
  auto operator()(R range, F f) const {
    return arrive<Which>(filter_map_impl{}(std::move(range), std::move(f)));
  }
};
}  // namespace detail

/// `find_any(p)`: some item with `p(item)`; the others stop. Nullopt if there is none.
inline constexpr detail::pipeable<detail::find_impl<detail::arrival::any>, 1> find_any{};
/// `find_first(p)`: the first item in order with `p(item)`; pieces behind a match stop.
inline constexpr detail::pipeable<detail::find_impl<detail::arrival::first>, 1> find_first{};
/// `find_last(p)`: the last item in order with `p(item)`; pieces before a match stop. A piece is walked
/// forward, so in a range too long to be walked the search ends only where another worker reaches a match to
/// the right.
inline constexpr detail::pipeable<detail::find_impl<detail::arrival::last>, 1> find_last{};
/// `find_map_any(f)`: some value of the optionals `f(item)`.
inline constexpr detail::pipeable<detail::find_map_impl<detail::arrival::any>, 1> find_map_any{};
/// `find_map_first(f)`: the first value in order of the optionals `f(item)`.
inline constexpr detail::pipeable<detail::find_map_impl<detail::arrival::first>, 1> find_map_first{};
/// `find_map_last(f)`: the last value in order of the optionals `f(item)`.
inline constexpr detail::pipeable<detail::find_map_impl<detail::arrival::last>, 1> find_map_last{};

}  // namespace twill::par
