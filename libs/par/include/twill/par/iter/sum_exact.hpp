// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/sum.hpp"
#include "twill/par/iter/detail/closure.hpp"
#include "twill/par/iter/sum.hpp"

#include <concepts>
#include <cstddef>
#include <span>
#include <type_traits>
#include <utility>

namespace twill::par {

namespace detail {

/// The sum of a block by halving: an error that grows with the logarithm of the length.
template <std::floating_point T>
struct pairwise_folder {
  // One pending sum a set bit of the count, as in a binary counter.
  twill::tree_fold<T, twill::sum_combine> tree{};
  template <class X>
  void consume(X&& item) {
    tree.push(static_cast<T>(std::forward<X>(item)));
  }
  [[nodiscard]] static constexpr bool full() { return false; }
  T complete() && { return tree.result(); }
};
template <std::floating_point T>
struct pairwise_consumer : total_consumer<T, plus_op> {
  static constexpr bool fixed_tree = true;
  pairwise_consumer split_off_left() { return *this; }
  pairwise_folder<T> into_folder() && { return {}; }
};

/// A value and what rounding lost of it: Neumaier's variant of Kahan's sum (1974).
template <std::floating_point T>
struct compensated {
  T high{};
  T low{};
  void add(T x) noexcept {
    const T next = high + x;
    // Infinities and NaN: the compensation would turn an infinity into a NaN.
    const T lost = (high < 0 ? -high : high) >= (x < 0 ? -x : x) ? (high - next) + x : (x - next) + high;
    if (lost == lost) low += lost;
    high = next;
  }
};
template <std::floating_point T>
struct compensated_consumer {
  using result_type = compensated<T>;
  static constexpr bool fixed_tree = true;
  struct folder_type {
    compensated<T> sum{};
    template <class X>
    void consume(X&& item) {
      sum.add(static_cast<T>(std::forward<X>(item)));
    }
    [[nodiscard]] static constexpr bool full() { return false; }
    result_type complete() && { return sum; }
  };
  struct reducer_type {
    result_type combine(result_type left, result_type right) const {
      left.add(right.high);
      left.low += right.low;
      return left;
    }
  };
  compensated_consumer split_off_left() { return {}; }
  folder_type into_folder() && { return {}; }
  [[nodiscard]] reducer_type to_reducer() const { return {}; }
  [[nodiscard]] static constexpr bool full() { return false; }
};

/// Exact, so it may be cut anywhere.
struct reproducible_consumer {
  using result_type = reproducible_accumulator;
  struct folder_type {
    reproducible_accumulator sum{};
    template <class X>
    void consume(X&& item) {
      sum.add(static_cast<double>(item));
    }
    /// In batches: the accumulator is several times faster on spans.
    template <class Cursor>
    void consume_leaf(Cursor& cursor, std::size_t first, std::size_t last) {
      constexpr std::size_t batch = 256;
      double items[batch];
      while (first < last) {
        const std::size_t n = last - first < batch ? last - first : batch;
        for (std::size_t i = 0; i < n; ++i) items[i] = static_cast<double>(cursor(first + i));
        sum.add(std::span<const double>(items, n));
        first += n;
      }
    }
    [[nodiscard]] static constexpr bool full() { return false; }
    result_type complete() && { return sum; }
  };
  struct reducer_type {
    result_type combine(result_type left, const result_type& right) const {
      left.merge(right);
      return left;
    }
  };
  reproducible_consumer split_off_left() { return {}; }
  folder_type into_folder() && { return {}; }
  [[nodiscard]] reducer_type to_reducer() const { return {}; }
  [[nodiscard]] static constexpr bool full() { return false; }
};

template <class R>
concept sums_floats = std::floating_point<std::remove_cvref_t<item_t<R>>>;

struct sum_pairwise_impl {
  template <class R>
  auto operator()(R range) const {
    static_assert(sums_floats<R>, "par::sum_pairwise: the items must be floating-point numbers");
    return std::move(range).drive(pairwise_consumer<std::remove_cvref_t<item_t<R>>>{});
  }
};
struct sum_compensated_impl {
  template <class R>
  auto operator()(R range) const {
    static_assert(sums_floats<R>, "par::sum_compensated: the items must be floating-point numbers");
    const auto sum = std::move(range).drive(compensated_consumer<std::remove_cvref_t<item_t<R>>>{});
    return sum.high + sum.low;
  }
};
struct reproducible_sum_impl {
  template <class R>
  auto operator()(R range) const {
    using value = std::remove_cvref_t<item_t<R>>;
    static_assert(std::same_as<value, double> || std::same_as<value, float>,
                  "par::reproducible_sum: the items must be double or float");
    const auto sum = std::move(range).drive(reproducible_consumer{});
    if constexpr (std::same_as<value, float>) {
      return sum.value_as_float();
    } else {
      return sum.value();
    }
  }
};
struct reproducible_state_impl {
  template <class R>
  reproducible_accumulator operator()(R range) const {
    static_assert(std::is_convertible_v<item_t<R>, double>,
                  "par::reproducible_state: the items must be numbers");
    reproducible_accumulator sum = std::move(range).drive(reproducible_consumer{});
    sum.normalize();
    return sum;
  }
};
}  // namespace detail

/// `sum_pairwise()`: the sum by repeated halving, down to single items: an error of O(log n) roundings.
inline constexpr detail::pipeable<detail::sum_pairwise_impl, 0> sum_pairwise{};
/// `sum_compensated()`: the sum with the rounding errors of each addition carried along: an error of about
/// one rounding.
inline constexpr detail::pipeable<detail::sum_compensated_impl, 0> sum_compensated{};
/// `reproducible_sum()`: the exact sum rounded once: the same bits for any order and any partition of the
/// items.
inline constexpr detail::pipeable<detail::reproducible_sum_impl, 0> reproducible_sum{};
/// `reproducible_state()`: the accumulator behind `reproducible_sum`, in normal form: merge it with those of
/// other ranks.
inline constexpr detail::pipeable<detail::reproducible_state_impl, 0> reproducible_state{};

}  // namespace twill::par
