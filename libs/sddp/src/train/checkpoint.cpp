// SPDX-License-Identifier: Apache-2.0
// What a checkpoint of a training holds. Noise is a function of its place, so no generator is saved; programs
// come from the case and the cuts, so they are baked again.
#include "train/engine.hpp"
#include "twill/base/checksum.hpp"
#include "twill/base/error.hpp"

#include <cstring>

namespace twill::sddp {

namespace {

// A hash of numbers whose bits decide what a training does.
class fingerprint {
 public:
  template <class T>
  fingerprint& add(const std::vector<T>& values) {
    add(values.size());
    hash_.update(std::as_bytes(std::span(values)));
    return *this;
  }
  template <class T>
    requires std::is_arithmetic_v<T> || std::is_enum_v<T>
  fingerprint& add(T value) {
    hash_.update(std::as_bytes(std::span(&value, 1)));
    return *this;
  }
  [[nodiscard]] std::uint64_t value() const {
    const sha256::digest all = hash_.value();
    std::uint64_t out = 0;
    std::memcpy(&out, all.data(), sizeof(out));
    return out;
  }

 private:
  sha256 hash_{};
};

// Calls f with every member of a record: the order of the file.
template <class Record, class F>
void each_member(Record& r, F&& f) {
  f(r.iteration);
  f(r.lower_bound);
  f(r.lower_bound_raw);
  f(r.upper_bound_mean);
  f(r.upper_bound_std);
  f(r.ci_half_width);
  f(r.gap_percent);
  f(r.forward_min);
  f(r.forward_max);
  f(r.cuts_added);
  f(r.cuts_removed);
  f(r.cuts_active);
  f(r.forward_passes);
  f(r.lp_solves);
  f(r.simplex_iterations);
  f(r.retries);
  f(r.forward_s);
  f(r.backward_s);
  f(r.total_s);
  f(r.wall_s);
}

struct writer {
  hybrid::checkpoint_sink& to;
  template <class T>
  void operator()(const T& value) const {
    to.write(value);
  }
  void operator()(const std::optional<double>& value) const {
    to.write(static_cast<std::uint8_t>(value.has_value()));
    to.write(value.value_or(0.0));
  }
  template <class T>
  void operator()(std::span<const T> values) const {
    to.write(std::uint64_t{values.size()});
    to.write(values);
  }
};

struct reader {
  hybrid::checkpoint_source& from;
  template <class T>
  void operator()(T& value) const {
    value = from.read<T>();
  }
  void operator()(std::optional<double>& value) const {
    const bool there = from.read<std::uint8_t>() != 0;
    const double number = from.read<double>();
    value = there ? std::optional(number) : std::nullopt;
  }
  template <class T>
  void operator()(std::vector<T>& values) const {
    const auto count = from.read<std::uint64_t>();
    if (count > from.remaining() / sizeof(T)) {
      throw error(twill::errc::corrupt_data,
                  {.what = "a checkpoint announces more than it has", .where = location{}});
    }
    values.resize(static_cast<std::size_t>(count));
    from.read(std::span<T>(values));
  }
};

// Four statuses a byte.
std::vector<std::uint8_t> packed(std::span<const solver::basis_status> statuses) {
  std::vector<std::uint8_t> out((statuses.size() + 3) / 4);
  for (std::size_t i = 0; i < statuses.size(); ++i) {
    out[i / 4] = static_cast<std::uint8_t>(out[i / 4] | static_cast<unsigned>(statuses[i]) << 2 * (i % 4));
  }
  return out;
}

std::vector<solver::basis_status> unpacked(std::span<const std::uint8_t> bytes, std::size_t count) {
  if (bytes.size() != (count + 3) / 4) {
    throw error(twill::errc::corrupt_data, {.what = "a basis of another size than it says"});
  }
  std::vector<solver::basis_status> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    out[i] = static_cast<solver::basis_status>(static_cast<unsigned>(bytes[i / 4]) >> 2 * (i % 4) & 3U);
  }
  return out;
}

void write_basis(const writer& out, const train::stored_basis& b) {
  for (const std::vector<solver::basis_status>* of : {&b.statuses.columns, &b.statuses.rows}) {
    out(std::uint64_t{of->size()});
    const std::vector<std::uint8_t> bytes = packed(*of);
    out(std::span<const std::uint8_t>(bytes));
  }
  static const std::vector<std::uint32_t> none;
  out(std::span<const std::uint32_t>(b.cuts ? *b.cuts : none));
}

void read_basis(const reader& in, const train::slot_list& present, train::stored_basis& b) {
  for (std::vector<solver::basis_status>* of : {&b.statuses.columns, &b.statuses.rows}) {
    std::uint64_t count = 0;
    std::vector<std::uint8_t> bytes;
    in(count);
    in(bytes);
    *of = unpacked(bytes, static_cast<std::size_t>(count));
  }
  std::vector<std::uint32_t> cuts;
  in(cuts);
  // One list for all bases of the cuts that the programs have.
  b.cuts = cuts == *present ? present : std::make_shared<const std::vector<std::uint32_t>>(std::move(cuts));
}

}  // namespace

