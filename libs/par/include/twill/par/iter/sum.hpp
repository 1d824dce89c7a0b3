// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/detail/closure.hpp"
#include "twill/par/iter/reduce.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <type_traits>
#include <utility>

namespace twill::par {

namespace detail {

struct plus_op {
  template <class T, class X>
  static constexpr T apply(T a, X&& x) {
    return static_cast<T>(std::move(a) + static_cast<T>(std::forward<X>(x)));
  }
  template <class T>
  static constexpr T identity() {
    return T{};
  }
};
struct times_op {
  template <class T, class X>
  static constexpr T apply(T a, X&& x) {
    return static_cast<T>(std::move(a) * static_cast<T>(std::forward<X>(x)));
  }
  template <class T>
  static constexpr T identity() {
    return T{1};
  }
};

/// Partial results side by side: item i of a block goes to lane i % 16, then the upper half of the lanes is
/// added to the lower half until one is left. The order of operations is a function of the number of items,
/// and it is the order of `twill::sum_leaf`, so that a sum has the same bits wherever it is computed.
template <std::floating_point T, class Op>
struct lane_folder {
  static constexpr std::size_t lanes = 16;
  std::array<T, lanes> lane;
  std::size_t count = 0;

  lane_folder() { lane.fill(Op::template identity<T>()); }

  template <class X>
  void consume(X&& item) {
    T& l = lane[count++ % lanes];
    l = Op::template apply<T>(l, std::forward<X>(item));
  }

  template <class Cursor>
  void consume_leaf(Cursor& cursor, std::size_t first, std::size_t last) {
    for (; first < last && count % lanes != 0; ++first) consume(cursor(first));
    const std::size_t rows = (last - first) / lanes;
    // A local copy: through `this` the compiler would have to write the lanes back for each item.
    std::array<T, lanes> l = lane;
    for (std::size_t row = 0; row < rows; ++row, first += lanes) {
      for (std::size_t j = 0; j < lanes; ++j) l[j] = Op::template apply<T>(l[j], cursor(first + j));
    }
    lane = l;
    count += rows * lanes;
    for (; first < last; ++first) consume(cursor(first));
  }

  [[nodiscard]] static constexpr bool full() { return false; }
  T complete() && {
    for (std::size_t width = lanes / 2; width > 0; width /= 2) {
      for (std::size_t j = 0; j < width; ++j) lane[j] = Op::template apply<T>(lane[j], lane[j + width]);
    }
    return lane[0];
  }
};

template <class T, class Op>
struct total_folder {
  T value = Op::template identity<T>();
  template <class X>
  void consume(X&& item) {
    value = Op::template apply<T>(std::move(value), std::forward<X>(item));
  }
  [[nodiscard]] static constexpr bool full() { return false; }
  T complete() && { return std::move(value); }
};

template <class T, class Op>
struct total_consumer {
  using result_type = T;
  struct reducer_type {
    T combine(T left, T right) const { return Op::template apply<T>(std::move(left), std::move(right)); }
  };
  total_consumer split_off_left() { return *this; }
  auto into_folder() && {
    if constexpr (std::floating_point<T>) {
      return lane_folder<T, Op>{};
    } else {
      return total_folder<T, Op>{};
    }
  }
  [[nodiscard]] reducer_type to_reducer() const { return {}; }
  [[nodiscard]] static constexpr bool full() { return false; }
};
template <class T, class Op>
struct tree_total_consumer : total_consumer<T, Op> {
  static constexpr bool fixed_tree = true;
  tree_total_consumer split_off_left() { return *this; }
};

template <class T, class Op>
struct total_impl {
  template <class R>
  auto operator()(R range) const {
    using item = item_t<R>;
    using value = std::conditional_t<std::is_void_v<T>, std::remove_cvref_t<item>, T>;
    static_assert(std::is_constructible_v<value, item>,
                  "par::sum, par::product: an item cannot be turned into the result");
    using consumer =
        std::conditional_t<std::integral<value>, total_consumer<value, Op>, tree_total_consumer<value, Op>>;
    return std::move(range).drive(consumer{});
  }
};

}  // namespace detail

/// `sum<T>()`: all items added up as T; T{} when there are none. `sum<>()` adds in the type of the items.
///
/// Over an indexed source a floating-point sum has the same bits for any number of threads, and, with the
/// default block, those of `twill::pairwise_sum`. Behind `unordered()` the tree is left free.
template <class T = void>
inline constexpr detail::pipeable<detail::total_impl<T, detail::plus_op>, 0> sum{};
/// `product<T>()`: as `sum`, multiplied; T{1} when there are none.
template <class T = void>
inline constexpr detail::pipeable<detail::total_impl<T, detail::times_op>, 0> product{};

}  // namespace twill::par
