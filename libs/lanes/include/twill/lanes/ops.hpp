// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/buffer.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <functional>
#include <ranges>
#include <span>
#include <string_view>
#include <type_traits>
#include <vector>

/// Operations on whole arrays: vector kernels over contiguous ranges (spans, vectors, `buffer<T>`).
///
/// Every operation throws `fault` before it writes anything: BufferTooSmall when n is larger than an operand,
/// InvalidArgument when input and output overlap without being the same. Without n, the output's size counts.
/// The forms that end in `_par` run in chunks on the executor's threads and give the same bits.
namespace twill::lanes::ops {

/// Elements of a chunk, and from how many elements on chunks run in parallel.
inline constexpr std::size_t parallel_chunk_size = 3072;
inline constexpr std::size_t parallel_threshold = 10'000;
[[nodiscard]] constexpr std::size_t chunk_count(std::size_t n) noexcept {
  return (n + parallel_chunk_size - 1) / parallel_chunk_size;
}

template <class T>
concept element = type_of<std::remove_cv_t<T>>.has_value();
template <class T>
concept real_element = std::same_as<std::remove_cv_t<T>, float> || std::same_as<std::remove_cv_t<T>, double>;
template <class T>
concept signed_element = element<T> && std::is_signed_v<T>;

template <class R>
concept operand_range =
    std::ranges::contiguous_range<R> && std::ranges::sized_range<R> && element<std::ranges::range_value_t<R>>;
template <class R, class T>
concept operand_of = operand_range<R> && std::same_as<std::ranges::range_value_t<R>, T>;

namespace detail {

/// What an element-wise operation does, beyond the opcodes.
enum class extra : std::uint8_t { none, ceil, floor, round, reciprocal, erf, relu, atan2, gelu };

struct operation {
  std::string_view name;
  opcode op = opcode::add;
  extra more = extra::none;
};

/// An operand, its elements' type forgotten.
struct erased {
  const void* data = nullptr;
  std::size_t len = 0;
};

struct call {
  operation what;
  type ty;
  std::array<erased, 3> in{};
  std::size_t inputs = 0;
  void* out = nullptr;
  std::size_t out_len = 0;
  std::size_t n = 0;
  executor* par = nullptr;       // null: serial
  std::array<bool, 3> scalar{};  // the input is one element, the same everywhere
};
void run(const call& c);

enum class reduction : std::uint8_t {
  sum,
  product,
  min,
  max,
  dot,
  squares,
  argmin,
  argmax,
  mse,
  cross_entropy,
  binary_cross_entropy
};
struct reduced {
  double real = 0;
  std::uint64_t bits = 0;  // integers; indices
};
[[nodiscard]] reduced reduce(std::string_view name, reduction what, type t, erased a, erased b, std::size_t n,
                             executor* par);

void softmax(type t, erased a, void* out, std::size_t out_len, std::size_t rows, std::size_t cols,
             executor* par);
void gemm(type t, erased a, erased b, void* c, std::size_t c_len, std::size_t m, std::size_t k, std::size_t n,
          executor* par);
void convert(type from, type to, erased a, void* out, std::size_t out_len, std::size_t n, executor* par);
void clip(type t, erased a, void* out, std::size_t out_len, double lo, double hi, std::size_t n,
          executor* par);
void gather(std::size_t size, erased a, erased index, void* out, std::size_t out_len, std::size_t n,
            bool scatter);

template <class T>
inline constexpr type type_for = *type_of<std::remove_cv_t<T>>;

template <class R>
[[nodiscard]] erased erase(const R& r) {
  return {std::ranges::data(r), static_cast<std::size_t>(std::ranges::size(r))};
}

/// One element-wise operation of up to two inputs, serial or parallel.
template <bool Par, std::size_t Inputs, int Kind>
struct elementwise {
  operation what;

  template <class T>
  static constexpr bool takes = Kind == 0   ? element<T>
                                : Kind == 1 ? real_element<T>
                                            : signed_element<T>;

