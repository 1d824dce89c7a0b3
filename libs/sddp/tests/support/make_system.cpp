// SPDX-License-Identifier: Apache-2.0
#include "make_system.hpp"

#include <algorithm>

namespace twill::sddp::testing {

namespace {
template <class Index>
Index index_of(std::size_t i) {
  return Index(static_cast<std::uint32_t>(i));
}
std::int32_t number(std::size_t i) { return static_cast<std::int32_t>(i) + 1; }
}  // namespace

system_maker::system_maker(std::size_t stages, std::vector<double> block_hours) {
  s.inflow_method = negative_inflow::none;
  noise_.resize(stages);
  for (std::size_t t = 0; t < stages; ++t) {
    stage at;
    at.id = stage_id(static_cast<std::int32_t>(t));
    at.noise_group = at.id;
    for (const double h : block_hours) {
      at.blocks.push_back({.name = "", .hours = h});
      at.hours += h;
    }
    s.stages.push_back(at);
  }
}

bus_index system_maker::bus(double load_mw, std::vector<deficit_segment> segments, double load_std) {
  s.buses.push_back({.id = bus_id(number(s.buses.size())), .name = "", .deficit_segments = segments});
  const auto index = index_of<bus_index>(s.buses.size() - 1);
  for (stage& at : s.stages) {
    at.buses.push_back({.load_mean_mw = load_mw, .load_std_mw = load_std, .excess_cost_per_mwh = 0.001});
    for (std::size_t k = 0; k < at.blocks.size(); ++k) at.load_factors.push_back(1.0);
  }
  if (load_std > 0.0) s.noise.loads.push_back(index);
  return index;
}

hydro_index system_maker::hydro(bus_index at, hydro_at_stage x, double initial_hm3, double inflow,
                                double deviation) {
  sddp::hydro h;
  h.id = hydro_id(number(s.hydros.size()));
  h.bus = at;
  s.hydros.push_back(h);
  for (stage& stage : s.stages) stage.hydros.push_back(x);
  s.initial.storage_hm3.push_back(initial_hm3);
  base.emplace_back(s.stages.size(), inflow);
  sigma.emplace_back(s.stages.size(), deviation);
  psi_.emplace_back();
  past_.emplace_back();
  return index_of<hydro_index>(s.hydros.size() - 1);
}

thermal_index system_maker::thermal(bus_index at, double most_mw, double cost, double least_mw) {
  s.thermals.push_back({.id = thermal_id(number(s.thermals.size())), .name = "", .bus = at});
  for (stage& stage : s.stages) {
    for (std::size_t k = 0; k < stage.blocks.size(); ++k) {
      stage.thermals.push_back(
          {.min_generation_mw = least_mw, .max_generation_mw = most_mw, .cost_per_mwh = cost});
    }
  }
  return index_of<thermal_index>(s.thermals.size() - 1);
}

line_index system_maker::line(bus_index from, bus_index to, double direct, double reverse, double cost) {
  s.lines.push_back({.id = line_id(number(s.lines.size())), .name = "", .source = from, .target = to});
  for (stage& stage : s.stages) {
    for (std::size_t k = 0; k < stage.blocks.size(); ++k) {
      stage.lines.push_back({.direct_mw = direct, .reverse_mw = reverse, .exchange_cost_per_mwh = cost});
    }
  }
  return index_of<line_index>(s.lines.size() - 1);
}

source_index system_maker::source(bus_index at, double most_mw, double cost, double mean, double std) {
  s.sources.push_back({.id = source_id(number(s.sources.size())), .name = "", .bus = at});
  const auto index = index_of<source_index>(s.sources.size() - 1);
  for (stage& stage : s.stages) {
    stage.sources.push_back({.max_generation_mw = most_mw,
                             .mean_fraction = mean,
                             .std_fraction = std,
                             .curtailment_cost_per_mwh = cost});
    for (std::size_t k = 0; k < stage.blocks.size(); ++k) stage.source_factors.push_back(1.0);
  }
  if (std > 0.0) s.noise.sources.push_back(index);
  return index;
}

void system_maker::flows_into(hydro_index up, hydro_index down) {
  s.hydros[up.index()].downstream = down;
  s.hydros[down.index()].upstream.push_back(up);
}

void system_maker::diverts_into(hydro_index up, hydro_index down) {
  s.hydros[up.index()].diverts_to = down;
  s.hydros[down.index()].diverted_from.push_back(up);
}

void system_maker::autoregression(hydro_index h, std::vector<double> psi, std::vector<double> past) {
  psi_[h.index()] = std::move(psi);
  past_[h.index()] = std::move(past);
}

void system_maker::planes(hydro_index h, std::vector<production_plane> planes) {
  s.plane_sets.push_back({.hydro = h, .planes = std::move(planes)});
  for (stage& at : s.stages) at.hydros[h.index()].planes = index_of<plane_set_index>(s.plane_sets.size() - 1);
}

void system_maker::openings(std::size_t stage, std::vector<std::vector<double>> noise) {
  noise_[stage] = std::move(noise);
}

void system_maker::discount(double factor) {
  for (stage& at : s.stages) at.discount = factor;
}

void system_maker::risk(risk_measure measure) {
  for (stage& at : s.stages) at.risk = measure;
}

system system_maker::make() const {
  system out = s;
  const std::size_t n = out.stages.size();
  const std::size_t hydros = out.hydros.size();
  std::size_t depth = 0;
  for (const std::vector<double>& p : psi_) depth = std::max(depth, p.size());
  inflow_model& inflows = out.inflows;
  inflows.hydros = hydros;
  inflows.lags = depth;
  inflows.psi.assign(n * hydros * depth, 0.0);
  for (std::size_t t = 0; t < n; ++t) {
    for (std::size_t h = 0; h < hydros; ++h) {
      inflows.base_m3s.push_back(base[h][t]);
      inflows.sigma_m3s.push_back(sigma[h][t]);
      inflows.mean_m3s.push_back(base[h][t]);
      inflows.std_m3s.push_back(sigma[h][t]);
      std::copy(psi_[h].begin(), psi_[h].end(),
                inflows.psi.begin() + static_cast<std::ptrdiff_t>((t * hydros + h) * depth));
    }
  }
  for (std::size_t h = 0; h < hydros; ++h) {
    inflows.order.push_back(static_cast<std::uint32_t>(psi_[h].size()));
    out.cascade.push_back(index_of<hydro_index>(h));
  }
  out.initial.inflow_lags_m3s.assign(depth * hydros, 0.0);
  for (std::size_t h = 0; h < hydros; ++h) {
    for (std::size_t l = 0; l < past_[h].size(); ++l)
      out.initial.inflow_lags_m3s[l * hydros + h] = past_[h][l];
  }
  out.noise.hydros = hydros;
  out.noise.profile_of_stage.resize(n);
  opening_tree tree{.dimension = out.noise.dimension(), .offsets = {0}, .values = {}};
  for (std::size_t t = 0; t < n; ++t) {
    std::vector<std::vector<double>> noise = noise_[t];
    if (noise.empty()) noise.emplace_back(tree.dimension, 0.0);
    out.stages[t].openings = static_cast<std::uint32_t>(noise.size());
    for (const std::vector<double>& w : noise) tree.values.insert(tree.values.end(), w.begin(), w.end());
    tree.offsets.push_back(tree.values.size());
  }
  out.noise.tree = std::move(tree);
  return out;
}

hydro_at_stage plain_hydro(double storage, double flow) {
  hydro_at_stage x;
  x.max_storage_hm3 = storage;
  x.max_turbined_m3s = flow;
  x.max_generation_mw = 1e9;
  x.productivity_mw_per_m3s = 1.0;
  x.costs.spillage_per_m3s_h = 0.01;
  x.costs.diversion_per_m3s_h = 0.02;
  x.costs.storage_below_per_hm3 = 5000.0;
  x.costs.turbined_below_per_m3s_h = 5000.0;
  x.costs.outflow_below_per_m3s_h = 5000.0;
  x.costs.outflow_above_per_m3s_h = 5000.0;
  x.costs.generation_below_per_mwh = 5000.0;
  x.costs.evaporation_over_per_m3s_h = 5000.0;
  x.costs.evaporation_under_per_m3s_h = 5000.0;
  x.costs.withdrawal_over_per_m3s_h = 5000.0;
  x.costs.withdrawal_under_per_m3s_h = 5000.0;
  x.costs.negative_inflow_per_m3s_h = 1000.0;
  return x;
}

system two_drawn_hydros(std::size_t stages, std::uint32_t openings, sampling_method sampling) {
  system_maker m(stages);
  const bus_index b = m.bus(10.0);
  for (int i = 0; i < 2; ++i) m.hydro(b, plain_hydro(10, 10), 0.0, 5.0, 1.0);
  system s = m.make();
  s.noise.tree.reset();
  for (stage& at : s.stages) at.openings = openings, at.sampling = sampling;
  return s;
}

void correlate(system& two, double correlation) {
  two.noise.profiles = {
      {.name = "all",
       .groups = {{.name = "g", .positions = {0, 1}, .matrix = {1, correlation, correlation, 1}}}}};
  two.noise.profile_of_stage.assign(two.stages.size(), 0U);
}

study_settings plain_settings(std::uint32_t iterations, std::uint32_t passes) {
  study_settings out;
  out.training.forward_passes = passes;
  out.training.stopping_rules.emplace_back(iteration_limit{iterations});
  out.threads = 1;
  return out;
}

}  // namespace twill::sddp::testing
