// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stochastic/designs.hpp"
#include "stochastic/noise.hpp"
#include "train/bounds.hpp"
#include "train/stage_solver.hpp"
#include "train/units.hpp"
#include "twill/hybrid/checkpoint.hpp"
#include "twill/par/pool.hpp"
#include "twill/sddp/optimizer.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace twill::sddp {

/// The state of a training: programs, cuts, bases, workers.
///
/// Determinism: (1) a unit of work is a function of (iteration, stage, trial point, chunk of openings); (2)
/// it writes to places that its indices name; (3) sums and cuts are made from these places in order of index;
/// (4) bases are kept by (stage, trial point). So neither threads nor their order change a bit.
class optimizer::engine {
 public:
  engine(const system& s, const study_settings& settings, optimizer_options options);

  training_result train();
  simulation_result simulate(std::size_t scenarios, std::span<const std::vector<std::uint32_t>> paths);
  [[nodiscard]] const policy& cuts() const noexcept { return policy_; }
  [[nodiscard]] const opening_tree& openings() const noexcept { return tree_; }

 private:
  // One trajectory's draws: the phase says which stream.
  struct draws {
    std::uint32_t phase = 0;      // 0 or simulation_phase
    std::uint32_t iteration = 0;  // from 0
    const scenario_source* source = nullptr;
    std::uint64_t tree_seed = 42;
    draw choice = draw::opening_choice;
  };
  struct worker {
    worker(const system& s, const solver::ladder_limits& limits, const std::string& dumps)
        : stage(s, limits, dumps) {}
    train::stage_solver stage;
    std::vector<double> noise{};
    std::vector<std::uint32_t> uses{};  // of the cuts of the stage that is being solved
    std::chrono::nanoseconds busy{};
  };

  void iterate(std::uint32_t iteration, iteration_record& record);
  // What a checkpoint must agree with, and what it holds: everything that later iterations depend on.
  [[nodiscard]] std::vector<hybrid::identity_field> identity() const;
  void save(const training_result& result, bool ended, hybrid::checkpoint_sink& to) const;
  [[nodiscard]] bool restore(hybrid::checkpoint_source& from, training_result& result);
  void forward(std::uint32_t iteration);
  void backward(std::uint32_t iteration);
  void find_twins(std::size_t t);
  void solve_openings(std::uint32_t iteration, std::size_t t, std::size_t m, std::size_t chunk);
  void make_cut(std::size_t t, std::size_t m);
  void count_uses(std::uint32_t iteration, std::size_t t);
  double lower_bound(std::uint32_t iteration);
  void select(std::uint32_t iteration, iteration_record& record);
  std::optional<double> simulated_distance(const simulation_stop& rule, const train::rule_inputs& in);
  // Before the trajectories of a pass ask for their noise.
  void prepare_noise(const draws& d, std::size_t trajectories);
  [[nodiscard]] bool leaves_tree(const scenario_source& from) const noexcept;
  [[nodiscard]] std::span<const double> noise_of(const draws& d, std::size_t m, std::size_t t,
                                                 worker& w) const;
  [[nodiscard]] worker& here() { return *workers_[train::seat()]; }
  [[nodiscard]] double* state(std::size_t t, std::size_t m) {
    return states_.data() + (t * passes_ + m) * width_;
  }
  [[nodiscard]] std::span<const double> state_span(std::size_t t, std::size_t m) {
    return {state(t, m), width_};
  }
  [[nodiscard]] std::size_t openings(std::size_t t) const { return system_.stages[t].openings; }
  [[nodiscard]] std::size_t chunk_size(std::size_t t) const;
  // Which opening of stage t a trajectory meets, by the number of the place.
  [[nodiscard]] std::size_t chosen_opening(std::size_t t, const noise_key& key) const;
  // The probabilities of the openings of stage t become those of the cuts and the bound.
  void set_probabilities(std::size_t t);
  void add_counters(iteration_record& record, training_result& result);

  const system& system_;
  study_settings settings_;
  optimizer_options options_;
  opening_tree tree_;
  correlator correlate_;
  fresh_noise fresh_;
  policy policy_;
  std::vector<train::shared_stage> stages_;
  std::vector<std::unique_ptr<worker>> workers_;
  par::thread_pool pool_;
  bool risk_neutral_ = true;

  std::size_t width_;                               // numbers of the state
  std::size_t passes_;                              // trajectories an iteration
  std::vector<double> present_value_;               // factor of the costs of each stage
  std::vector<double> states_;                      // (stage, pass): the state before the stage
  std::vector<double> stage_costs_;                 // (pass, stage)
  std::vector<double> pass_costs_;                  // discounted, one a pass
  std::vector<std::size_t> twin_;                   // the first pass with the same trial point
  std::vector<double> values_;                      // (pass, opening)
  std::vector<double> slopes_;                      // (pass, opening, number of the state)
  std::vector<double> weights_;                     // (pass, opening)
  std::vector<double> cut_slopes_;                  // (pass, number of the state)
  std::vector<double> cut_intercepts_;              // one a pass
  std::vector<double> probabilities_;               // of the openings of a stage
  std::vector<std::vector<std::size_t>> order_;     // room for sorting, one a pass
  std::vector<train::stored_basis> forward_basis_;  // (stage, pass)
  std::vector<train::stored_basis> bound_basis_;    // one a chunk of the openings of stage 0
  std::vector<double> last_simulated_;              // mean cost of each stage, for the simulation rule
  double best_bound_ = 0.0;
};

}  // namespace twill::sddp
