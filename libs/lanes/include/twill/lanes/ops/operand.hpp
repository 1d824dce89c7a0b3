// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/instruction.hpp"
#include "twill/lanes/ops/parallel.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <ranges>
#include <string_view>
#include <type_traits>

namespace twill::lanes::ops {

/// The eight integer types, f32 and f64; f32 and f64; the signed ones.
template <class T>
concept element = type_of<std::remove_cv_t<T>>.has_value();
template <class T>
concept real_element = std::same_as<std::remove_cv_t<T>, float> || std::same_as<std::remove_cv_t<T>, double>;
template <class T>
concept signed_element = element<T> && std::is_signed_v<T>;

/// What operations take: spans, vectors, arrays, `buffer<T>`.
template <class R>
concept operand_range =
    std::ranges::contiguous_range<R> && std::ranges::sized_range<R> && element<std::ranges::range_value_t<R>>;
/// An operand whose elements are of type T.
template <class R, class T>
concept operand_of = operand_range<R> && std::same_as<std::ranges::range_value_t<R>, T>;
/// An operand of f32 or f64.
template <class R>
concept real_range = operand_range<R> && real_element<std::ranges::range_value_t<R>>;

namespace detail {

/// What an element-wise operation does, beyond the opcodes.
enum class extra : std::uint8_t {
  none,
  ceil,
  floor,
  round,
  reciprocal,
  erf,
  relu,
  atan2,
  gelu,
  gelu_erf,
  clip,
  scalar,
  saxpy
};

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

template <class T>
inline constexpr type type_for = *type_of<std::remove_cv_t<T>>;

template <class R>
[[nodiscard]] erased erase(const R& r) {
  return {std::ranges::data(r), static_cast<std::size_t>(std::ranges::size(r))};
}

}  // namespace detail
}  // namespace twill::lanes::ops