  template <operand_range A, operand_range C>
    requires(!Par && Inputs == 1 && operand_of<A, std::ranges::range_value_t<C>> &&
             takes<std::ranges::range_value_t<C>>)
  void operator()(const A& a, C&& c, std::size_t n) const {
    go(nullptr, {erase(a)}, c, n);
  }
  template <operand_range A, operand_range C>
    requires(!Par && Inputs == 1 && operand_of<A, std::ranges::range_value_t<C>> &&
             takes<std::ranges::range_value_t<C>>)
  void operator()(const A& a, C&& c) const {
    go(nullptr, {erase(a)}, c, std::ranges::size(c));
  }
  template <operand_range A, operand_range B, operand_range C>
    requires(!Par && Inputs == 2 && operand_of<A, std::ranges::range_value_t<C>> &&
             operand_of<B, std::ranges::range_value_t<C>> && takes<std::ranges::range_value_t<C>>)
  void operator()(const A& a, const B& b, C&& c, std::size_t n) const {
    go(nullptr, {erase(a), erase(b)}, c, n);
  }
  template <operand_range A, operand_range B, operand_range C>
    requires(!Par && Inputs == 2 && operand_of<A, std::ranges::range_value_t<C>> &&
             operand_of<B, std::ranges::range_value_t<C>> && takes<std::ranges::range_value_t<C>>)
  void operator()(const A& a, const B& b, C&& c) const {
    go(nullptr, {erase(a), erase(b)}, c, std::ranges::size(c));
  }
  template <operand_range A, operand_range C>
    requires(Inputs == 1 && operand_of<A, std::ranges::range_value_t<C>> &&
             takes<std::ranges::range_value_t<C>>)
  void operator()(executor& ex, const A& a, C&& c, std::size_t n) const {
    go(Par ? &ex : nullptr, {erase(a)}, c, n);
  }
  template <operand_range A, operand_range B, operand_range C>
    requires(Inputs == 2 && operand_of<A, std::ranges::range_value_t<C>> &&
             operand_of<B, std::ranges::range_value_t<C>> && takes<std::ranges::range_value_t<C>>)
  void operator()(executor& ex, const A& a, const B& b, C&& c, std::size_t n) const {
    go(Par ? &ex : nullptr, {erase(a), erase(b)}, c, n);
  }

