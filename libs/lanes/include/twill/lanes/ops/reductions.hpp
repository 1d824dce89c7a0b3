// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/ops/operand.hpp"

namespace twill::lanes::ops {
namespace detail {

enum class reduction : std::uint8_t {
  sum,
  product,
  min,
  max,
  any,
  all,
  argmin,
  argmax,
  dot,
  squares,
  kahan,
  exact,
  mean,  // those from here on need elements
  mse,
  cross_entropy,
  binary_cross_entropy
};
struct reduced {
  double real = 0;
  std::uint64_t bits = 0;  // integers; indices; truth
};
[[nodiscard]] reduced reduce(std::string_view name, reduction what, type t, erased a, erased b, std::size_t n,
                             executor* par);

[[nodiscard]] constexpr bool takes_two(reduction what) noexcept {
  return what == reduction::dot || what >= reduction::mse;
}

/// A number out of one or two arrays, returned, and written to the first element of an output where one is
/// given. Sums of floats: chunks of 3072 with 16 interleaved partial sums, chunks pairwise, so the same bits
/// for any number of threads.
template <bool Par, reduction What, bool RealOnly = false>
struct reducer {
  std::string_view name;

  static constexpr bool two = takes_two(What);
  /// Indices are u64, truth is u8 in an output.
  template <class T>
  using result = std::conditional_t<
      What == reduction::argmin || What == reduction::argmax, std::uint64_t,
      std::conditional_t<What == reduction::any || What == reduction::all, std::uint8_t, T>>;
  template <class A>
  static constexpr bool takes = !RealOnly || real_element<std::ranges::range_value_t<A>>;

  template <operand_range A>
    requires(!Par && !two && takes<A>)
  auto operator()(const A& a) const {
    return go<A>(nullptr, erase(a), {}, std::ranges::size(a));
  }
  template <operand_range A>
    requires(!two && takes<A>)
  auto operator()(executor& ex, const A& a, std::size_t n) const {
    return go<A>(Par ? &ex : nullptr, erase(a), {}, n);
  }
  template <operand_range A, operand_of<result<std::ranges::range_value_t<A>>> Out>
    requires(!two && takes<A>)
  auto operator()(executor& ex, const A& a, Out&& out, std::size_t n) const {
    return write(out, 1, [&] { return (*this)(ex, a, n); });
  }
  template <operand_range A, operand_of<std::ranges::range_value_t<A>> B>
    requires(!Par && two && takes<A>)
  auto operator()(const A& a, const B& b) const {
    return go<A>(nullptr, erase(a), erase(b), std::ranges::size(a));
  }
  template <operand_range A, operand_of<std::ranges::range_value_t<A>> B>
    requires(two && takes<A>)
  auto operator()(executor& ex, const A& a, const B& b, std::size_t n) const {
    return go<A>(Par ? &ex : nullptr, erase(a), erase(b), n);
  }
  template <operand_range A, operand_of<std::ranges::range_value_t<A>> B,
            operand_of<std::ranges::range_value_t<A>> Out>
    requires(two && takes<A>)
  auto operator()(executor& ex, const A& a, const B& b, Out&& out, std::size_t n) const {
    return write(out, 2, [&] { return (*this)(ex, a, b, n); });
  }

