// SPDX-License-Identifier: Apache-2.0
#include "train/stage_solver.hpp"

#include "solver/infeasibility.hpp"
#include "twill/sddp/case.hpp"

#include <fmt/core.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace twill::sddp::train {

namespace {

class stopwatch {
 public:
  explicit stopwatch(std::chrono::nanoseconds& sum) : sum_(sum) {}
  stopwatch(const stopwatch&) = delete;
  stopwatch& operator=(const stopwatch&) = delete;
  ~stopwatch() { sum_ += std::chrono::steady_clock::now() - start_; }

 private:
  std::chrono::nanoseconds& sum_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Takes the bounds that a solver would get, to build the program that failed.
struct problem_editor {
  solver::problem& p;
  void set_row_bounds(int i, double lower, double upper) const {
    p.row_lower[static_cast<std::size_t>(i)] = lower;
    p.row_upper[static_cast<std::size_t>(i)] = upper;
  }
  void set_column_bounds(int j, double lower, double upper) const {
    p.column_lower[static_cast<std::size_t>(j)] = lower;
    p.column_upper[static_cast<std::size_t>(j)] = upper;
  }
};

}  // namespace

stage_solver::stage_solver(const system& s, const solver::ladder_limits& limits, std::string dump_directory)
    : system_(s), limits_(limits), dump_directory_(std::move(dump_directory)) {
  real_.reserve(s);
  x_.resize(s.state_size());
  by_lag_.resize(lag_count());
}

void stage_solver::load(const shared_stage& at) {
  const stopwatch watch(in_solver);
  if (loaded_ == &at && loaded_version_ == at.baked.version) {
    solver_.reset();
    return;
  }
  solver_.load(at.baked.program);
  loaded_ = &at;
  loaded_version_ = at.baked.version;
}

void stage_solver::begin(const shared_stage& at, std::span<const double> x, const stored_basis& start) {
  at_ = &at;
  load(at);
  const std::size_t static_rows = at.problem.program.row_lower.size();
  if (start.statuses.empty()) {
    slack_basis(at.baked.program, basis_);
    solver_.set_basis(basis_);
  } else if (start.cuts == at.baked.cuts) {
    solver_.set_basis(start.statuses);
  } else {
    carry_over(start, static_rows, *at.baked.cuts, basis_);
    solver_.set_basis(basis_);
  }
  std::copy(x.begin(), x.end(), x_.begin());
  const std::size_t hydros = system_.hydros.size();
  lp::fix_storage(solver_, at.problem, x.first(hydros));
  if (lag_count() == 0) return;
  // The incoming lags are known for all openings: outgoing lag l + 1 of a cut is incoming lag l.
  const std::vector<std::uint32_t>& cuts = *at.baked.cuts;
  cut_constant_.resize(cuts.size());
  for (std::size_t c = 0; c < cuts.size(); ++c) {
    const std::span<const double> slope = at.pool->coefficients(cuts[c]);
    double sum = at.pool->intercept(cuts[c]);
    for (std::size_t i = 2 * hydros; i < slope.size(); ++i) sum += slope[i] * x[i - hydros];
    cut_constant_[c] = sum;
  }
}

void stage_solver::solve(std::span<const double> noise, solver::keep what, const solve_place& place) {
  const lp::stage_problem& p = at_->problem;
  const std::size_t hydros = system_.hydros.size();
  lp::realize(system_, p.stage, std::span(x_).subspan(hydros), noise, real_);
  negative_inflows += real_.negative;
  lp::apply(solver_, system_, p, real_);
  if (lag_count() > 0) {
    const std::vector<std::uint32_t>& cuts = *at_->baked.cuts;
    const int first = p.program.num_rows();
    for (std::size_t c = 0; c < cuts.size(); ++c) {
      const std::span<const double> slope = at_->pool->coefficients(cuts[c]).subspan(hydros, hydros);
      double sum = cut_constant_[c];
      for (std::size_t h = 0; h < hydros; ++h) sum += slope[h] * real_.inflow_m3s[h];
      solver_.set_row_bounds(first + static_cast<int>(c), sum / scale(), solver::infinity);
    }
  }
  solver::outcome found{};
  {
    const stopwatch watch(in_solver);
    found = solver::solve_with_retries(solver_, what, limits_, counters);
  }
  if (found != solver::outcome::optimal) fail(found, place);
}

double stage_solver::future_cost() const {
  const int theta = at_->problem.where.theta;
  return theta < 0 ? 0.0 : solver_.primal()[static_cast<std::size_t>(theta)] * scale();
}

double stage_solver::immediate_cost() const { return objective() - at_->problem.discount * future_cost(); }

void stage_solver::outgoing(std::span<double> x) const {
  const std::size_t hydros = system_.hydros.size();
  const std::span<const double> primal = solver_.primal();
  for (std::size_t h = 0; h < hydros; ++h) {
    // The solver keeps bounds to its tolerance; the next stage takes the state as it is.
    const auto j = static_cast<std::size_t>(at_->problem.where.storage[h]);
    x[h] = std::clamp(primal[j], at_->problem.program.column_lower[j], at_->problem.program.column_upper[j]);
  }
  lp::shift_lags(std::span(x_).subspan(hydros), real_.inflow_m3s, x.subspan(hydros));
}

void stage_solver::slopes(std::span<double> out) {
  const lp::stage_problem& p = at_->problem;
  const std::size_t hydros = system_.hydros.size();
  const std::span<const double> duals = solver_.duals();
  const std::span<const double> reduced = solver_.reduced_costs();
  for (std::size_t h = 0; h < hydros; ++h) {
    out[h] = scale() * (p.where.fixing_row.empty() ? reduced[static_cast<std::size_t>(p.where.incoming[h])]
                                                   : duals[static_cast<std::size_t>(p.where.fixing_row[h])]);
  }
  const std::size_t depth = system_.inflows.lags;
  if (depth == 0) return;
  std::fill(by_lag_.begin(), by_lag_.end(), 0.0);
  const std::vector<std::uint32_t>& cuts = *at_->baked.cuts;
  const auto first = static_cast<std::size_t>(p.program.num_rows());
  for (std::size_t c = 0; c < cuts.size(); ++c) {
    const double dual = duals[first + c];
    if (dual == 0.0) continue;
    const std::span<const double> slope = at_->pool->coefficients(cuts[c]).subspan(hydros);
    for (std::size_t i = 0; i < by_lag_.size(); ++i) by_lag_[i] += dual * slope[i];
  }
  // An incoming lag moves the inflow, which moves the water balance and the newest outgoing lag, and becomes
  // the next older outgoing lag.
  for (std::size_t h = 0; h < hydros; ++h) {
    const std::span<const double> psi =
        system_.inflows.psi_of(p.stage, hydro_index(static_cast<std::uint32_t>(h)));
    const double water = scale() * duals[static_cast<std::size_t>(p.where.water_row[h])];
    const double by_inflow = p.water_per_flow * water + by_lag_[h];
    for (std::size_t l = 0; l < depth; ++l) {
      double slope = psi[l] * by_inflow;
      if (l + 1 < depth) slope += by_lag_[(l + 1) * hydros + h];
      out[(l + 1) * hydros + h] = slope;
    }
  }
}

void stage_solver::count_active(double tolerance, std::span<std::uint32_t> counts) const {
  const auto first = static_cast<std::size_t>(at_->problem.program.num_rows());
  const std::span<const double> duals = solver_.duals();
  const std::vector<std::uint32_t>& cuts = *at_->baked.cuts;
  for (std::size_t c = 0; c < cuts.size(); ++c) {
    if (duals[first + c] > tolerance) ++counts[cuts[c]];
  }
}

void stage_solver::store(stored_basis& out) const {
  solver_.get_basis(out.statuses);
  out.cuts = at_->baked.cuts;
}

void stage_solver::fail(solver::outcome found, const solve_place& place) {
  const lp::stage_problem& p = at_->problem;
  solver::problem failed = at_->baked.program;
  const problem_editor editor{failed};
  lp::fix_storage(editor, p, std::span<const double>(x_).first(system_.hydros.size()));
  lp::apply(editor, system_, p, real_);
  const solver::problem_names names = lp::names_of(p, *at_->baked.cuts);

  std::string where =
      fmt::format("stage {} (position {}), {}", system_.stages[p.stage].id.value(), p.stage, place.phase);
  if (place.iteration > 0) where += fmt::format(" of iteration {}", place.iteration);
  where += fmt::format(", trajectory {}", place.pass);
  where += place.opening >= 0 ? fmt::format(", opening {}", place.opening) : std::string(", sampled noise");

  std::string rows;
  sddp::errc code = sddp::errc::solver_failed;
  std::string what = "the linear program of a stage was not solved by any step of the ladder";
  if (found == solver::outcome::infeasible) {
    code = sddp::errc::infeasible;
    what = "a stage has no feasible dispatch";
    backend fresh;
    const auto first = static_cast<std::size_t>(p.program.num_rows());
    for (const int row : solver::conflicting_rows(fresh, failed)) {
      const auto i = static_cast<std::size_t>(row);
      if (!rows.empty()) rows += "; ";
      rows += i < first ? lp::describe(system_, p.row_labels[i]) : names.rows[i];
    }
  } else if (found == solver::outcome::unbounded) {
    code = sddp::errc::unbounded;
    what = "a stage has no least cost";
  }
  std::string hint;
  if (!dump_directory_.empty()) {
    const std::string path =
        fmt::format("{}/stage_{:03}_it{}_pass{}.mps", dump_directory_, p.stage, place.iteration, place.pass);
    std::error_code ignored;  // the writer says what cannot be written
    std::filesystem::create_directories(dump_directory_, ignored);
    backend writer;
    writer.load(failed);
    writer.write_mps(path, names);
    hint = "the linear program is in " + path;
  }
  if (!rows.empty()) what += "; these rows contradict each other: " + rows;
  throw error(sddp::make_error_code(code), {.what = what + " (" + where + ")", .hint = hint});
}

}  // namespace twill::sddp::train
