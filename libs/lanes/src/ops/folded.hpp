// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/chunks.hpp"
#include "ops/fold.hpp"

#include <limits>

namespace twill::lanes::ops::detail {

template <class T>
inline constexpr bool real = std::is_floating_point_v<T>;

template <class T>
[[nodiscard]] fold_fn fold_of(fold_kind kind) {
  return folds().fold[static_cast<std::size_t>(kind)][static_cast<std::size_t>(type_for<T>)];
}

/// Two results of one kind of fold as one; integers wrap, NaN loses as in MIN and MAX.
template <class T>
[[nodiscard]] T combined(fold_kind kind, T a, T b) {
  switch (kind) {
    case fold_kind::min: return b < a || a != a ? b : a;
    case fold_kind::max: return b > a || a != a ? b : a;
    case fold_kind::product:
      if constexpr (real<T>) {
        return a * b;
      } else {
        return static_cast<T>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
      }
    default:
      if constexpr (real<T>) {
        return a + b;
      } else {
        return static_cast<T>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
      }
  }
}

/// What a reduction of no elements gives.
template <class T>
[[nodiscard]] constexpr T identity_of(fold_kind kind) {
  using limits = std::numeric_limits<T>;
  switch (kind) {
    case fold_kind::min: return real<T> ? limits::infinity() : limits::max();
    case fold_kind::max: return real<T> ? static_cast<T>(T{0} - limits::infinity()) : limits::min();
    case fold_kind::product: return T{1};
    default: return T{0};
  }
}

/// One array, or two, folded: serial, or on the executor's threads with the same bits.
template <class T>
[[nodiscard]] T folded(fold_kind kind, std::span<const T> x, const T* y, executor* par) {
  const fold_fn fn = fold_of<T>(kind);
  const auto fold = [&](std::span<const T> chunk) {
    T out{};
    fn(chunk.data(), y == nullptr ? nullptr : y + (chunk.data() - x.data()), chunk.size(), &out);
    return out;
  };
  return reduce_over(par, x, identity_of<T>(kind), fold, [kind](T a, T b) { return combined(kind, a, b); });
}

}  // namespace twill::lanes::ops::detail
