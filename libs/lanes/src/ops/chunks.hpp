// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/ops/operand.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <span>
#include <string_view>
#include <type_traits>

namespace twill::lanes::ops::detail {

/// An operand and what is asked of it.
struct wanted {
  erased what;
  std::size_t need;  // elements
  std::size_t size;  // bytes of an element
};

/// Every operand has as many elements as are needed, and none overlaps the output unless it is the output and
/// `in_place`. Throws: fault.
void check_operands(std::string_view name, std::span<const wanted> in, const wanted& out, bool in_place);

/// A product of sizes. Throws: fault (InvalidArgument) beyond 2^56.
[[nodiscard]] std::size_t size_of(std::string_view name, std::initializer_list<std::size_t> factors);

/// Calls `f(std::type_identity<T>)` for the C++ type of an element.
template <class F>
decltype(auto) with_type(type t, const F& f) {
  switch (t) {
    case type::i8: return f(std::type_identity<std::int8_t>{});
    case type::i16: return f(std::type_identity<std::int16_t>{});
    case type::i32: return f(std::type_identity<std::int32_t>{});
    case type::i64: return f(std::type_identity<std::int64_t>{});
    case type::u8: return f(std::type_identity<std::uint8_t>{});
    case type::u16: return f(std::type_identity<std::uint16_t>{});
    case type::u32: return f(std::type_identity<std::uint32_t>{});
    case type::u64: return f(std::type_identity<std::uint64_t>{});
    case type::f32: return f(std::type_identity<float>{});
    default: return f(std::type_identity<double>{});
  }
}

/// `parallel_reduce` where there is an executor, else the same on the calling thread.
template <class T, class R, class Fold, class Combine>
[[nodiscard]] R reduce_over(executor* par, std::span<const T> in, R identity, const Fold& fold,
                            const Combine& combine) {
  return par != nullptr ? parallel_reduce(*par, in, identity, fold, combine)
                        : reduce_chunks(nullptr, in, identity, fold, combine);
}

/// `parallel_unary_op` by chunks where there is an executor, else the same on the calling thread.
template <class T, class F>
void map_over(executor* par, std::span<const T> in, std::span<T> out, const F& f) {
  if (par != nullptr) {
    parallel_unary_op(*par, in, out, f);
  } else {
    f(in.first(out.size()), out);
  }
}

/// Calls `body(begin, end)` for pieces of n rows of `weight` elements that depend on none of the others.
inline void for_rows(executor* par, std::size_t n, std::size_t weight,
                     const std::function<void(std::size_t, std::size_t)>& body) {
  if (par != nullptr && n >= 2 && n * weight >= par->options().parallel_threshold) {
    for_pieces(par, n, weight, body);
  } else if (n != 0) {
    body(0, n);
  }
}

}  // namespace twill::lanes::ops::detail
