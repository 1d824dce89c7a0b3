// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/ops/operand.hpp"

namespace twill::lanes::ops {
namespace detail {

/// Up to three arrays element by element into a fourth, with up to two scalars.
struct call {
  operation what;
  type ty;
  std::array<erased, 3> in{};
  std::size_t inputs = 0;
  void* out = nullptr;
  std::size_t out_len = 0;
  std::size_t n = 0;
  executor* par = nullptr;              // null: serial
  std::array<const void*, 2> scalar{};  // one element each
};
void run(const call& c);

/// Which element types an operation takes.
enum class domain : std::uint8_t { any, real, of_signed };
template <class T, domain D>
concept in_domain = (D == domain::any && element<T>) || (D == domain::real && real_element<T>) ||
                    (D == domain::of_signed && signed_element<T>);

/// Inputs whose elements are those of the output C, of a type in the domain.
template <class C, domain D, class... Inputs>
concept fits =
    in_domain<std::ranges::range_value_t<C>, D> && (operand_of<Inputs, std::ranges::range_value_t<C>> && ...);

/// An element-wise operation of one to three inputs. Without executor and length: the output's size counts.
/// With an executor, the form whose name does not end in `_par` still runs on the calling thread.
template <bool Par, std::size_t Inputs, domain D>
struct elementwise {
  operation what;

  template <operand_range A, operand_range C>
    requires(!Par && Inputs == 1 && fits<C, D, A>)
  void operator()(const A& a, C&& c) const {
    go(nullptr, {erase(a)}, c, std::ranges::size(c));
  }
  template <operand_range A, operand_range C>
    requires(!Par && Inputs == 1 && fits<C, D, A>)
  void operator()(const A& a, C&& c, std::size_t n) const {
    go(nullptr, {erase(a)}, c, n);
  }
  template <operand_range A, operand_range C>
    requires(Inputs == 1 && fits<C, D, A>)
  void operator()(executor& ex, const A& a, C&& c, std::size_t n) const {
    go(Par ? &ex : nullptr, {erase(a)}, c, n);
  }
  template <operand_range A, operand_range B, operand_range C>
    requires(!Par && Inputs == 2 && fits<C, D, A, B>)
  void operator()(const A& a, const B& b, C&& c) const {
    go(nullptr, {erase(a), erase(b)}, c, std::ranges::size(c));
  }
  template <operand_range A, operand_range B, operand_range C>
    requires(!Par && Inputs == 2 && fits<C, D, A, B>)
  void operator()(const A& a, const B& b, C&& c, std::size_t n) const {
    go(nullptr, {erase(a), erase(b)}, c, n);
  }
  template <operand_range A, operand_range B, operand_range C>
    requires(Inputs == 2 && fits<C, D, A, B>)
  void operator()(executor& ex, const A& a, const B& b, C&& c, std::size_t n) const {
    go(Par ? &ex : nullptr, {erase(a), erase(b)}, c, n);
  }
  template <operand_range A, operand_range B, operand_range X, operand_range C>
    requires(!Par && Inputs == 3 && fits<C, D, A, B, X>)
  void operator()(const A& a, const B& b, const X& x, C&& c) const {
    go(nullptr, {erase(a), erase(b), erase(x)}, c, std::ranges::size(c));
  }
  template <operand_range A, operand_range B, operand_range X, operand_range C>
    requires(!Par && Inputs == 3 && fits<C, D, A, B, X>)
  void operator()(const A& a, const B& b, const X& x, C&& c, std::size_t n) const {
    go(nullptr, {erase(a), erase(b), erase(x)}, c, n);
  }
  template <operand_range A, operand_range B, operand_range X, operand_range C>
    requires(Inputs == 3 && fits<C, D, A, B, X>)
  void operator()(executor& ex, const A& a, const B& b, const X& x, C&& c, std::size_t n) const {
    go(Par ? &ex : nullptr, {erase(a), erase(b), erase(x)}, c, n);
  }

 private:
  template <class C>
  void go(executor* ex, std::array<erased, 3> in, C&& c, std::size_t n) const {
    run({.what = what,
         .ty = type_for<std::ranges::range_value_t<C>>,
         .in = in,
         .inputs = Inputs,
         .out = std::ranges::data(c),
         .out_len = std::ranges::size(c),
         .n = n,
         .par = ex});
  }
};

template <std::size_t Inputs, domain D = domain::any>
using serial_op = elementwise<false, Inputs, D>;
template <std::size_t Inputs, domain D = domain::any>
using par_op = elementwise<true, Inputs, D>;

/// One array and one scalar: c = a op s.
template <bool Par>
struct scalar_op {
  operation what;

