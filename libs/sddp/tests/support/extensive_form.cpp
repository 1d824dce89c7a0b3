// SPDX-License-Identifier: Apache-2.0
#include "extensive_form.hpp"

#include "solver/clp.hpp"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <vector>

namespace twill::sddp::testing {

namespace {

constexpr double inf = solver::infinity;

// Money in thousands: the coefficients of a tree's dispatch and of its probabilities are then of one size.
constexpr double unit = 1000.0;

class tree_program {
 public:
  tree_program(const system& s, const opening_tree& tree) : s_(s), tree_(tree) {}

  double solve() {
    const std::size_t n = s_.hydros.size();
    std::vector<int> incoming;
    for (std::size_t h = 0; h < n; ++h) {
      incoming.push_back(column(s_.initial.storage_hm3[h], s_.initial.storage_hm3[h]));
    }
    const int value = children(0, incoming, s_.initial.inflow_lags_m3s);
    cost_[static_cast<std::size_t>(value)] = 1.0;
    solver::clp lp;
    lp.load(problem());
    if (lp.solve(solver::keep::nothing) != solver::outcome::optimal &&
        lp.retry(1) != solver::outcome::optimal && lp.retry(5) != solver::outcome::optimal) {
      throw std::runtime_error("the extensive form was not solved");
    }
    return lp.objective() * unit;
  }

 private:
  int column(double lower, double upper) {
    lower_.push_back(lower);
    upper_.push_back(upper);
    cost_.push_back(0.0);
    return static_cast<int>(cost_.size()) - 1;
  }
  int row(double lower, double upper) {
    row_lower_.push_back(lower);
    row_upper_.push_back(upper);
    return static_cast<int>(row_lower_.size()) - 1;
  }
  void set(int row, int column, double value) { entries_[column][row] += value; }

  // The measured value of stage t's nodes below one parent, as a column.
  int children(std::size_t t, const std::vector<int>& incoming, const std::vector<double>& lags) {
    const risk_measure& measure = s_.stages[t == 0 ? 0 : t - 1].risk;
    const std::size_t count = tree_.openings(t);
    const int value = column(-inf, inf);
    // value = (1 - lambda) mean + lambda (zeta + mean of excess over zeta / alpha)
    const int balance = row(0.0, 0.0);
    set(balance, value, -1.0);
    const int zeta = measure.lambda > 0.0 ? column(-inf, inf) : -1;
    if (zeta >= 0) set(balance, zeta, measure.lambda);
    for (std::size_t w = 0; w < count; ++w) {
      const double p = tree_.is_weighted(t) ? tree_.probabilities[t][w] : 1.0 / static_cast<double>(count);
      const int cost = node(t, w, incoming, lags);
      set(balance, cost, (1.0 - measure.lambda) * p);
      if (zeta < 0) continue;
      const int beyond = column(0.0, inf);
      const int excess = row(0.0, inf);
      set(excess, beyond, 1.0);
      set(excess, zeta, 1.0);
      set(excess, cost, -1.0);
      set(balance, beyond, measure.lambda * p / measure.alpha);
    }
    return value;
  }

