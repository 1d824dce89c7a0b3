// SPDX-License-Identifier: Apache-2.0
#include "train/engine.hpp"

#include "lp/stage_problem.hpp"
#include "policy/risk.hpp"
#include "policy/selection.hpp"
#include "twill/base/error.hpp"
#include "twill/base/philox.hpp"
#include "twill/hybrid/loop.hpp"
#include "twill/hybrid/stop.hpp"
#include "twill/sddp/case.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

namespace twill::sddp {

namespace {

using train::for_units;
using clock = std::chrono::steady_clock;

double seconds_since(clock::time_point start) {
  return std::chrono::duration<double>(clock::now() - start).count();
}

par::pool_options pool_options_of(const optimizer_options& o, const study_settings& s) {
  par::pool_options out;
  if (o.threads) {
    out.num_threads = *o.threads;
  } else if (s.threads) {
    out.num_threads = *s.threads;
  }
  return out;
}

solver::ladder_limits limits_of(const solver_settings& s) {
  solver::ladder_limits limits;
  if (s.retry_max_attempts) limits.steps = static_cast<int>(*s.retry_max_attempts);
  if (s.retry_time_budget_s) limits.seconds = *s.retry_time_budget_s;
  return limits;
}

// The iterations that no rule can exceed. Where all rules must fire, the limit alone ends nothing.
std::uint64_t most_iterations(const training_settings& t, const std::optional<std::uint32_t>& limit) {
  std::uint64_t most = limit.value_or(std::numeric_limits<std::uint32_t>::max());
  for (const stopping_rule& rule : t.stopping_rules) {
    const auto* const own = std::get_if<iteration_limit>(&rule);
    if (own != nullptr && (t.mode == stopping_mode::any || t.stopping_rules.size() == 1)) {
      most = std::min<std::uint64_t>(most, own->limit);
    }
  }
  return most;
}

// Cuts of a stage for which room is made at the start. Pools of many stages that grow in turn leave holes
// that nobody fills; room that is not used yet is not touched and takes no memory.
std::size_t expected_cuts(std::uint64_t iterations, std::size_t passes, std::size_t width,
                          std::size_t stages) {
  // At most 256 MB of addresses; what is beyond grows by doubling.
  const std::size_t most = std::size_t{256'000'000} / ((3 * width + 16) * sizeof(double) * stages);
  return iterations < most / passes ? static_cast<std::size_t>(iterations) * passes : most;
}

}  // namespace

optimizer::engine::engine(const system& s, const study_settings& settings, optimizer_options options)
    : system_(s),
      settings_(settings),
      options_(std::move(options)),
      tree_(make_opening_tree(s, settings.training.tree_seed)),
      correlate_(s),
      // Permutations and direction numbers only where noise is drawn anew.
      fresh_(s, leaves_tree(settings.training.scenarios) || leaves_tree(settings.simulation.source)
                    ? tree_.dimension
                    : 0),
      pool_(pool_options_of(options_, settings_)),
      width_(s.state_size()),
      passes_(std::max<std::uint32_t>(1, settings.training.forward_passes)) {
  if (settings_.solver.backend != "clp") {
    throw error(
        sddp::make_error_code(sddp::errc::unsupported),
        {.what = "no such solver in this build", .found = settings_.solver.backend, .expected = "clp"});
  }
  const std::size_t n = s.stages.size();
  lp::form form{.cost_scale = settings_.solver.cost_scale, .fixing = settings_.solver.fixing};
  if (form.cost_scale == 0.0) form.cost_scale = lp::automatic_cost_scale(s);
  const std::vector<double> floors = lp::future_cost_floors(s);
  policy_.stages.assign(n, cut_pool(width_));
  const std::size_t expected =
      expected_cuts(most_iterations(settings_.training, options_.max_iterations), passes_, width_, n);
  stages_.resize(n);
  double discount = 1.0;
  std::size_t most_openings = 1;
  for (std::size_t t = 0; t < n; ++t) {
    stages_[t].problem = lp::build_stage(s, t, form, floors[t]);
    stages_[t].pool = &policy_.stages[t];
    if (t + 1 < n) {
      policy_.stages[t].reserve_more(expected);
      train::reserve(stages_[t].problem, expected, s.hydros.size(), stages_[t].baked);
    }
    train::bake(stages_[t].problem, policy_.stages[t], s.hydros.size(), stages_[t].baked);
    present_value_.push_back(discount);
    discount *= s.stages[t].discount;
    // The measure of the last stage weighs nothing.
    if (t + 1 < n || n == 1) risk_neutral_ = risk_neutral_ && s.stages[t].risk.is_expectation();
    most_openings = std::max(most_openings, openings(t));
  }
  for (std::size_t i = 0; i < pool_.current_num_threads(); ++i) {
    workers_.push_back(std::make_unique<worker>(s, limits_of(settings_.solver), options_.dump_directory));
    workers_.back()->noise.resize(tree_.dimension);
  }
  states_.resize((n + 1) * passes_ * width_);
  stage_costs_.resize(passes_ * n);
  pass_costs_.resize(passes_);
  twin_.resize(passes_);
  values_.resize(passes_ * most_openings);
  weights_.resize(passes_ * most_openings);
  slopes_.resize(passes_ * most_openings * width_);
  cut_slopes_.resize(passes_ * width_);
  cut_intercepts_.resize(passes_);
  order_.resize(passes_);
  forward_basis_.resize(n * passes_);
  bound_basis_.resize(openings(0));
  probabilities_.reserve(most_openings);
}

std::size_t optimizer::engine::chunk_size(std::size_t t) const {
  const std::size_t wanted = options_.openings_per_task;
  return wanted == 0 ? openings(t) : std::min<std::size_t>(wanted, openings(t));
}

std::size_t optimizer::engine::chosen_opening(std::size_t t, const noise_key& key) const {
  if (!tree_.is_weighted(t)) return static_cast<std::size_t>(noise_below(key, openings(t)));
  const std::vector<double>& probabilities = tree_.probabilities[t];
  double left = uniform_from_bits(noise_bits(key, 0));
  std::size_t w = 0;
  // What rounding leaves over belongs to the last opening.
  while (w + 1 < probabilities.size() && left >= probabilities[w]) left -= probabilities[w++];
  return w;
}

void optimizer::engine::set_probabilities(std::size_t t) {
  if (tree_.is_weighted(t)) {
    probabilities_ = tree_.probabilities[t];
  } else {
    probabilities_.assign(openings(t), 1.0 / static_cast<double>(openings(t)));
  }
}

namespace {

bool in_tree(sampling_scheme x) noexcept { return x == sampling_scheme::in_sample; }

}  // namespace

bool optimizer::engine::leaves_tree(const scenario_source& from) const noexcept {
  return !in_tree(from.inflow) || (!system_.noise.loads.empty() && !in_tree(from.load)) ||
         (!system_.noise.sources.empty() && !in_tree(from.sources));
}

void optimizer::engine::prepare_noise(const draws& d, std::size_t trajectories) {
  if (!leaves_tree(*d.source)) return;
  fresh_.begin({.seed = static_cast<std::uint64_t>(d.source->seed), .iteration = d.iteration}, d.phase,
               trajectories);
  for_units(0, stages_.size(), [&](std::size_t t) { fresh_.prepare(t); });
}

std::span<const double> optimizer::engine::noise_of(const draws& d, std::size_t m, std::size_t t,
                                                    worker& w) const {
  const scenario_source& from = *d.source;
  const noise_key key{.seed = d.tree_seed,
                      .purpose = static_cast<std::uint32_t>(d.choice) + d.phase,
                      .iteration = d.iteration,
                      .scenario = static_cast<std::uint32_t>(m),
                      .stage = static_cast<std::uint32_t>(system_.stages[t].id.value())};
  const std::span<const double> opening = tree_.opening(t, chosen_opening(t, key));
  if (!leaves_tree(from)) return opening;
  const std::size_t hydros = system_.hydros.size();
  const std::size_t loads = system_.noise.loads.size();
  fresh_.fill(t, m, w.noise);
  correlate_.apply(t, w.noise);
  const auto take = [&](std::size_t first, std::size_t last) {
    std::copy(opening.begin() + static_cast<std::ptrdiff_t>(first),
              opening.begin() + static_cast<std::ptrdiff_t>(last),
              w.noise.begin() + static_cast<std::ptrdiff_t>(first));
  };
  if (in_tree(from.inflow)) take(0, hydros);
  if (in_tree(from.load)) take(hydros, hydros + loads);
  if (in_tree(from.sources)) take(hydros + loads, w.noise.size());
  return w.noise;
}

void optimizer::engine::forward(std::uint32_t iteration) {
  const std::size_t n = stages_.size();
  const draws d{.iteration = iteration - 1,
                .source = &settings_.training.scenarios,
                .tree_seed = settings_.training.tree_seed};
  prepare_noise(d, passes_);
  // A worker takes a block of trajectories through the stages together, so that it loads each program once.
  hybrid::enter_phase("forward");
  const std::size_t blocks = std::min(passes_, workers_.size());
  for_units(0, blocks, [&](std::size_t b) {
    worker& w = here();
    const clock::time_point start = clock::now();
    for (std::size_t t = 0; t < n; ++t) {
      for (std::size_t m = b * passes_ / blocks; m < (b + 1) * passes_ / blocks; ++m) {
        if (t == 0) {
          std::copy(system_.initial.storage_hm3.begin(), system_.initial.storage_hm3.end(), state(0, m));
          std::copy(system_.initial.inflow_lags_m3s.begin(), system_.initial.inflow_lags_m3s.end(),
                    state(0, m) + system_.hydros.size());
        }
        train::stored_basis& basis = forward_basis_[t * passes_ + m];
        // A stage that was never solved starts where the trajectory left the stage before, if that has its
        // shape.
        const bool borrowed = basis.statuses.empty() && t > 0 &&
                              train::fits(forward_basis_[(t - 1) * passes_ + m], stages_[t].baked.program);
        w.stage.begin(stages_[t], state_span(t, m), borrowed ? forward_basis_[(t - 1) * passes_ + m] : basis);
        w.stage.solve(noise_of(d, m, t, w), solver::keep::nothing,
                      {"forward pass", iteration, static_cast<std::uint32_t>(m)});
        stage_costs_[m * n + t] = w.stage.immediate_cost();
        w.stage.outgoing({state(t + 1, m), width_});
        w.stage.store(basis);
      }
    }
    w.busy += clock::now() - start;
  });
  for (std::size_t m = 0; m < passes_; ++m) {
    double sum = 0.0;
    for (std::size_t t = 0; t < n; ++t) sum += present_value_[t] * stage_costs_[m * n + t];
    pass_costs_[m] = sum;
  }
}

// Trial points that are the same bit for bit need one set of solves.
void optimizer::engine::find_twins(std::size_t t) {
  for (std::size_t m = 0; m < passes_; ++m) {
    twin_[m] = m;
    for (std::size_t i = 0; i < m; ++i) {
      if (twin_[i] == i && std::memcmp(state(t, i), state(t, m), width_ * sizeof(double)) == 0) {
        twin_[m] = i;
        break;
      }
    }
  }
}

void optimizer::engine::solve_openings(std::uint32_t iteration, std::size_t t, std::size_t m,
                                       std::size_t chunk) {
  worker& w = here();
  const clock::time_point start = clock::now();
  const std::size_t count = openings(t);
  const std::size_t first = chunk * chunk_size(t);
  const std::size_t last = std::min(count, first + chunk_size(t));
  w.uses.resize(std::max(w.uses.size(), policy_.stages[t].size()));
  w.stage.begin(stages_[t], state_span(t, m), forward_basis_[t * passes_ + m]);
  for (std::size_t o = first; o < last; ++o) {
    w.stage.solve(tree_.opening(t, o), o + 1 < last ? solver::keep::factorization : solver::keep::nothing,
                  {"backward pass", iteration, static_cast<std::uint32_t>(m), static_cast<std::int64_t>(o)});
    values_[m * count + o] = w.stage.objective();
    w.stage.slopes({slopes_.data() + (m * count + o) * width_, width_});
    w.stage.count_active(settings_.training.selection.activity_tolerance, w.uses);
  }
  w.busy += clock::now() - start;
}

// The cut of trial point m for the stage before t.
void optimizer::engine::make_cut(std::size_t t, std::size_t m) {
  const std::size_t count = openings(t);
  const std::span<const double> costs(values_.data() + m * count, count);
  const std::span<double> weights(weights_.data() + m * count, count);
  risk_weights(system_.stages[t - 1].risk, costs, probabilities_, weights, order_[m]);
  const std::span<double> slope(cut_slopes_.data() + m * width_, width_);
  std::fill(slope.begin(), slope.end(), 0.0);
  double value = 0.0;
  for (std::size_t o = 0; o < count; ++o) {
    value += weights[o] * costs[o];
    const double* const from = slopes_.data() + (m * count + o) * width_;
    for (std::size_t i = 0; i < width_; ++i) slope[i] += weights[o] * from[i];
  }
  const double* const x = state(t, m);
  for (std::size_t i = 0; i < width_; ++i) value -= slope[i] * x[i];
  cut_intercepts_[m] = value;
}

void optimizer::engine::count_uses(std::uint32_t iteration, std::size_t t) {
  cut_pool& pool = policy_.stages[t];
  for (std::size_t slot = 0; slot < pool.size(); ++slot) {
    std::uint64_t uses = 0;
    for (const std::unique_ptr<worker>& w : workers_) {
      if (slot < w->uses.size()) {
        uses += w->uses[slot];
        w->uses[slot] = 0;
      }
    }
    pool.count_uses(slot, uses, iteration);
  }
}

void optimizer::engine::backward(std::uint32_t iteration) {
  for (std::size_t t = stages_.size(); t-- > 1;) {
    hybrid::enter_phase("backward", static_cast<std::int64_t>(t));
    const std::size_t count = openings(t);
    const std::size_t chunks = (count + chunk_size(t) - 1) / chunk_size(t);
    set_probabilities(t);
    find_twins(t);
    for_units(0, passes_ * chunks, [&](std::size_t u) {
      if (twin_[u / chunks] == u / chunks) solve_openings(iteration, t, u / chunks, u % chunks);
    });
    for_units(0, passes_, [&](std::size_t m) {
      if (twin_[m] == m) make_cut(t, m);
    });
    cut_pool& pool = policy_.stages[t - 1];
    pool.reserve_more(passes_);
    for (std::size_t m = 0; m < passes_; ++m) {
      const std::size_t from = twin_[m];
      const std::uint32_t slot = pool.add(iteration, static_cast<std::uint32_t>(m), cut_intercepts_[from],
                                          {cut_slopes_.data() + from * width_, width_}, state_span(t, m));
      // The same cut twice would make every basis degenerate and every program longer.
      if (from != m || pool.repeats(slot)) pool.set_active(slot, false);
    }
    count_uses(iteration, t);
    train::bake(stages_[t - 1].problem, pool, system_.hydros.size(), stages_[t - 1].baked);
  }
}

double optimizer::engine::lower_bound(std::uint32_t iteration) {
  hybrid::enter_phase("lower bound", 0);
  const std::size_t count = openings(0);
  const std::size_t chunk = chunk_size(0);
  const std::size_t chunks = (count + chunk - 1) / chunk;
  for_units(0, chunks, [&](std::size_t c) {
    worker& w = here();
    const clock::time_point start = clock::now();
    w.stage.begin(stages_[0], state_span(0, 0), bound_basis_[c]);
    for (std::size_t o = c * chunk; o < std::min(count, (c + 1) * chunk); ++o) {
      const bool last = o + 1 == std::min(count, (c + 1) * chunk);
      w.stage.solve(tree_.opening(0, o), last ? solver::keep::nothing : solver::keep::factorization,
                    {"lower bound", iteration, 0, static_cast<std::int64_t>(o)});
      values_[o] = w.stage.objective();
      if (o == c * chunk) w.stage.store(bound_basis_[c]);
    }
    w.busy += clock::now() - start;
  });
  set_probabilities(0);
  const std::span<const double> costs(values_.data(), count);
  const std::span<double> weights(weights_.data(), count);
  risk_weights(system_.stages[0].risk, costs, probabilities_, weights, order_[0]);
  return risk_value(costs, weights);
}

void optimizer::engine::select(std::uint32_t iteration, iteration_record& record) {
  // Every stage but the first has its cuts counted by the backward pass.
  for (std::size_t t = 1; t + 1 < stages_.size(); ++t) {
    const selection_result done = select_cuts(policy_.stages[t], settings_.training.selection, iteration);
    if (done.laid_aside + done.evicted == 0) continue;
    record.cuts_removed += done.laid_aside + done.evicted;
    train::bake(stages_[t].problem, policy_.stages[t], system_.hydros.size(), stages_[t].baked);
  }
}

void optimizer::engine::iterate(std::uint32_t iteration, iteration_record& record) {
  const clock::time_point start = clock::now();
  record.iteration = iteration;
  record.forward_passes = static_cast<std::uint32_t>(passes_);
  forward(iteration);
  record.forward_s = seconds_since(start);
  const train::mean_and_spread costs = train::spread_of(pass_costs_);
  record.upper_bound_mean = costs.mean;
  record.upper_bound_std = costs.std;
  record.ci_half_width = costs.half_width;
  record.forward_min = *std::min_element(pass_costs_.begin(), pass_costs_.end());
  record.forward_max = *std::max_element(pass_costs_.begin(), pass_costs_.end());
  const clock::time_point back = clock::now();
  backward(iteration);
  record.backward_s = seconds_since(back);
  record.lower_bound_raw = lower_bound(iteration);
  // Each pool is a lower bound of the true future, whatever cuts were laid aside: so is the greatest so far.
  best_bound_ = iteration == 1 ? record.lower_bound_raw : std::max(best_bound_, record.lower_bound_raw);
  record.lower_bound = best_bound_;
  if (risk_neutral_) {
    record.gap_percent = 100.0 * (record.upper_bound_mean - record.lower_bound) /
                         std::max(1.0, std::abs(record.upper_bound_mean));
  }
  select(iteration, record);
  record.cuts_added = passes_ * (stages_.size() - 1);
  for (const cut_pool& pool : policy_.stages) record.cuts_active += pool.active();
  record.total_s = seconds_since(start);
}

void optimizer::engine::add_counters(iteration_record& record, training_result& result) {
  solver::solve_counters sum;
  for (const std::unique_ptr<worker>& w : workers_) {
    sum += w->stage.counters;
    result.solver_seconds += std::chrono::duration<double>(w->stage.in_solver).count();
    result.worker_seconds += std::chrono::duration<double>(w->busy).count();
    result.negative_inflows += w->stage.negative_inflows;
    w->stage.counters = {};
    w->stage.in_solver = {};
    w->stage.negative_inflows = 0;
    w->busy = {};
  }
  record.lp_solves += sum.solves;
  record.simplex_iterations += sum.iterations;
  record.retries += sum.retried;
  result.lp_solves += sum.solves;
  result.lp_retries += sum.retried;
  result.simplex_iterations += sum.iterations;
  result.nondeterministic_retry = result.nondeterministic_retry || sum.out_of_time;
}

std::optional<double> optimizer::engine::simulated_distance(const simulation_stop& rule,
                                                            const train::rule_inputs& in) {
  if (!train::wants_simulation(rule, in)) return {};
  const std::size_t n = stages_.size();
  const std::vector<std::vector<std::uint32_t>> none;
  const simulation_result sim = simulate(rule.replications, none);
  std::vector<double> mean(n, 0.0);
  for (std::size_t i = 0; i < sim.scenarios; ++i) {
    for (std::size_t t = 0; t < n; ++t)
      mean[t] += sim.at(i, t).immediate / static_cast<double>(sim.scenarios);
  }
  std::optional<double> out;
  if (!last_simulated_.empty()) out = train::distance(mean, last_simulated_);
  last_simulated_ = std::move(mean);
  return out;
}

namespace {

// This process alone, as loops of ranks see it.
class one_rank final : public hybrid::collective_view {
 public:
  [[nodiscard]] int rank() const noexcept override { return 0; }
  [[nodiscard]] int size() const noexcept override { return 1; }
  void barrier() override {}
  void broadcast(std::span<std::byte>, int) override {}
  void gather_bytes(std::span<const std::byte> mine, std::span<std::byte> all,
                    std::span<const std::size_t>) override {
    std::copy(mine.begin(), mine.end(), all.begin());
  }
  void gather_numbers(std::span<const double> mine, std::span<double> all,
                      std::span<const std::size_t>) override {
    std::copy(mine.begin(), mine.end(), all.begin());
  }
};

}  // namespace

training_result optimizer::engine::train() {
  training_result result;
  best_bound_ = -std::numeric_limits<double>::infinity();
  const clock::time_point start = clock::now();
  double earlier_s = 0.0;
  std::optional<stop_reason> reason;
  one_rank alone;
  hybrid::loop_options how{
      .checkpoints = {.folder = options_.checkpoints.folder, .identity = identity()},
      .mode = options_.checkpoints.resume ? hybrid::start_mode::resume : hybrid::start_mode::fresh,
      .iterations = most_iterations(settings_.training, options_.max_iterations),
      .every = options_.checkpoints.every};
  const hybrid::loop_body body{
      .iterate =
          [&](std::uint64_t done, hybrid::boundary& end) {
            const auto iteration = static_cast<std::uint32_t>(done + 1);
            iteration_record record;
            iterate(iteration, record);
            add_counters(record, result);
            record.wall_s = earlier_s + seconds_since(start);
            result.iterations.push_back(record);
            train::rule_inputs in{.iteration = iteration,
                                  .wall_s = seconds_since(start),
                                  .history = result.iterations,
                                  .simulated_distance = {}};
            for (const stopping_rule& rule : settings_.training.stopping_rules) {
              if (const auto* simulation = std::get_if<simulation_stop>(&rule)) {
                in.simulated_distance = simulated_distance(*simulation, in);
                // Its programs belong to this iteration.
                add_counters(result.iterations.back(), result);
              }
            }
            if (options_.on_iteration) options_.on_iteration(result.iterations.back());
            // Whoever asked to stop is heard before every rule.
            const hybrid::boundary_view all = end.exchange_in(alone, {});
            if (hybrid::has(all.requests, hybrid::request::stop) || options_.stop.stop_requested()) {
              reason = stop_reason::graceful_shutdown;
            } else {
              reason = train::decide(settings_.training.stopping_rules, settings_.training.mode, in);
            }
            if (reason) result.reason = *reason;
            return reason.has_value();
          },
      .save =
          [&](hybrid::checkpoint_sink& to) {
            save(result, reason == stop_reason::bound_stalling || reason == stop_reason::simulation_based,
                 to);
          },
      .restore =
          [&](hybrid::checkpoint_source& from, hybrid::start_mode) {
            const bool ended = restore(from, result);
            earlier_s = result.iterations.back().wall_s;
            // A training that a rule has ended does not go on: the loop finds all its iterations done.
            if (ended) how.iterations = 0;
          }};
  hybrid::loop_result loop;
  // The calling thread takes a seat in the pool for the whole of the training.
  pool_.scope([&](par::scope_t&) { loop = hybrid::checkpointed_loop(alone, how, body); });
  if (loop.resumed_at) result.resumed_at = static_cast<std::uint32_t>(*loop.resumed_at);
  result.checkpoint = std::move(loop.checkpoint);
  result.warnings = std::move(loop.warnings);
  // Without a reason the loop ended by itself: the scheduler's time, or a limit beside the rules of the case.
  // What a rule had ended before a resume keeps the reason that was saved.
  if (!reason && how.iterations != 0) {
    result.reason = loop.status == hybrid::loop_status::wall_time ? stop_reason::time_limit
                                                                  : stop_reason::iteration_limit;
  }
  result.converged =
      result.reason == stop_reason::bound_stalling || result.reason == stop_reason::simulation_based;
  result.lower_bound = best_bound_;
  for (const cut_pool& pool : policy_.stages) {
    result.cuts_total += pool.size();
    result.cuts_active += pool.active();
  }
  return result;
}

}  // namespace twill::sddp
