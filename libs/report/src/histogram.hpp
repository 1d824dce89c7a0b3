// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace twill::report::detail {

/// Edges of equal bins over the finite values, one more than bins. `bins` 0: a width of 1, 2 or 5 times a
/// power of ten near 2 IQR / n^(1/3) (Freedman and Diaconis 1981; Sturges' count where the middle half is one
/// value), edges at its multiples, at most 200 bins.
[[nodiscard]] std::vector<double> bin_edges(std::span<const double> values, std::size_t bins);
/// How many values fall into each bin; a bin has its lower edge, the last one both.
[[nodiscard]] std::vector<double> bin_counts(std::span<const double> values, std::span<const double> edges);

}  // namespace twill::report::detail