 private:
  template <class C>
  void go(executor* ex, std::array<erased, 3> in, C&& c, std::size_t n) const {
    using T = std::ranges::range_value_t<C>;
    run({.what = what,
         .ty = type_for<T>,
         .in = in,
         .inputs = Inputs,
         .out = std::ranges::data(c),
         .out_len = std::ranges::size(c),
         .n = n,
         .par = ex});
  }
};

template <std::size_t Inputs, int Kind>
using serial_op = elementwise<false, Inputs, Kind>;
template <std::size_t Inputs, int Kind>
using par_op = elementwise<true, Inputs, Kind>;

}  // namespace detail

/// c = a op b: all element types; pow and atan2 f32 and f64. Integer division by zero throws DivisionByZero
/// with the lowest index.
inline constexpr detail::serial_op<2, 0> vector_add{{"vector_add", opcode::add}};
inline constexpr detail::serial_op<2, 0> vector_sub{{"vector_sub", opcode::sub}};
inline constexpr detail::serial_op<2, 0> vector_mul{{"vector_mul", opcode::mul}};
inline constexpr detail::serial_op<2, 0> vector_div{{"vector_div", opcode::div}};
inline constexpr detail::serial_op<2, 0> min{{"min", opcode::min}};
inline constexpr detail::serial_op<2, 0> max{{"max", opcode::max}};
inline constexpr detail::serial_op<2, 1> pow{{"pow", opcode::pow}};
inline constexpr detail::serial_op<2, 1> atan2{{"atan2", opcode::add, detail::extra::atan2}};
inline constexpr detail::par_op<2, 0> vector_add_par{{"vector_add_par", opcode::add}};
inline constexpr detail::par_op<2, 0> vector_sub_par{{"vector_sub_par", opcode::sub}};
inline constexpr detail::par_op<2, 0> vector_mul_par{{"vector_mul_par", opcode::mul}};
inline constexpr detail::par_op<2, 0> vector_div_par{{"vector_div_par", opcode::div}};
inline constexpr detail::par_op<2, 0> min_par{{"min_par", opcode::min}};
inline constexpr detail::par_op<2, 0> max_par{{"max_par", opcode::max}};
inline constexpr detail::par_op<2, 1> pow_par{{"pow_par", opcode::pow}};
inline constexpr detail::par_op<2, 1> atan2_par{{"atan2_par", opcode::add, detail::extra::atan2}};

/// c = op(a). abs, neg: signed types; relu: all; the others f32 and f64.
inline constexpr detail::serial_op<1, 2> abs{{"abs", opcode::abs}};
inline constexpr detail::serial_op<1, 2> neg{{"neg", opcode::neg}};
inline constexpr detail::serial_op<1, 0> relu{{"relu", opcode::max, detail::extra::relu}};
inline constexpr detail::serial_op<1, 1> sqrt{{"sqrt", opcode::sqrt}};
inline constexpr detail::serial_op<1, 1> rsqrt{{"rsqrt", opcode::rsqrt}};
inline constexpr detail::serial_op<1, 1> exp{{"exp", opcode::exp}};
inline constexpr detail::serial_op<1, 1> log{{"log", opcode::log}};
inline constexpr detail::serial_op<1, 1> log2{{"log2", opcode::log2}};
inline constexpr detail::serial_op<1, 1> log10{{"log10", opcode::log10}};
inline constexpr detail::serial_op<1, 1> sin{{"sin", opcode::sin}};
inline constexpr detail::serial_op<1, 1> cos{{"cos", opcode::cos}};
inline constexpr detail::serial_op<1, 1> tan{{"tan", opcode::tan}};
inline constexpr detail::serial_op<1, 1> tanh{{"tanh", opcode::tanh}};
inline constexpr detail::serial_op<1, 1> sigmoid{{"sigmoid", opcode::sigmoid}};
inline constexpr detail::serial_op<1, 1> erf{{"erf", opcode::abs, detail::extra::erf}};
inline constexpr detail::serial_op<1, 1> reciprocal{{"reciprocal", opcode::abs, detail::extra::reciprocal}};
inline constexpr detail::serial_op<1, 1> ceil{{"ceil", opcode::abs, detail::extra::ceil}};
inline constexpr detail::serial_op<1, 1> floor{{"floor", opcode::abs, detail::extra::floor}};
inline constexpr detail::serial_op<1, 1> round{{"round", opcode::abs, detail::extra::round}};
inline constexpr detail::serial_op<1, 1> gelu{{"gelu", opcode::abs, detail::extra::gelu}};
inline constexpr detail::par_op<1, 2> abs_par{{"abs_par", opcode::abs}};
inline constexpr detail::par_op<1, 2> neg_par{{"neg_par", opcode::neg}};
inline constexpr detail::par_op<1, 0> relu_par{{"relu_par", opcode::max, detail::extra::relu}};
inline constexpr detail::par_op<1, 1> sqrt_par{{"sqrt_par", opcode::sqrt}};
inline constexpr detail::par_op<1, 1> rsqrt_par{{"rsqrt_par", opcode::rsqrt}};
inline constexpr detail::par_op<1, 1> exp_par{{"exp_par", opcode::exp}};
inline constexpr detail::par_op<1, 1> log_par{{"log_par", opcode::log}};
inline constexpr detail::par_op<1, 1> log2_par{{"log2_par", opcode::log2}};
inline constexpr detail::par_op<1, 1> log10_par{{"log10_par", opcode::log10}};
inline constexpr detail::par_op<1, 1> sin_par{{"sin_par", opcode::sin}};
inline constexpr detail::par_op<1, 1> cos_par{{"cos_par", opcode::cos}};
inline constexpr detail::par_op<1, 1> tan_par{{"tan_par", opcode::tan}};
inline constexpr detail::par_op<1, 1> tanh_par{{"tanh_par", opcode::tanh}};
inline constexpr detail::par_op<1, 1> sigmoid_par{{"sigmoid_par", opcode::sigmoid}};
inline constexpr detail::par_op<1, 1> erf_par{{"erf_par", opcode::abs, detail::extra::erf}};
inline constexpr detail::par_op<1, 1> reciprocal_par{
    {"reciprocal_par", opcode::abs, detail::extra::reciprocal}};
inline constexpr detail::par_op<1, 1> ceil_par{{"ceil_par", opcode::abs, detail::extra::ceil}};
inline constexpr detail::par_op<1, 1> floor_par{{"floor_par", opcode::abs, detail::extra::floor}};
inline constexpr detail::par_op<1, 1> round_par{{"round_par", opcode::abs, detail::extra::round}};
inline constexpr detail::par_op<1, 1> gelu_par{{"gelu_par", opcode::abs, detail::extra::gelu}};

namespace detail {

/// c = a op s, with one scalar; saxpy: c = s * a + b, two roundings.
template <bool Par>
struct scalar_op {
  operation what;
  template <operand_range A, operand_range C>
    requires operand_of<A, std::ranges::range_value_t<C>>
  void operator()(executor& ex, const A& a, C&& c, std::ranges::range_value_t<C> s, std::size_t n) const {
    go(Par ? &ex : nullptr, erase(a), c, s, n);
  }
  template <operand_range A, operand_range C>
    requires(!Par && operand_of<A, std::ranges::range_value_t<C>>)
  void operator()(const A& a, C&& c, std::ranges::range_value_t<C> s) const {
    go(nullptr, erase(a), c, s, std::ranges::size(c));
  }