  // Cost of a node and of all below it, as a column.
  int node(std::size_t t, std::size_t w, const std::vector<int>& incoming, const std::vector<double>& lags) {
    const stage& at = s_.stages[t];
    const std::span<const double> noise = tree_.opening(t, w);
    const std::size_t n = s_.hydros.size();
    const std::size_t blocks = at.blocks.size();
    const int total = column(-inf, inf);
    const int sum = row(0.0, 0.0);
    set(sum, total, -1.0);
    const auto priced = [&](double lower, double upper, double price) {
      const int j = column(lower, upper);
      set(sum, j, price / unit);
      return j;
    };
    std::vector<double> inflow(n);
    for (std::size_t h = 0; h < n; ++h) {
      const hydro_index index(static_cast<std::uint32_t>(h));
      inflow[h] = s_.inflows.base(t, index) + s_.inflows.sigma(t, index) * noise[h];
      for (std::size_t l = 0; l < s_.inflows.lags; ++l) {
        inflow[h] += s_.inflows.psi_of(t, index)[l] * lags[l * n + h];
      }
    }
    const bool fills = s_.inflow_method == negative_inflow::penalty;
    std::vector<int> load(s_.buses.size() * blocks);
    for (std::size_t b = 0; b < s_.buses.size(); ++b) {
      const auto uncertain =
          std::find(s_.noise.loads.begin(), s_.noise.loads.end(), bus_index(static_cast<std::uint32_t>(b)));
      double mw = at.buses[b].load_mean_mw;
      if (uncertain != s_.noise.loads.end()) {
        const auto i = static_cast<std::size_t>(uncertain - s_.noise.loads.begin());
        mw = std::max(0.0, mw + at.buses[b].load_std_mw * noise[n + i]);
      }
      for (std::size_t k = 0; k < blocks; ++k) {
        const double demand = mw * at.load_factors[b * blocks + k];
        const int r = row(demand, demand);
        load[b * blocks + k] = r;
        const double hours = at.blocks[k].hours;
        for (const deficit_segment& d : s_.buses[b].deficit_segments) {
          set(r, priced(0.0, d.depth_mw, d.cost_per_mwh * hours), 1.0);
        }
        set(r, priced(0.0, inf, at.buses[b].excess_cost_per_mwh * hours), -1.0);
      }
    }
    std::vector<int> storage;
    std::vector<int> water;
    for (std::size_t h = 0; h < n; ++h) {
      const hydro_at_stage& x = at.hydros[h];
      storage.push_back(column(x.min_storage_hm3, x.max_storage_hm3));
      const double volume = 0.0036 * at.hours;
      water.push_back(row(volume * (inflow[h] - x.withdrawal_m3s), volume * (inflow[h] - x.withdrawal_m3s)));
      set(water[h], storage[h], 1.0);
      set(water[h], incoming[h], -1.0);
      if (fills) set(water[h], priced(0.0, inf, x.costs.negative_inflow_per_m3s_h * at.hours), -volume);
      if (x.withdrawal_m3s > 0.0) {
        set(water[h], priced(0.0, inf, x.costs.withdrawal_under_per_m3s_h * at.hours), -volume);
        set(water[h], priced(0.0, inf, x.costs.withdrawal_over_per_m3s_h * at.hours), volume);
      }
      if (x.evaporation) {
        const int q = column(x.evaporation->least_m3s, x.evaporation->most_m3s);
        set(water[h], q, volume);
        const int r = row(x.evaporation->constant_m3s, x.evaporation->constant_m3s);
        set(r, q, 1.0);
        set(r, storage[h], -x.evaporation->m3s_per_hm3 / 2);
        set(r, incoming[h], -x.evaporation->m3s_per_hm3 / 2);
        set(r, priced(0.0, inf, x.costs.evaporation_under_per_m3s_h * at.hours), 1.0);
        set(r, priced(0.0, inf, x.costs.evaporation_over_per_m3s_h * at.hours), -1.0);
      }
    }
    for (std::size_t h = 0; h < n; ++h) {
      const hydro_at_stage& x = at.hydros[h];
      const hydro& plant = s_.hydros[h];
      for (std::size_t k = 0; k < blocks; ++k) {
        const double hours = at.blocks[k].hours;
        const double carried = 0.0036 * hours;
        const int q =
            priced(0.0, x.max_turbined_m3s, x.planes ? x.costs.fpha_turbined_per_m3s_h * hours : 0.0);
        const int s = priced(0.0, inf, x.costs.spillage_per_m3s_h * hours);
        const int u = priced(0.0, x.max_diversion_m3s, x.costs.diversion_per_m3s_h * hours);
        for (const int j : {q, s, u}) set(water[h], j, carried);
        if (plant.downstream) {
          set(water[plant.downstream->index()], q, -carried);
          set(water[plant.downstream->index()], s, -carried);
        }
        if (plant.diverts_to) set(water[plant.diverts_to->index()], u, -carried);
        const int g = column(0.0, x.max_generation_mw);
        set(load[plant.bus.index() * blocks + k], g, 1.0);
        if (x.planes) {
          for (const production_plane& plane : s_.plane_sets[x.planes->index()].planes) {
            const int r = row(-inf, plane.intercept_mw);
            set(r, g, 1.0);
            set(r, storage[h], -plane.mw_per_hm3 / 2);
            set(r, incoming[h], -plane.mw_per_hm3 / 2);
            set(r, q, -plane.mw_per_m3s_turbined);
            set(r, s, -plane.mw_per_m3s_spilled);
          }
        } else {
          const int r = row(0.0, 0.0);
          set(r, g, 1.0);
          set(r, q, -x.productivity_mw_per_m3s);
        }
        const auto at_least = [&](double least, double price, std::initializer_list<int> flows) {
          if (least <= 0.0) return;
          const int r = row(least, inf);
          for (const int j : flows) set(r, j, 1.0);
          set(r, priced(0.0, inf, price * hours), 1.0);
        };
        at_least(x.min_outflow_m3s, x.costs.outflow_below_per_m3s_h, {q, s, u});
        at_least(x.min_turbined_m3s, x.costs.turbined_below_per_m3s_h, {q});
        at_least(x.min_generation_mw, x.costs.generation_below_per_mwh, {g});
        if (x.max_outflow_m3s < inf) {
          const int r = row(-inf, x.max_outflow_m3s);
          for (const int j : {q, s, u}) set(r, j, 1.0);
          set(r, priced(0.0, inf, x.costs.outflow_above_per_m3s_h * hours), -1.0);
        }
      }
    }
    for (std::size_t k = 0; k < blocks; ++k) {
      const double hours = at.blocks[k].hours;
      for (std::size_t j = 0; j < s_.thermals.size(); ++j) {
        const thermal_at_block& x = at.thermals[j * blocks + k];
        set(load[s_.thermals[j].bus.index() * blocks + k],
            priced(x.min_generation_mw, x.max_generation_mw, x.cost_per_mwh * hours), 1.0);
      }
      for (std::size_t l = 0; l < s_.lines.size(); ++l) {
        const line_at_block& x = at.lines[l * blocks + k];
        const int direct = priced(0.0, x.direct_mw, x.exchange_cost_per_mwh * hours);
        const int reverse = priced(0.0, x.reverse_mw, x.exchange_cost_per_mwh * hours);
        const int from = load[s_.lines[l].source.index() * blocks + k];
        const int to = load[s_.lines[l].target.index() * blocks + k];
        set(to, direct, 1.0);
        set(from, direct, -1.0);
        set(to, reverse, -1.0);
        set(from, reverse, 1.0);
      }
      for (std::size_t r = 0; r < s_.sources.size(); ++r) {
        const source_at_stage& x = at.sources[r];
        double share = x.mean_fraction;
        const auto uncertain = std::find(s_.noise.sources.begin(), s_.noise.sources.end(),
                                         source_index(static_cast<std::uint32_t>(r)));
        if (uncertain != s_.noise.sources.end()) {
          const auto i = static_cast<std::size_t>(uncertain - s_.noise.sources.begin());
          share += x.std_fraction * noise[n + s_.noise.loads.size() + i];
        }
        const double most =
            at.source_factors[r * blocks + k] * x.max_generation_mw * std::clamp(share, 0.0, 1.0);
        set(load[s_.sources[r].bus.index() * blocks + k],
            priced(0.0, most, -x.curtailment_cost_per_mwh * hours), 1.0);
      }
    }
    if (t + 1 < s_.stages.size()) {
      std::vector<double> next = inflow;
      next.insert(next.end(), lags.begin(), lags.end());
      next.resize(lags.size());
      set(sum, children(t + 1, storage, next), at.discount);
    }
    return total;
  }

  solver::problem problem() const {
    solver::problem p{.column_lower = lower_,
                      .column_upper = upper_,
                      .objective = cost_,
                      .row_lower = row_lower_,
                      .row_upper = row_upper_,
                      .starts = {0}};
    for (int j = 0; j < p.num_columns(); ++j) {
      if (const auto found = entries_.find(j); found != entries_.end()) {
        for (const auto& [row, value] : found->second) {
          p.rows.push_back(row);
          p.values.push_back(value);
        }
      }
      p.starts.push_back(static_cast<int>(p.rows.size()));
    }
    return p;
  }

  const system& s_;
  const opening_tree& tree_;
  std::vector<double> lower_;
  std::vector<double> upper_;
  std::vector<double> cost_;
  std::vector<double> row_lower_;
  std::vector<double> row_upper_;
  std::map<int, std::map<int, double>> entries_;
};

}  // namespace

double extensive_optimum(const system& s, const opening_tree& tree) { return tree_program(s, tree).solve(); }

}  // namespace twill::sddp::testing
