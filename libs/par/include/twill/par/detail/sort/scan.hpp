// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/sort/fork.hpp"
#include "twill/par/detail/sort/less.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

namespace twill::par::detail {

/// Elements of a block of a scan. Together with the length it decides in which order the values are combined.
inline constexpr std::size_t scan_block = 4096;

enum class scan_kind : std::uint8_t { inclusive, exclusive };

/// Scans one block with what comes before it, if anything does. An element is read before its place is
/// written, so the output may be the input.
template <scan_kind Kind, class T, class I, class O, class Op, class F>
void scan_one_block(I first, std::size_t n, O out, std::optional<T> before, const Op& op, const F& f) {
  for (std::size_t i = 0; i < n; ++i, ++first, ++out) {
    T value = std::invoke(f, *first);
    T sum = before ? T(std::invoke(op, std::as_const(*before), std::move(value))) : std::move(value);
    if constexpr (Kind == scan_kind::inclusive) {
      *out = std::as_const(sum);
    } else {
      *out = std::move(*before);
    }
    before = std::move(sum);
  }
}

/// The sum of a block as an element of the scan above it. A named type: the recursion ends in itself.
struct block_sum {
  template <class T>
  [[nodiscard]] const T& operator()(const std::optional<T>& sum) const noexcept {
    return *sum;
  }
};

/// Two passes over blocks of a fixed size: the sum of each block, a scan of these sums by the same rule, then
/// each block from what comes before it. The order of every combination follows from the length alone.
/// Requires: `init` has a value when the scan is exclusive.
template <scan_kind Kind, class T, class I, class O, class Op, class F>
void scan_blocks(I first, std::size_t n, O out, const std::optional<T>& init, const Op& op, const F& f) {
  const fixed_blocks blocks{n, scan_block};
  if (blocks.count() <= 1) return scan_one_block<Kind, T>(first, n, out, init, op, f);
  const std::size_t sums_count = blocks.count() - 1;
  std::vector<std::optional<T>> sums(sums_count);
  fork_indices(0, sums_count, [&](std::size_t b) {
    I at = ahead(first, blocks.begin(b));
    T sum = std::invoke(f, *at);
    for (std::size_t i = 1; i < scan_block; ++i) sum = std::invoke(op, std::move(sum), std::invoke(f, *++at));
    sums[b].emplace(std::move(sum));
  });
  scan_blocks<scan_kind::inclusive, T>(sums.data(), sums_count, sums.data(), std::optional<T>(), op,
                                       block_sum());
  blocks.for_each([&](std::size_t b, std::size_t begin, std::size_t end) {
    std::optional<T> before = init;
    if (b > 0)
      before.emplace(init ? T(std::invoke(op, std::as_const(*init), std::as_const(*sums[b - 1])))
                          : *sums[b - 1]);
    scan_one_block<Kind, T>(ahead(first, begin), end - begin, ahead(out, begin), std::move(before), op, f);
  });
}

}  // namespace twill::par::detail