 private:
  template <class C, class T>
  void go(executor* ex, erased a, C&& c, const T& s, std::size_t n) const {
    run({.what = what,
         .ty = type_for<T>,
         .in = {a, erased{&s, 1}},
         .inputs = 2,
         .out = std::ranges::data(c),
         .out_len = std::ranges::size(c),
         .n = n,
         .par = ex,
         .scalar = {false, true}});
  }
};

template <class T, class C>
void saxpy(executor* ex, const T& alpha, erased a, erased b, C&& c, std::size_t n) {
  run({.what = {"saxpy", opcode::mad},
       .ty = type_for<T>,
       .in = {erased{&alpha, 1}, a, b},
       .inputs = 3,
       .out = std::ranges::data(c),
       .out_len = std::ranges::size(c),
       .n = n,
       .par = ex,
       .scalar = {true}});
}

}  // namespace detail

inline constexpr detail::scalar_op<false> scalar_add{{"scalar_add", opcode::add}};
inline constexpr detail::scalar_op<false> scalar_sub{{"scalar_sub", opcode::sub}};
inline constexpr detail::scalar_op<false> scalar_mul{{"scalar_mul", opcode::mul}};
inline constexpr detail::scalar_op<false> scalar_div{{"scalar_div", opcode::div}};
inline constexpr detail::scalar_op<true> scalar_add_par{{"scalar_add_par", opcode::add}};
inline constexpr detail::scalar_op<true> scalar_sub_par{{"scalar_sub_par", opcode::sub}};
inline constexpr detail::scalar_op<true> scalar_mul_par{{"scalar_mul_par", opcode::mul}};
inline constexpr detail::scalar_op<true> scalar_div_par{{"scalar_div_par", opcode::div}};

/// c = alpha * a + b with two roundings: i32 i64 u32 u64 f32 f64.
template <operand_range A, operand_range B, operand_range C>
void saxpy(std::ranges::range_value_t<C> alpha, const A& a, const B& b, C&& c) {
  detail::saxpy(nullptr, alpha, detail::erase(a), detail::erase(b), c, std::ranges::size(c));
}
template <operand_range A, operand_range B, operand_range C>
void saxpy_par(executor& ex, std::ranges::range_value_t<C> alpha, const A& a, const B& b, C&& c,
               std::size_t n) {
  detail::saxpy(&ex, alpha, detail::erase(a), detail::erase(b), c, n);
}

/// MIN(MAX(x, lo), hi). Throws: InvalidArgument when lo > hi or a bound is NaN.
template <operand_range A, operand_range C>
  requires real_element<std::ranges::range_value_t<C>>
void clip(const A& a, C&& c, std::ranges::range_value_t<C> lo, std::ranges::range_value_t<C> hi) {
  detail::clip(detail::type_for<std::ranges::range_value_t<C>>, detail::erase(a), std::ranges::data(c),
               std::ranges::size(c), lo, hi, std::ranges::size(c), nullptr);
}

namespace detail {

/// A number out of one or two arrays. Floats are summed in chunks of 3072 with 16 interleaved partial sums,
/// chunks pairwise: the same bits for any number of threads.
template <bool Par, reduction What, std::size_t Inputs, bool RealOnly>
struct reducer {
  std::string_view name;
  template <operand_range A>
    requires(Inputs == 1 && (!RealOnly || real_element<std::ranges::range_value_t<A>>))
  auto operator()(executor& ex, const A& a, std::size_t n) const {
    return go<std::ranges::range_value_t<A>>(Par ? &ex : nullptr, erase(a), {}, n);
  }
  template <operand_range A>
    requires(!Par && Inputs == 1 && (!RealOnly || real_element<std::ranges::range_value_t<A>>))
  auto operator()(const A& a) const {
    return go<std::ranges::range_value_t<A>>(nullptr, erase(a), {}, std::ranges::size(a));
  }
  template <operand_range A, operand_of<std::ranges::range_value_t<A>> B>
    requires(Inputs == 2 && (!RealOnly || real_element<std::ranges::range_value_t<A>>))
  auto operator()(executor& ex, const A& a, const B& b, std::size_t n) const {
    return go<std::ranges::range_value_t<A>>(Par ? &ex : nullptr, erase(a), erase(b), n);
  }
  template <operand_range A, operand_of<std::ranges::range_value_t<A>> B>
    requires(!Par && Inputs == 2 && (!RealOnly || real_element<std::ranges::range_value_t<A>>))
  auto operator()(const A& a, const B& b) const {
    return go<std::ranges::range_value_t<A>>(nullptr, erase(a), erase(b), std::ranges::size(a));
  }

