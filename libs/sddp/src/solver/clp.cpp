// SPDX-License-Identifier: Apache-2.0
#include "solver/clp.hpp"

#include "twill/base/error.hpp"

#include <coin/ClpConfig.h>
#include <coin/ClpDualRowSteepest.hpp>
#include <coin/ClpFactorization.hpp>
#include <coin/ClpPrimalColumnSteepest.hpp>
#include <coin/ClpSimplex.hpp>
#include <coin/ClpSolve.hpp>
#include <coin/CoinError.hpp>
#include <coin/CoinPackedMatrix.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace twill::sddp::solver {

std::string_view name_of(outcome what) noexcept {
  switch (what) {
    case outcome::optimal: return "optimal";
    case outcome::infeasible: return "infeasible";
    case outcome::unbounded: return "unbounded";
    case outcome::failed: return "failed";
  }
  return "failed";
}

namespace {

// Bits of dual()'s start and finish options.
constexpr int keep_at_end = 1;
constexpr int use_kept = 2 + 4;

// Any constant will do: what matters is that every unit of work starts from the same one.
constexpr int random_seed = 1234567;

constexpr double finite(double bound) {
  return bound == infinity ? COIN_DBL_MAX : bound == -infinity ? -COIN_DBL_MAX : bound;
}

constexpr ClpSimplex::Status to_clp(basis_status s) {
  switch (s) {
    case basis_status::basic: return ClpSimplex::basic;
    case basis_status::at_lower: return ClpSimplex::atLowerBound;
    case basis_status::at_upper: return ClpSimplex::atUpperBound;
    case basis_status::free: return ClpSimplex::isFree;
  }
  return ClpSimplex::isFree;
}

constexpr basis_status from_clp(ClpSimplex::Status s) {
  switch (s) {
    case ClpSimplex::basic: return basis_status::basic;
    case ClpSimplex::atUpperBound: return basis_status::at_upper;
    case ClpSimplex::atLowerBound:
    case ClpSimplex::isFixed: return basis_status::at_lower;
    default: return basis_status::free;
  }
}

constexpr std::array<std::string_view, 7> ladder{"primal from the current point",
                                                 "all-slack basis, dual then primal",
                                                 "perturbation and a tighter pivot tolerance",
                                                 "scaling",
                                                 "tolerances of 1e-6",
                                                 "presolve",
                                                 "barrier with crossover"};

// CLP takes its work areas anew with every solve and frees them after it. glibc would give what lies at the
// top of the heap back to the system, from 128 kB on, and get it again page by page: a third of the time of a
// small program. The release of a block of its own makes glibc keep twice as much, and serve blocks up to its
// size from the heap; settings of the user (MALLOC_TRIM_THRESHOLD_ and its kind) stay as they are.
bool keep_freed_memory() {
  constexpr std::size_t size = std::size_t{16} << 20U;
  void* volatile block = std::malloc(size);  // volatile: an unused pair of calls could be left out
  std::free(block);
  return true;
}

}  // namespace

struct clp::model {
  ClpSimplex simplex{};
};

clp::clp() : model_(std::make_unique<model>()) {
  [[maybe_unused]] static const bool once = keep_freed_memory();
  model_->simplex.setLogLevel(0);
}
clp::clp(clp&&) noexcept = default;
clp& clp::operator=(clp&&) noexcept = default;
clp::~clp() = default;

void clp::load(const problem& p) {
  end_chain();
  ClpSimplex& s = model_->simplex;
  s.loadProblem(p.num_columns(), p.num_rows(), p.starts.data(), p.rows.data(), p.values.data(),
                p.column_lower.data(), p.column_upper.data(), p.objective.data(), p.row_lower.data(),
                p.row_upper.data());
  s.allSlackBasis(true);
  reset();
}

void clp::add_rows(const row_block& rows) {
  end_chain();
  model_->simplex.addRows(static_cast<int>(rows.lower.size()), rows.lower.data(), rows.upper.data(),
                          rows.starts.data(), rows.columns.data(), rows.values.data());
}