std::vector<hybrid::identity_field> optimizer::engine::identity() const {
  fingerprint programs;
  for (const train::shared_stage& s : stages_) {
    const lp::stage_problem& p = s.problem;
    const solver::problem& m = p.program;
    programs.add(m.column_lower).add(m.column_upper).add(m.objective).add(m.row_lower).add(m.row_upper);
    programs.add(m.starts).add(m.rows).add(m.values).add(p.discount).add(p.cost_scale);
  }
  fingerprint noise;
  noise.add(tree_.offsets).add(tree_.values);
  for (const std::vector<double>& p : tree_.probabilities) noise.add(p);
  noise.add(system_.inflows.base_m3s).add(system_.inflows.sigma_m3s).add(system_.inflows.psi);
  noise.add(system_.initial.storage_hm3).add(system_.initial.inflow_lags_m3s).add(system_.inflow_method);
  for (const stage& s : system_.stages) {
    noise.add(s.sampling).add(s.noise_group.value());
    noise.add(s.load_factors).add(s.source_factors).add(s.risk.lambda).add(s.risk.alpha);
    for (const bus_at_stage& b : s.buses) noise.add(b.load_mean_mw).add(b.load_std_mw);
    for (const source_at_stage& r : s.sources)
      noise.add(r.mean_fraction).add(r.std_fraction).add(r.max_generation_mw);
  }
  // Of noise that is drawn anew; that of the openings has it already.
  for (const correlation_profile& p : system_.noise.profiles) {
    for (const correlation_group& g : p.groups) noise.add(g.positions).add(g.matrix);
  }
  for (const std::optional<std::uint32_t>& p : system_.noise.profile_of_stage) noise.add(p.value_or(~0U));
  noise.add(system_.noise.method);
  const training_settings& t = settings_.training;
  fingerprint how;
  how.add(t.tree_seed).add(t.scenarios.seed).add(t.scenarios.inflow).add(t.scenarios.load);
  how.add(t.scenarios.sources).add(options_.openings_per_task).add(settings_.solver.fixing);
  how.add(t.selection.enabled).add(t.selection.method).add(t.selection.threshold);
  how.add(t.selection.memory_window).add(t.selection.domination_epsilon).add(t.selection.check_frequency);
  how.add(t.selection.activity_tolerance).add(t.selection.max_active_per_stage.value_or(0));
  return {{.name = "number of stages", .value = stages_.size()},
          {.name = "size of the state", .value = width_},
          {.name = "forward passes", .value = passes_},
          {.name = "linear programs of the stages", .value = programs.value()},
          {.name = "openings and inflows", .value = noise.value()},
          {.name = "settings of the training", .value = how.value()}};
}

void optimizer::engine::save(const training_result& result, bool ended, hybrid::checkpoint_sink& to) const {
  const writer out{to};
  out(static_cast<std::uint8_t>(ended));
  out(static_cast<std::uint8_t>(result.reason));
  out(best_bound_);
  out(std::span<const double>(last_simulated_));
  out(result.lp_solves);
  out(result.lp_retries);
  out(result.simplex_iterations);
  out(result.negative_inflows);
  out(result.solver_seconds);
  out(result.worker_seconds);
  out(static_cast<std::uint8_t>(result.nondeterministic_retry));
  out(std::uint64_t{result.iterations.size()});
  for (const iteration_record& r : result.iterations) each_member(r, out);
  for (const cut_pool& pool : policy_.stages) {
    out(std::uint64_t{pool.size()});
    for (std::size_t slot = 0; slot < pool.size(); ++slot) {
      const cut_view cut = pool[slot];
      out(cut.iteration);
      out(cut.forward_pass);
      out(cut.intercept);
      to.write(cut.coefficients);
      to.write(cut.trial_point);
      out(static_cast<std::uint8_t>(cut.active));
      out(cut.uses);
      out(cut.last_use);
    }
  }
  for (const train::stored_basis& b : forward_basis_) write_basis(out, b);
  for (const train::stored_basis& b : bound_basis_) write_basis(out, b);
}

bool optimizer::engine::restore(hybrid::checkpoint_source& from, training_result& result) {
  const reader in{from};
  const bool ended = from.read<std::uint8_t>() != 0;
  result.reason = static_cast<stop_reason>(from.read<std::uint8_t>());
  in(best_bound_);
  in(last_simulated_);
  in(result.lp_solves);
  in(result.lp_retries);
  in(result.simplex_iterations);
  in(result.negative_inflows);
  in(result.solver_seconds);
  in(result.worker_seconds);
  result.nondeterministic_retry = from.read<std::uint8_t>() != 0;
  result.iterations.resize(static_cast<std::size_t>(from.read<std::uint64_t>()));
  for (iteration_record& r : result.iterations) each_member(r, in);
  std::vector<double> coefficients(width_);
  std::vector<double> trial_point(width_);
  for (std::size_t t = 0; t < stages_.size(); ++t) {
    cut_pool& pool = policy_.stages[t] = cut_pool(width_);
    const auto count = from.read<std::uint64_t>();
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto iteration = from.read<std::uint32_t>();
      const auto pass = from.read<std::uint32_t>();
      const auto intercept = from.read<double>();
      from.read(std::span<double>(coefficients));
      from.read(std::span<double>(trial_point));
      const std::uint32_t slot = pool.add(iteration, pass, intercept, coefficients, trial_point);
      pool.set_active(slot, from.read<std::uint8_t>() != 0);
      const auto uses = from.read<std::uint64_t>();
      const auto last_use = from.read<std::uint32_t>();
      pool.count_uses(slot, uses, last_use);
    }
    train::bake(stages_[t].problem, pool, system_.hydros.size(), stages_[t].baked);
  }
  for (std::size_t i = 0; i < forward_basis_.size(); ++i) {
    read_basis(in, stages_[i / passes_].baked.cuts, forward_basis_[i]);
  }
  for (train::stored_basis& b : bound_basis_) read_basis(in, stages_[0].baked.cuts, b);
  return ended;
}

}  // namespace twill::sddp