  template <operand_range C, operand_of<std::ranges::range_value_t<C>> A>
    requires(!Par)
  void operator()(const A& a, C&& c, std::ranges::range_value_t<C> s) const {
    go(nullptr, erase(a), c, s, std::ranges::size(c));
  }
  template <operand_range A, operand_range C>
    requires operand_of<A, std::ranges::range_value_t<C>>
  void operator()(executor& ex, const A& a, C&& c, std::ranges::range_value_t<C> s, std::size_t n) const {
    go(Par ? &ex : nullptr, erase(a), c, s, n);
  }

 private:
  template <class C, class T>
  void go(executor* ex, erased a, C&& c, const T& s, std::size_t n) const {
    run({.what = what,
         .ty = type_for<T>,
         .in = {a},
         .inputs = 1,
         .out = std::ranges::data(c),
         .out_len = std::ranges::size(c),
         .n = n,
         .par = ex,
         .scalar = {&s}});
  }
};

template <class T, class C>
void saxpy(executor* ex, const T& alpha, erased a, erased b, C&& c, std::size_t n) {
  run({.what = {"saxpy", opcode::mad, extra::saxpy},
       .ty = type_for<T>,
       .in = {a, b},
       .inputs = 2,
       .out = std::ranges::data(c),
       .out_len = std::ranges::size(c),
       .n = n,
       .par = ex,
       .scalar = {&alpha}});
}

template <class T, class C>
void clip(executor* ex, erased a, C&& c, const T& lo, const T& hi, std::size_t n) {
  if (!(lo <= hi)) throw fault(errc::invalid_argument, "clip: the bounds are no interval");
  run({.what = {"clip", opcode::min, extra::clip},
       .ty = type_for<T>,
       .in = {a},
       .inputs = 1,
       .out = std::ranges::data(c),
       .out_len = std::ranges::size(c),
       .n = n,
       .par = ex,
       .scalar = {&lo, &hi}});
}

}  // namespace detail

/// @{
/// c = a op b: all element types; pow and atan2 f32 and f64. Integers wrap; division of one by zero throws
/// DivisionByZero with the lowest index. `min` and `max`: a NaN loses against a number.
inline constexpr detail::serial_op<2> vector_add{{"vector_add", opcode::add}};
inline constexpr detail::serial_op<2> vector_sub{{"vector_sub", opcode::sub}};
inline constexpr detail::serial_op<2> vector_mul{{"vector_mul", opcode::mul}};
inline constexpr detail::serial_op<2> vector_div{{"vector_div", opcode::div}};
inline constexpr detail::serial_op<2> min{{"min", opcode::min}};
inline constexpr detail::serial_op<2> max{{"max", opcode::max}};
inline constexpr detail::serial_op<2, detail::domain::real> pow{{"pow", opcode::pow}};
inline constexpr detail::serial_op<2, detail::domain::real> atan2{
    {"atan2", opcode::add, detail::extra::atan2}};
inline constexpr detail::par_op<2> vector_add_par{{"vector_add_par", opcode::add}};
inline constexpr detail::par_op<2> vector_sub_par{{"vector_sub_par", opcode::sub}};
inline constexpr detail::par_op<2> vector_mul_par{{"vector_mul_par", opcode::mul}};
inline constexpr detail::par_op<2> vector_div_par{{"vector_div_par", opcode::div}};
inline constexpr detail::par_op<2> min_par{{"min_par", opcode::min}};
inline constexpr detail::par_op<2> max_par{{"max_par", opcode::max}};
inline constexpr detail::par_op<2, detail::domain::real> pow_par{{"pow_par", opcode::pow}};
inline constexpr detail::par_op<2, detail::domain::real> atan2_par{
    {"atan2_par", opcode::add, detail::extra::atan2}};
/// @}

/// @{
/// d = a b + c, rounded once: f32 and f64.
inline constexpr detail::serial_op<3, detail::domain::real> fma{{"fma", opcode::fma}};
inline constexpr detail::par_op<3, detail::domain::real> fma_par{{"fma_par", opcode::fma}};
/// @}

/// @{
/// c = op(a). abs, neg: signed types; relu: all; the others f32 and f64. `gelu` is the form with tanh,
/// `gelu_erf` the exact one.
inline constexpr detail::serial_op<1, detail::domain::of_signed> abs{{"abs", opcode::abs}};
inline constexpr detail::serial_op<1, detail::domain::of_signed> neg{{"neg", opcode::neg}};
inline constexpr detail::serial_op<1> relu{{"relu", opcode::max, detail::extra::relu}};
inline constexpr detail::serial_op<1, detail::domain::real> sqrt{{"sqrt", opcode::sqrt}};
inline constexpr detail::serial_op<1, detail::domain::real> rsqrt{{"rsqrt", opcode::rsqrt}};
inline constexpr detail::serial_op<1, detail::domain::real> exp{{"exp", opcode::exp}};
inline constexpr detail::serial_op<1, detail::domain::real> log{{"log", opcode::log}};
inline constexpr detail::serial_op<1, detail::domain::real> log2{{"log2", opcode::log2}};
inline constexpr detail::serial_op<1, detail::domain::real> log10{{"log10", opcode::log10}};
inline constexpr detail::serial_op<1, detail::domain::real> sin{{"sin", opcode::sin}};
inline constexpr detail::serial_op<1, detail::domain::real> cos{{"cos", opcode::cos}};
inline constexpr detail::serial_op<1, detail::domain::real> tan{{"tan", opcode::tan}};
inline constexpr detail::serial_op<1, detail::domain::real> tanh{{"tanh", opcode::tanh}};
inline constexpr detail::serial_op<1, detail::domain::real> sigmoid{{"sigmoid", opcode::sigmoid}};
inline constexpr detail::serial_op<1, detail::domain::real> erf{{"erf", opcode::abs, detail::extra::erf}};
inline constexpr detail::serial_op<1, detail::domain::real> reciprocal{
    {"reciprocal", opcode::abs, detail::extra::reciprocal}};
inline constexpr detail::serial_op<1, detail::domain::real> ceil{{"ceil", opcode::abs, detail::extra::ceil}};
inline constexpr detail::serial_op<1, detail::domain::real> floor{
    {"floor", opcode::abs, detail::extra::floor}};
inline constexpr detail::serial_op<1, detail::domain::real> round{
    {"round", opcode::abs, detail::extra::round}};
inline constexpr detail::serial_op<1, detail::domain::real> gelu{{"gelu", opcode::abs, detail::extra::gelu}};
inline constexpr detail::par_op<1, detail::domain::of_signed> abs_par{{"abs_par", opcode::abs}};
inline constexpr detail::par_op<1, detail::domain::of_signed> neg_par{{"neg_par", opcode::neg}};
inline constexpr detail::par_op<1> relu_par{{"relu_par", opcode::max, detail::extra::relu}};
inline constexpr detail::par_op<1, detail::domain::real> sqrt_par{{"sqrt_par", opcode::sqrt}};
inline constexpr detail::par_op<1, detail::domain::real> rsqrt_par{{"rsqrt_par", opcode::rsqrt}};
inline constexpr detail::par_op<1, detail::domain::real> exp_par{{"exp_par", opcode::exp}};
inline constexpr detail::par_op<1, detail::domain::real> log_par{{"log_par", opcode::log}};
inline constexpr detail::par_op<1, detail::domain::real> log2_par{{"log2_par", opcode::log2}};
inline constexpr detail::par_op<1, detail::domain::real> log10_par{{"log10_par", opcode::log10}};
inline constexpr detail::par_op<1, detail::domain::real> sin_par{{"sin_par", opcode::sin}};
inline constexpr detail::par_op<1, detail::domain::real> cos_par{{"cos_par", opcode::cos}};
inline constexpr detail::par_op<1, detail::domain::real> tan_par{{"tan_par", opcode::tan}};
inline constexpr detail::par_op<1, detail::domain::real> tanh_par{{"tanh_par", opcode::tanh}};
inline constexpr detail::par_op<1, detail::domain::real> sigmoid_par{{"sigmoid_par", opcode::sigmoid}};
inline constexpr detail::par_op<1, detail::domain::real> erf_par{
    {"erf_par", opcode::abs, detail::extra::erf}};
inline constexpr detail::par_op<1, detail::domain::real> reciprocal_par{
    {"reciprocal_par", opcode::abs, detail::extra::reciprocal}};
inline constexpr detail::par_op<1, detail::domain::real> ceil_par{
    {"ceil_par", opcode::abs, detail::extra::ceil}};
inline constexpr detail::par_op<1, detail::domain::real> floor_par{
    {"floor_par", opcode::abs, detail::extra::floor}};
inline constexpr detail::par_op<1, detail::domain::real> round_par{
    {"round_par", opcode::abs, detail::extra::round}};
inline constexpr detail::par_op<1, detail::domain::real> gelu_par{
    {"gelu_par", opcode::abs, detail::extra::gelu}};
inline constexpr detail::serial_op<1, detail::domain::real> gelu_erf{
    {"gelu_erf", opcode::abs, detail::extra::gelu_erf}};
inline constexpr detail::par_op<1, detail::domain::real> gelu_erf_par{
    {"gelu_erf_par", opcode::abs, detail::extra::gelu_erf}};
/// @}

/// @{
/// c = a op s: all element types.
inline constexpr detail::scalar_op<false> scalar_add{{"scalar_add", opcode::add, detail::extra::scalar}};
inline constexpr detail::scalar_op<false> scalar_sub{{"scalar_sub", opcode::sub, detail::extra::scalar}};
inline constexpr detail::scalar_op<false> scalar_mul{{"scalar_mul", opcode::mul, detail::extra::scalar}};
inline constexpr detail::scalar_op<false> scalar_div{{"scalar_div", opcode::div, detail::extra::scalar}};
inline constexpr detail::scalar_op<true> scalar_add_par{
    {"scalar_add_par", opcode::add, detail::extra::scalar}};
inline constexpr detail::scalar_op<true> scalar_sub_par{
    {"scalar_sub_par", opcode::sub, detail::extra::scalar}};
inline constexpr detail::scalar_op<true> scalar_mul_par{
    {"scalar_mul_par", opcode::mul, detail::extra::scalar}};
inline constexpr detail::scalar_op<true> scalar_div_par{
    {"scalar_div_par", opcode::div, detail::extra::scalar}};
/// @}

/// c = alpha * a + b with two roundings: all element types.
template <operand_range A, operand_range B, operand_range C>
  requires operand_of<A, std::ranges::range_value_t<C>> && operand_of<B, std::ranges::range_value_t<C>>
void saxpy(std::ranges::range_value_t<C> alpha, const A& a, const B& b, C&& c) {
  detail::saxpy(nullptr, alpha, detail::erase(a), detail::erase(b), c, std::ranges::size(c));
}
template <operand_range A, operand_range B, operand_range C>
  requires operand_of<A, std::ranges::range_value_t<C>> && operand_of<B, std::ranges::range_value_t<C>>
void saxpy(executor&, std::ranges::range_value_t<C> alpha, const A& a, const B& b, C&& c, std::size_t n) {
  detail::saxpy(nullptr, alpha, detail::erase(a), detail::erase(b), c, n);
}
template <operand_range A, operand_range B, operand_range C>
  requires operand_of<A, std::ranges::range_value_t<C>> && operand_of<B, std::ranges::range_value_t<C>>
void saxpy_par(executor& ex, std::ranges::range_value_t<C> alpha, const A& a, const B& b, C&& c,
               std::size_t n) {
  detail::saxpy(&ex, alpha, detail::erase(a), detail::erase(b), c, n);
}

/// MIN(MAX(x, lo), hi): all element types; a NaN becomes lo. Throws: InvalidArgument when lo > hi or a bound
/// is NaN.
template <operand_range A, operand_range C>
  requires operand_of<A, std::ranges::range_value_t<C>>
void clip(const A& a, C&& c, std::ranges::range_value_t<C> lo, std::ranges::range_value_t<C> hi) {
  detail::clip(nullptr, detail::erase(a), c, lo, hi, std::ranges::size(c));
}
template <operand_range A, operand_range C>
  requires operand_of<A, std::ranges::range_value_t<C>>
void clip(executor&, const A& a, C&& c, std::ranges::range_value_t<C> lo, std::ranges::range_value_t<C> hi,
          std::size_t n) {
  detail::clip(nullptr, detail::erase(a), c, lo, hi, n);
}
template <operand_range A, operand_range C>
  requires operand_of<A, std::ranges::range_value_t<C>>
void clip_par(executor& ex, const A& a, C&& c, std::ranges::range_value_t<C> lo,
              std::ranges::range_value_t<C> hi, std::size_t n) {
  detail::clip(&ex, detail::erase(a), c, lo, hi, n);
}

}  // namespace twill::lanes::ops
