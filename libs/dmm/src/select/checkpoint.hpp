// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/dmm/fit.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace twill::dmm::detail {

// What a run's result depends on: options, seed and the table.
[[nodiscard]] std::uint64_t fingerprint(const count_table& counts, const fit_options& options);

// One file a run: a fixed header, the numbers of the fit, a checksum.
[[nodiscard]] std::string checkpoint_path(const std::string& folder, int components, int start);
void write_checkpoint(const std::string& path, std::uint64_t print, const mixture_fit& fit);
// Nothing where there is no such file, or it is of another table, other options, or damaged.
[[nodiscard]] std::optional<mixture_fit> read_checkpoint(const std::string& path, std::uint64_t print);

// The numbers of a fit in one row, for files and for other ranks.
[[nodiscard]] std::vector<double> flatten(const mixture_fit& fit);
[[nodiscard]] std::optional<mixture_fit> unflatten(std::span<const double> numbers);

}  // namespace twill::dmm::detail
