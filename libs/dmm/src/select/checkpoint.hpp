// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "counts/dataset.hpp"
#include "twill/dmm/fit.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace twill::dmm::detail {

// A number that tells tables apart. Those of the parts of a table add up to that of the whole.
[[nodiscard]] std::uint64_t content_sum(const dataset& d);
// What a run's result depends on: options, seed and the table.
[[nodiscard]] std::uint64_t fingerprint(std::uint64_t content, std::size_t rows, std::size_t taxa,
                                        const fit_options& options);

// One file a run: a fixed header, the numbers of the fit, a checksum.
[[nodiscard]] std::string checkpoint_path(const std::string& folder, int components, int start);
void write_checkpoint(const std::string& path, std::uint64_t print, const mixture_fit& fit);
// Nothing where there is no such file, or it is of another table, other options, or damaged.
[[nodiscard]] std::optional<mixture_fit> read_checkpoint(const std::string& path, std::uint64_t print);

// The numbers of a fit in one row, for files and for other ranks.
[[nodiscard]] std::vector<double> flatten(const mixture_fit& fit);
[[nodiscard]] std::optional<mixture_fit> unflatten(std::span<const double> numbers);

}  // namespace twill::dmm::detail
