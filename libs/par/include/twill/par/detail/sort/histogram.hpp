// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/sort/fork.hpp"
#include "twill/par/detail/sort/less.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <functional>
#include <vector>

namespace twill::par::detail {

/// Throws std::out_of_range that names the bin and how many there are.
[[noreturn]] void throw_bin_out_of_range(long long bin, std::size_t bins);
[[noreturn]] void throw_bin_out_of_range(unsigned long long bin, std::size_t bins);

template <std::integral B>
[[nodiscard]] std::size_t checked_bin(B bin, std::size_t bins) {
  if constexpr (std::signed_integral<B>) {
    if (bin < 0) throw_bin_out_of_range(static_cast<long long>(bin), bins);
  }
  if (static_cast<unsigned long long>(bin) >= bins) {
    throw_bin_out_of_range(static_cast<unsigned long long>(bin), bins);
  }
  return static_cast<std::size_t>(bin);
}

/// Counts pieces side by side, each into bins of its own. Sums of whole numbers do not depend on how they are
/// cut.
template <class I, class BinOf>
[[nodiscard]] std::vector<std::size_t> count_bins(I first, std::size_t n, std::size_t bins,
                                                  const BinOf& bin_of, std::size_t pieces) {
  if (pieces <= 1) {
    std::vector<std::size_t> counts(bins);
    for (std::size_t i = 0; i < n; ++i, ++first) ++counts[checked_bin(std::invoke(bin_of, *first), bins)];
    return counts;
  }
  const std::size_t half = n / 2;
  std::vector<std::size_t> left;
  std::vector<std::size_t> right;
  fork_both([&] { left = count_bins(first, half, bins, bin_of, pieces / 2); },
            [&] { right = count_bins(ahead(first, half), n - half, bins, bin_of, pieces - pieces / 2); });
  std::transform(left.begin(), left.end(), right.begin(), left.begin(), std::plus<>());
  return left;
}

/// As many pieces as keep every thread busy, and none so small that its bins outweigh its elements.
[[nodiscard]] inline std::size_t histogram_pieces(std::size_t n, std::size_t bins) {
  const std::size_t worth = n / std::max<std::size_t>(2 * fork_elements, 8 * bins);
  return worth <= 1 ? 1 : std::min(worth, 4 * fork_width());
}

}  // namespace twill::par::detail