// The members of ClpSimplex, unlike writing through the arrays of ClpModel, also change the work areas that a
// chain keeps.
void clp::set_column_bounds(int column, double lower, double upper) {
  model_->simplex.setColumnBounds(column, finite(lower), finite(upper));
}
void clp::set_row_bounds(int row, double lower, double upper) {
  model_->simplex.setRowBounds(row, finite(lower), finite(upper));
}
void clp::set_objective(int column, double cost) {
  end_chain();
  model_->simplex.setObjectiveCoefficient(column, cost);
}

void clp::set_basis(const basis& start) {
  end_chain();
  ClpSimplex& s = model_->simplex;
  for (std::size_t j = 0; j < start.columns.size(); ++j) {
    s.setColumnStatus(static_cast<int>(j), to_clp(start.columns[j]));
  }
  for (std::size_t i = 0; i < start.rows.size(); ++i) {
    s.setRowStatus(static_cast<int>(i), to_clp(start.rows[i]));
  }
}

void clp::get_basis(basis& out) const {
  const ClpSimplex& s = model_->simplex;
  out.columns.resize(static_cast<std::size_t>(s.numberColumns()));
  out.rows.resize(static_cast<std::size_t>(s.numberRows()));
  for (std::size_t j = 0; j < out.columns.size(); ++j) {
    out.columns[j] = from_clp(s.getColumnStatus(static_cast<int>(j)));
  }
  for (std::size_t i = 0; i < out.rows.size(); ++i) {
    out.rows[i] = from_clp(s.getRowStatus(static_cast<int>(i)));
  }
}

void clp::end_chain() {
  if (!chained_) return;
  chained_ = false;
  // With work areas alive a fresh start would trust parts of them.
  model_->simplex.finish();
  model_->simplex.setWhatsChanged(0);
}

void clp::defaults() {
  ClpSimplex& s = model_->simplex;
  s.setPerturbation(100);
  s.scaling(0);
  s.setPrimalTolerance(1e-7);
  s.setDualTolerance(1e-7);
  s.setDualBound(1e10);
  s.setInfeasibilityCost(1e10);
  s.setMaximumIterations(std::max(100000, 50 * s.numberColumns()));
  s.setNumberRefinements(0);
  s.setSpecialOptions(0);
  s.setMoreSpecialOptions(2);
  s.factorization()->pivotTolerance(0.1);
  s.factorization()->zeroTolerance(1e-13);
  s.factorization()->maximumPivots(200);
  s.setFactorizationFrequency(200);
}

void clp::reset() {
  end_chain();
  ClpSimplex& s = model_->simplex;
  defaults();
  // The generator outlives loadProblem, and the weights of steepest-edge pricing outlive their basis: either
  // would make a result depend on what was solved before.
  s.setRandomSeed(random_seed);
  ClpDualRowSteepest fresh;
  s.setDualRowPivotAlgorithm(fresh);
  s.setProblemStatus(-1);
  s.setSecondaryStatus(0);
  s.deleteRay();
  s.setWhatsChanged(0);
  // Values of the point are read by the first pass where a column is superbasic or free.
  std::fill_n(s.primalColumnSolution(), s.numberColumns(), 0.0);
  std::fill_n(s.primalRowSolution(), s.numberRows(), 0.0);
  std::fill_n(s.dualColumnSolution(), s.numberColumns(), 0.0);
  std::fill_n(s.dualRowSolution(), s.numberRows(), 0.0);
}

outcome clp::finished(int before) {
  const ClpSimplex& s = model_->simplex;
  iterations_ = s.numberIterations() - before;
  if (iterations_ < 0) iterations_ = s.numberIterations();
  switch (s.status()) {
    case 0: return outcome::optimal;
    case 1: return outcome::infeasible;
    case 2: return outcome::unbounded;
    default: return outcome::failed;
  }
}