 private:
  template <class T>
  auto go(executor* ex, erased a, erased b, std::size_t n) const {
    const reduced r = reduce(name, What, type_for<T>, a, b, n, ex);
    if constexpr (What == reduction::argmin || What == reduction::argmax) {
      return static_cast<std::size_t>(r.bits);
    } else if constexpr (real_element<T>) {
      return static_cast<T>(r.real);
    } else {
      return static_cast<T>(r.bits);
    }
  }
};

}  // namespace detail

inline constexpr detail::reducer<false, detail::reduction::sum, 1, false> sum{"sum"};
inline constexpr detail::reducer<false, detail::reduction::product, 1, false> product{"product"};
inline constexpr detail::reducer<false, detail::reduction::min, 1, false> min_of{"min_of"};
inline constexpr detail::reducer<false, detail::reduction::max, 1, false> max_of{"max_of"};
inline constexpr detail::reducer<false, detail::reduction::argmin, 1, false> argmin{"argmin"};
inline constexpr detail::reducer<false, detail::reduction::argmax, 1, false> argmax{"argmax"};
inline constexpr detail::reducer<false, detail::reduction::dot, 2, true> dot{"dot"};
inline constexpr detail::reducer<false, detail::reduction::mse, 2, true> mse{"mse"};
inline constexpr detail::reducer<false, detail::reduction::cross_entropy, 2, true> cross_entropy{
    "cross_entropy"};
inline constexpr detail::reducer<false, detail::reduction::binary_cross_entropy, 2, true>
    binary_cross_entropy{"binary_cross_entropy"};
inline constexpr detail::reducer<true, detail::reduction::sum, 1, false> sum_par{"sum_par"};
inline constexpr detail::reducer<true, detail::reduction::product, 1, false> product_par{"product_par"};
inline constexpr detail::reducer<true, detail::reduction::min, 1, false> min_of_par{"min_of_par"};
inline constexpr detail::reducer<true, detail::reduction::max, 1, false> max_of_par{"max_of_par"};
inline constexpr detail::reducer<true, detail::reduction::dot, 2, true> dot_par{"dot_par"};
inline constexpr detail::reducer<true, detail::reduction::mse, 2, true> mse_par{"mse_par"};
inline constexpr detail::reducer<true, detail::reduction::cross_entropy, 2, true> cross_entropy_par{
    "cross_entropy_par"};
inline constexpr detail::reducer<true, detail::reduction::binary_cross_entropy, 2, true>
    binary_cross_entropy_par{"binary_cross_entropy_par"};

/// The arithmetic mean. Throws: InvalidArgument for no elements.
template <operand_range A>
  requires real_element<std::ranges::range_value_t<A>>
[[nodiscard]] auto mean(const A& a) {
  if (std::ranges::size(a) == 0) throw fault(errc::invalid_argument, "the mean of no elements");
  return sum(a) / static_cast<std::ranges::range_value_t<A>>(std::ranges::size(a));
}

/// Each row minus its maximum, exponentiated, divided by its sum.
template <operand_range A, operand_range C>
  requires real_element<std::ranges::range_value_t<C>>
void softmax(const A& a, C&& c, std::size_t rows, std::size_t cols) {
  detail::softmax(detail::type_for<std::ranges::range_value_t<C>>, detail::erase(a), std::ranges::data(c),
                  std::ranges::size(c), rows, cols, nullptr);
}
template <operand_range A, operand_range C>
void softmax(const A& a, C&& c) {
  softmax(a, c, 1, std::ranges::size(c));
}
template <operand_range A, operand_range C>
  requires real_element<std::ranges::range_value_t<C>>
void softmax_par(executor& ex, const A& a, C&& c, std::size_t rows, std::size_t cols) {
  detail::softmax(detail::type_for<std::ranges::range_value_t<C>>, detail::erase(a), std::ranges::data(c),
                  std::ranges::size(c), rows, cols, &ex);
}

/// C = A B, row-major: A of m x k, B of k x n. C is overwritten; k = 0 gives zeros.
template <operand_range A, operand_range B, operand_range C>
  requires real_element<std::ranges::range_value_t<C>>
void gemm(const A& a, const B& b, C&& c, std::size_t m, std::size_t k, std::size_t n) {
  detail::gemm(detail::type_for<std::ranges::range_value_t<C>>, detail::erase(a), detail::erase(b),
               std::ranges::data(c), std::ranges::size(c), m, k, n, nullptr);
}
template <operand_range A, operand_range B, operand_range C>
  requires real_element<std::ranges::range_value_t<C>>
void gemm_par(executor& ex, const A& a, const B& b, C&& c, std::size_t m, std::size_t k, std::size_t n) {
  detail::gemm(detail::type_for<std::ranges::range_value_t<C>>, detail::erase(a), detail::erase(b),
               std::ranges::data(c), std::ranges::size(c), m, k, n, &ex);
}
/// y = A x, A of m x n.
template <operand_range A, operand_range X, operand_range Y>
  requires real_element<std::ranges::range_value_t<Y>>
void matvec(const A& a, const X& x, Y&& y, std::size_t m, std::size_t n) {
  gemm(a, x, y, m, n, 1);
}

/// c[i] = a[i] by the rule of CVT.
template <operand_range A, operand_range C>
void cast(const A& a, C&& c) {
  detail::convert(detail::type_for<std::ranges::range_value_t<A>>,
                  detail::type_for<std::ranges::range_value_t<C>>, detail::erase(a), std::ranges::data(c),
                  std::ranges::size(c), std::ranges::size(c), nullptr);
}
/// Throws: InvalidArgument when the lengths differ.
template <operand_range A, operand_range C>
void copy(const A& a, C&& c) {
  if (std::ranges::size(a) != std::ranges::size(c))
    throw fault(errc::invalid_argument, "copy: the lengths differ");
  cast(a, c);
}
template <operand_range C>
void fill(C&& c, std::ranges::range_value_t<C> v) {
  std::ranges::fill(c, v);
}
/// c[i] = a[index[i]], and c[index[i]] = a[i], the highest i last. Throws: BufferOutOfBounds for an index
/// outside.
template <operand_range A, operand_of<std::uint32_t> I, operand_range C>
  requires operand_of<A, std::ranges::range_value_t<C>>
void gather(const A& a, const I& index, C&& c) {
  detail::gather(sizeof(std::ranges::range_value_t<C>), detail::erase(a), detail::erase(index),
                 std::ranges::data(c), std::ranges::size(c), std::ranges::size(c), false);
}
template <operand_range A, operand_of<std::uint32_t> I, operand_range C>
  requires operand_of<A, std::ranges::range_value_t<C>>
void scatter(const A& a, const I& index, C&& c) {
  detail::gather(sizeof(std::ranges::range_value_t<C>), detail::erase(a), detail::erase(index),
                 std::ranges::data(c), std::ranges::size(c), std::ranges::size(a), true);
}

/// The generic forms: a callable over elements, in chunks on the executor's threads. `_par` operations use
/// them.
template <class T, class U, class F>
  requires std::invocable<const F&, const T&>
void parallel_unary_op(executor& ex, std::span<const T> in, std::span<U> out, const F& f) {
  const std::size_t n = out.size();
  if (in.size() < n)
    throw fault({.code = errc::buffer_too_small, .numbers = {0, in.size(), n}, .name = "parallel_unary_op"});
  const auto chunk = [&](std::size_t i) {
    const std::size_t end = std::min(n, (i + 1) * parallel_chunk_size);
    for (std::size_t k = i * parallel_chunk_size; k < end; ++k) out[k] = f(in[k]);
  };
  if (n >= parallel_threshold) {
    ex.for_each_chunk(chunk_count(n), chunk);
  } else {
    for (std::size_t i = 0; i < chunk_count(n); ++i) chunk(i);
  }
}
template <class T, class U, class V, class F>
  requires std::invocable<const F&, const T&, const U&>
void parallel_binary_op(executor& ex, std::span<const T> a, std::span<const U> b, std::span<V> out,
                        const F& f) {
  if (b.size() < out.size()) {
    throw fault(
        {.code = errc::buffer_too_small, .numbers = {1, b.size(), out.size()}, .name = "parallel_binary_op"});
  }
  const T* const first = a.data();
  parallel_unary_op(ex, a, out, [&](const T& x) { return f(x, b[static_cast<std::size_t>(&x - first)]); });
}
/// Elements of a chunk are combined from the identity on in order, chunks pairwise by a fixed tree.
template <class T, class F>
  requires std::invocable<const F&, const T&, const T&>
[[nodiscard]] T parallel_reduce(executor& ex, std::span<const T> in, T identity, const F& f) {
  std::vector<T> parts(chunk_count(in.size()), identity);
  const auto chunk = [&](std::size_t i) {
    T acc = identity;
    for (const T& x : in.subspan(i * parallel_chunk_size,
                                 std::min(parallel_chunk_size, in.size() - i * parallel_chunk_size))) {
      acc = f(acc, x);
    }
    parts[i] = acc;
  };
  if (in.size() >= parallel_threshold) {
    ex.for_each_chunk(parts.size(), chunk);
  } else {
    for (std::size_t i = 0; i < parts.size(); ++i) chunk(i);
  }
  for (std::size_t step = 1; step < parts.size(); step *= 2) {
    for (std::size_t i = 0; i + step < parts.size(); i += 2 * step) parts[i] = f(parts[i], parts[i + step]);
  }
  return parts.empty() ? identity : parts[0];
}

}  // namespace twill::lanes::ops
