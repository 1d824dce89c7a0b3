// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "solver/concept.hpp"

#include <memory>

namespace twill::sddp::solver {

/// CLP behind the concept; the one translation unit that sees its headers is clp.cpp.
class clp {
 public:
  clp();
  clp(clp&&) noexcept;
  clp& operator=(clp&&) noexcept;
  ~clp();

  /// Replaces problem, basis and everything that was learned. The start is the all-slack basis.
  void load(const problem& p);
  /// Appends rows, basic in the current basis.
  void add_rows(const row_block& rows);
  void set_column_bounds(int column, double lower, double upper);
  void set_row_bounds(int row, double lower, double upper);
  void set_objective(int column, double cost);
  /// Requires: as many statuses as columns and rows.
  void set_basis(const basis& start);
  void get_basis(basis& out) const;
  /// Forgets everything but problem, bounds and basis.
  void reset();
  /// The dual simplex method from the current basis.
  outcome solve(keep what);
  /// Step `level` of the ladder; settings are as before afterwards.
  outcome retry(int level);
  [[nodiscard]] static int retries() noexcept;
  [[nodiscard]] static std::string_view retry_name(int level) noexcept;

  [[nodiscard]] double objective() const;
  [[nodiscard]] std::span<const double> primal() const;
  [[nodiscard]] std::span<const double> row_activity() const;
  [[nodiscard]] std::span<const double> duals() const;
  [[nodiscard]] std::span<const double> reduced_costs() const;
  /// Simplex iterations of the last solve or retry.
  [[nodiscard]] std::int64_t iterations() const noexcept { return iterations_; }
  /// One number a row, of which those that are not zero prove the infeasibility together with the bounds of
  /// the columns; empty where the solver has none.
  [[nodiscard]] std::vector<double> farkas_ray() const;
  [[nodiscard]] int num_rows() const;
  [[nodiscard]] int num_columns() const;
  /// Throws: error(errc::cannot_write).
  void write_mps(const std::string& path, const problem_names& names) const;
  [[nodiscard]] static std::string name_and_version();

 private:
  struct model;
  outcome finished(int before);
  void defaults();
  void end_chain();
  std::unique_ptr<model> model_;
  std::int64_t iterations_ = 0;
  bool chained_ = false;  // the work areas of the last solve are alive and still fit
};

static_assert(lp_solver<clp>);

}  // namespace twill::sddp::solver
