// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/error.hpp"

#include <cstddef>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace twill::dmm {

/// The errors of the dmm part.
enum class errc {
  invalid_shape = 1,    ///< no samples, no taxa, or sizes that contradict each other
  negative_count,       ///< a count below zero
  not_finite,           ///< a count that is NaN or infinite
  not_integral,         ///< a count with a fraction
  count_too_large,      ///< a count, or the total of a sample, beyond what is exact
  zero_row,             ///< a sample without any count
  too_many_components,  ///< more components than samples
  bad_option,           ///< an option outside its range
  duplicate_name,       ///< two samples or two taxa of one name
  mismatched_taxa,      ///< new samples with other taxa than the model
  malformed_table,      ///< a file that is no table of counts
  malformed_model,      ///< a file that is no model of ours
  unsupported,          ///< this build cannot read the format
  cancelled,            ///< a stop was requested
  numerical             ///< figures that are not finite
};

/// The category `twill.dmm`.
[[nodiscard]] const category& dmm_category() noexcept;
/// The code in the category `twill.dmm`.
[[nodiscard]] std::error_code make_error_code(errc code) noexcept;

/// An error of the dmm part. Rows and columns count from 0; what `what()` shows counts from 1.
class error : public twill::error {
 public:
  /// An error of that code with what a person needs to know and the places it is about.
  error(errc code, diagnosis d, std::vector<std::size_t> rows = {}, std::optional<std::size_t> column = {})
      : twill::error(make_error_code(code), std::move(d)), rows_(std::move(rows)), column_(column) {}

  /// The samples that are meant, at most ten; empty when no sample is to blame.
  [[nodiscard]] const std::vector<std::size_t>& rows() const noexcept { return rows_; }
  /// The taxon that is meant.
  [[nodiscard]] std::optional<std::size_t> column() const noexcept { return column_; }

 private:
  std::vector<std::size_t> rows_;
  std::optional<std::size_t> column_;
};

}  // namespace twill::dmm

/// Lets an `errc` become a `std::error_code`.
template <>
struct std::is_error_code_enum<twill::dmm::errc> : std::true_type {};