 private:
  template <class Out, class F>
  auto write(Out&& out, std::size_t index, const F& compute) const {
    need_elements(name, index, std::ranges::size(out), 1);
    const auto value = compute();
    *std::ranges::data(out) = static_cast<std::ranges::range_value_t<Out>>(value);
    return value;
  }
  template <class A>
  auto go(executor* ex, erased a, erased b, std::size_t n) const {
    using T = std::ranges::range_value_t<A>;
    const reduced r = reduce(name, What, type_for<T>, a, b, n, ex);
    if constexpr (What == reduction::any || What == reduction::all) {
      return r.bits != 0;
    } else if constexpr (What == reduction::argmin || What == reduction::argmax) {
      return static_cast<std::size_t>(r.bits);
    } else if constexpr (real_element<T>) {
      return static_cast<T>(r.real);
    } else {
      return static_cast<T>(r.bits);
    }
  }
};

template <reduction What, bool RealOnly = false>
using serial_reducer = reducer<false, What, RealOnly>;
template <reduction What, bool RealOnly = false>
using par_reducer = reducer<true, What, RealOnly>;

}  // namespace detail

/// @{
/// All element types; integers wrap. No elements give the identity: 0, 1, the largest, the smallest.
/// A NaN is passed over by `min_of` and `max_of` unless there is nothing else.
inline constexpr detail::serial_reducer<detail::reduction::sum> sum{"sum"};
inline constexpr detail::serial_reducer<detail::reduction::product> product{"product"};
inline constexpr detail::serial_reducer<detail::reduction::min> min_of{"min_of"};
inline constexpr detail::serial_reducer<detail::reduction::max> max_of{"max_of"};
inline constexpr detail::par_reducer<detail::reduction::sum> sum_par{"sum_par"};
inline constexpr detail::par_reducer<detail::reduction::product> product_par{"product_par"};
inline constexpr detail::par_reducer<detail::reduction::min> min_of_par{"min_of_par"};
inline constexpr detail::par_reducer<detail::reduction::max> max_of_par{"max_of_par"};
/// @}

/// @{
/// The lowest index of the least and of the greatest element. Throws: InvalidArgument for no elements.
inline constexpr detail::serial_reducer<detail::reduction::argmin> argmin{"argmin"};
inline constexpr detail::serial_reducer<detail::reduction::argmax> argmax{"argmax"};
inline constexpr detail::par_reducer<detail::reduction::argmin> argmin_par{"argmin_par"};
inline constexpr detail::par_reducer<detail::reduction::argmax> argmax_par{"argmax_par"};
/// @}

/// @{
/// Whether any element, and whether every element, is not 0. A NaN is not 0.
inline constexpr detail::serial_reducer<detail::reduction::any> any{"any"};
inline constexpr detail::serial_reducer<detail::reduction::all> all{"all"};
inline constexpr detail::par_reducer<detail::reduction::any> any_par{"any_par"};
inline constexpr detail::par_reducer<detail::reduction::all> all_par{"all_par"};
/// @}

/// @{
/// The sum of products; the root of the sum of squares.
inline constexpr detail::serial_reducer<detail::reduction::dot, true> dot{"dot"};
inline constexpr detail::serial_reducer<detail::reduction::squares, true> norm2{"norm2"};
inline constexpr detail::par_reducer<detail::reduction::dot, true> dot_par{"dot_par"};
inline constexpr detail::par_reducer<detail::reduction::squares, true> norm2_par{"norm2_par"};
/// @}

/// @{
/// Sums that carry what rounding took away (Neumaier), chunk by chunk; and the exact sum, rounded once.
inline constexpr detail::serial_reducer<detail::reduction::kahan, true> sum_kahan{"sum_kahan"};
inline constexpr detail::serial_reducer<detail::reduction::exact, true> sum_exact{"sum_exact"};
inline constexpr detail::par_reducer<detail::reduction::kahan, true> sum_kahan_par{"sum_kahan_par"};
inline constexpr detail::par_reducer<detail::reduction::exact, true> sum_exact_par{"sum_exact_par"};
/// @}

/// @{
/// Losses of predictions (first) and targets (second), divided by n: squared difference; -t ln p;
/// -t ln p - (1 - t) ln(1 - p), NaN where p is outside of [0, 1]. A target of 0 contributes nothing. Throws:
/// InvalidArgument for no elements.
inline constexpr detail::serial_reducer<detail::reduction::mse, true> mse{"mse"};
inline constexpr detail::serial_reducer<detail::reduction::cross_entropy, true> cross_entropy{
    "cross_entropy"};
inline constexpr detail::serial_reducer<detail::reduction::binary_cross_entropy, true> binary_cross_entropy{
    "binary_cross_entropy"};
inline constexpr detail::par_reducer<detail::reduction::mse, true> mse_par{"mse_par"};
inline constexpr detail::par_reducer<detail::reduction::cross_entropy, true> cross_entropy_par{
    "cross_entropy_par"};
inline constexpr detail::par_reducer<detail::reduction::binary_cross_entropy, true> binary_cross_entropy_par{
    "binary_cross_entropy_par"};
/// @}

/// @{
/// The arithmetic mean. Throws: InvalidArgument for no elements.
inline constexpr detail::serial_reducer<detail::reduction::mean, true> mean{"mean"};
inline constexpr detail::par_reducer<detail::reduction::mean, true> mean_par{"mean_par"};
/// @}

namespace detail {
void softmax(type t, erased a, void* out, std::size_t out_len, std::size_t rows, std::size_t cols,
             executor* par);
}  // namespace detail

/// Each row minus its maximum, exponentiated, divided by its sum. A row with a positive infinity, or of
/// nothing but negative ones, becomes NaN.
template <operand_range A, real_range C>
  requires operand_of<A, std::ranges::range_value_t<C>>
void softmax(const A& a, C&& c, std::size_t rows, std::size_t cols) {
  detail::softmax(detail::type_for<std::ranges::range_value_t<C>>, detail::erase(a), std::ranges::data(c),
                  std::ranges::size(c), rows, cols, nullptr);
}
/// One row.
template <operand_range A, real_range C>
  requires operand_of<A, std::ranges::range_value_t<C>>
void softmax(const A& a, C&& c) {
  softmax(a, c, 1, std::ranges::size(c));
}
template <operand_range A, real_range C>
  requires operand_of<A, std::ranges::range_value_t<C>>
void softmax(executor&, const A& a, C&& c, std::size_t rows, std::size_t cols) {
  softmax(a, c, rows, cols);
}
template <operand_range A, real_range C>
  requires operand_of<A, std::ranges::range_value_t<C>>
void softmax(executor&, const A& a, C&& c, std::size_t n) {
  softmax(a, c, 1, n);
}
template <operand_range A, real_range C>
  requires operand_of<A, std::ranges::range_value_t<C>>
void softmax_par(executor& ex, const A& a, C&& c, std::size_t rows, std::size_t cols) {
  detail::softmax(detail::type_for<std::ranges::range_value_t<C>>, detail::erase(a), std::ranges::data(c),
                  std::ranges::size(c), rows, cols, &ex);
}
template <operand_range A, real_range C>
  requires operand_of<A, std::ranges::range_value_t<C>>
void softmax_par(executor& ex, const A& a, C&& c, std::size_t n) {
  softmax_par(ex, a, c, 1, n);
}

}  // namespace twill::lanes::ops
