// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace twill::sddp::solver {

/// No bound.
inline constexpr double infinity = std::numeric_limits<double>::infinity();

/// A linear program to minimise, its matrix by columns. Indices are `int` because the solvers' are.
struct problem {
  std::vector<double> column_lower{};  ///< one a column
  std::vector<double> column_upper{};  ///< one a column
  std::vector<double> objective{};     ///< one a column
  std::vector<double> row_lower{};     ///< one a row
  std::vector<double> row_upper{};     ///< one a row
  std::vector<int> starts{};           ///< columns + 1: where in `rows` and `values` a column begins
  std::vector<int> rows{};             ///< ascending within a column
  std::vector<double> values{};        ///< of the entries in `rows`

  [[nodiscard]] int num_columns() const noexcept { return static_cast<int>(objective.size()); }
  [[nodiscard]] int num_rows() const noexcept { return static_cast<int>(row_lower.size()); }
};

/// Rows to append to a problem, by rows.
struct row_block {
  std::vector<double> lower{};   ///< one a row
  std::vector<double> upper{};   ///< one a row
  std::vector<int> starts{0};    ///< rows + 1
  std::vector<int> columns{};    ///< of the entries
  std::vector<double> values{};  ///< of the entries
};

/// Where a column or a row rests in a basis.
enum class basis_status : std::uint8_t { basic, at_lower, at_upper, free };

/// A start for the simplex method.
struct basis {
  std::vector<basis_status> columns{};  ///< one a column
  std::vector<basis_status> rows{};     ///< one a row
  [[nodiscard]] bool empty() const noexcept { return columns.empty() && rows.empty(); }
  friend bool operator==(const basis&, const basis&) = default;
};

/// What a solve found out.
enum class outcome : std::uint8_t {
  optimal,     ///< objective, primal and dual values are there
  infeasible,  ///< no point satisfies all rows and bounds
  unbounded,   ///< no least value
  failed       ///< the solver gave up
};

/// "optimal", "infeasible", "unbounded" or "failed".
[[nodiscard]] std::string_view name_of(outcome what) noexcept;

/// Whether the next solve continues this one after changes of bounds alone, which spares its factorisation.
enum class keep : bool { nothing, factorization };

/// Names for messages and dumps; empty: the solver's own.
struct problem_names {
  std::vector<std::string> columns{};  ///< one a column
  std::vector<std::string> rows{};     ///< one a row
};

}  // namespace twill::sddp::solver