outcome clp::solve(keep what) {
  ClpSimplex& s = model_->simplex;
  const bool again = what == keep::factorization;
  s.setNumberIterations(0);
  s.dual(0, (chained_ ? use_kept : 0) + (again ? keep_at_end : 0));
  chained_ = again && s.status() == 0;
  if (again && !chained_) {
    chained_ = true;
    end_chain();
  }
  return finished(0);
}

int clp::retries() noexcept { return static_cast<int>(ladder.size()); }
std::string_view clp::retry_name(int level) noexcept { return ladder[static_cast<std::size_t>(level)]; }

outcome clp::retry(int level) {
  end_chain();
  ClpSimplex& s = model_->simplex;
  s.setNumberIterations(0);
  switch (level) {
    case 0: s.primal(); break;
    case 1:
      s.allSlackBasis(true);
      s.dual();
      if (s.status() != 0) s.primal();
      break;
    case 2:
      s.allSlackBasis(true);
      s.setPerturbation(50);
      s.factorization()->pivotTolerance(0.5);
      s.setFactorizationFrequency(50);
      s.dual();
      if (s.status() != 0) s.primal();
      break;
    case 3:
      s.allSlackBasis(true);
      s.scaling(1);
      s.dual();
      if (s.status() != 0) s.primal();
      break;
    case 4:
      s.allSlackBasis(true);
      s.setPrimalTolerance(1e-6);
      s.setDualTolerance(1e-6);
      s.dual();
      if (s.status() != 0) s.primal();
      break;
    case 5: {
      ClpSolve how;
      how.setSolveType(ClpSolve::useDual);
      how.setPresolveType(ClpSolve::presolveOn);
      s.initialSolve(how);
      break;
    }
    default: {
      ClpSolve how;
      how.setSolveType(ClpSolve::useBarrier);
      how.setPresolveType(ClpSolve::presolveOff);
      s.initialSolve(how);
      break;
    }
  }
  const outcome found = finished(0);
  defaults();
  s.setRandomSeed(random_seed);
  ClpDualRowSteepest fresh;
  s.setDualRowPivotAlgorithm(fresh);
  return found;
}

double clp::objective() const { return model_->simplex.objectiveValue(); }
std::span<const double> clp::primal() const {
  return {model_->simplex.primalColumnSolution(), static_cast<std::size_t>(num_columns())};
}
std::span<const double> clp::row_activity() const {
  return {model_->simplex.primalRowSolution(), static_cast<std::size_t>(num_rows())};
}
std::span<const double> clp::duals() const {
  return {model_->simplex.dualRowSolution(), static_cast<std::size_t>(num_rows())};
}
std::span<const double> clp::reduced_costs() const {
  return {model_->simplex.dualColumnSolution(), static_cast<std::size_t>(num_columns())};
}
int clp::num_rows() const { return model_->simplex.numberRows(); }
int clp::num_columns() const { return model_->simplex.numberColumns(); }

std::vector<double> clp::farkas_ray() const {
  const std::unique_ptr<double[]> ray(model_->simplex.infeasibilityRay());
  if (!ray) return {};
  return {ray.get(), ray.get() + num_rows()};
}

void clp::write_mps(const std::string& path, const problem_names& names) const {
  ClpSimplex copy(model_->simplex);
  if (!names.rows.empty() && !names.columns.empty()) copy.copyNames(names.rows, names.columns);
  // Format 1: enough digits that every number reads back as it is.
  bool written = false;
  std::string reason;
  try {
    written = copy.writeMps(path.c_str(), 1, 1) == 0;
  } catch (const CoinError& e) {
    reason = ": " + e.message();
  }
  if (!written) {
    throw error(twill::errc::cannot_write, {.what = "the linear program could not be written" + reason,
                                            .where = location{.file = path}});
  }
}

std::string clp::name_and_version() { return "CLP " CLP_VERSION; }

}  // namespace twill::sddp::solver
