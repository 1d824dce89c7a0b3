// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ops/chunks.hpp"
#include "ops/fold.hpp"

#include <limits>

namespace twill::lanes::ops::detail {

static_assert(fold_chunk == parallel_chunk_size);

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

/// Results of chunks in their order, combined by the tree of `reduce_chunks` without an array of them all: a
/// counter in binary, whose digits are the trees of 1, 2, 4 ... chunks that wait for their right neighbours.
template <class T>
class waiting_trees {
 public:
  void add(fold_kind kind, T part) {
    std::size_t level = 0;
    for (std::size_t n = count_; n % 2 != 0; n /= 2) part = combined(kind, trees_[level++], part);
    trees_[level] = part;
    ++count_;
  }
  /// Requires: something was added.
  [[nodiscard]] T result(fold_kind kind) const {
    std::size_t level = 0;
    std::size_t n = count_;
    for (; n % 2 == 0; n /= 2) ++level;
    T out = trees_[level];
    for (n /= 2; n != 0; n /= 2) {
      ++level;
      if (n % 2 != 0) out = combined(kind, trees_[level], out);
    }
    return out;
  }

 private:
  std::size_t count_ = 0;
  std::array<T, 64> trees_;
};

/// One array, or two, folded: serial, or on the executor's threads with the same bits.
template <class T>
[[nodiscard]] T folded(fold_kind kind, std::span<const T> x, const T* y, executor* par) {
  const fold_fn fn = fold_of<T>(kind);
  const auto fold = [&](std::span<const T> chunk) {
    T out{};
    fn(chunk.data(), y == nullptr ? nullptr : y + (chunk.data() - x.data()), chunk.size(), &out);
    return out;
  };
  if (par != nullptr && x.size() >= par->options().parallel_threshold) {
    return parallel_reduce(*par, x, identity_of<T>(kind), fold,
                           [kind](T a, T b) { return combined(kind, a, b); });
  }
  if (x.size() <= parallel_chunk_size) return x.empty() ? identity_of<T>(kind) : fold(x);
  constexpr std::size_t four = 4 * parallel_chunk_size;
  const fold_four_fn at_once =
      x.size_bytes() > fold_four_bytes
          ? nullptr
          : folds().four[static_cast<std::size_t>(kind)][static_cast<std::size_t>(type_for<T>)];
  waiting_trees<T> trees;
  std::size_t i = 0;
  for (; at_once != nullptr && x.size() - i >= four; i += four) {
    std::array<T, 4> parts;
    at_once(x.data() + i, parts.data());
    for (const T part : parts) trees.add(kind, part);
  }
  for (; i < x.size(); i += parallel_chunk_size)
    trees.add(kind, fold(x.subspan(i, std::min(parallel_chunk_size, x.size() - i))));
  return trees.result(kind);
}

}  // namespace twill::lanes::ops::detail
