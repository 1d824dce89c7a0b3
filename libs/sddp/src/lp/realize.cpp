// SPDX-License-Identifier: Apache-2.0
#include "lp/stage_problem.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace twill::sddp::lp {

double availability(const stage& at, source_index r, std::size_t block, double noise) {
  const source_at_stage& x = at.at(r);
  if (!x.exists) return 0.0;
  const double share = std::clamp(x.mean_fraction + x.std_fraction * noise, 0.0, 1.0);
  return at.source_factor(r, block) * x.max_generation_mw * share;
}

double load_of(const stage& at, bus_index b, std::size_t block, double noise) {
  const bus_at_stage& x = at.at(b);
  const double mw =
      x.load_std_mw == 0.0 ? x.load_mean_mw : std::max(0.0, x.load_mean_mw + x.load_std_mw * noise);
  return at.load_factor(b, block) * mw;
}

void realization::reserve(const system& s) {
  std::size_t blocks = 0;
  for (const stage& at : s.stages) blocks = std::max(blocks, at.blocks.size());
  inflow_m3s.reserve(s.hydros.size());
  load_mw.reserve(s.noise.loads.size() * blocks);
  available_mw.reserve(s.noise.sources.size() * blocks);
}

void realize(const system& s, std::size_t t, std::span<const double> lags, std::span<const double> noise,
             realization& out) {
  const stage& at = s.stages[t];
  const std::size_t hydros = s.hydros.size();
  const std::size_t depth = s.inflows.lags;
  const bool truncates = s.inflow_method == negative_inflow::truncation ||
                         s.inflow_method == negative_inflow::truncation_with_penalty;
  out.inflow_m3s.resize(hydros);
  out.negative = 0;
  for (std::size_t h = 0; h < hydros; ++h) {
    const hydro_index index(static_cast<std::uint32_t>(h));
    double z = s.inflows.base(t, index);
    if (depth > 0) {
      const std::span<const double> psi = s.inflows.psi_of(t, index);
      for (std::size_t l = 0; l < depth; ++l) z += psi[l] * lags[l * hydros + h];
    }
    const double sigma = s.inflows.sigma(t, index);
    z += sigma * noise[h];
    if (z < 0.0) {
      ++out.negative;
      // The noise is raised until the inflow is zero; a certain inflow has no noise to raise.
      if (truncates && sigma > 0.0) z = 0.0;
    }
    out.inflow_m3s[h] = z;
  }
  out.load_mw.clear();
  for (std::size_t i = 0; i < s.noise.loads.size(); ++i) {
    for (std::size_t k = 0; k < at.blocks.size(); ++k) {
      out.load_mw.push_back(load_of(at, s.noise.loads[i], k, noise[hydros + i]));
    }
  }
  out.available_mw.clear();
  const std::size_t first = hydros + s.noise.loads.size();
  for (std::size_t i = 0; i < s.noise.sources.size(); ++i) {
    for (std::size_t k = 0; k < at.blocks.size(); ++k) {
      out.available_mw.push_back(availability(at, s.noise.sources[i], k, noise[first + i]));
    }
  }
}

void shift_lags(std::span<const double> lags, std::span<const double> inflow, std::span<double> out) {
  if (out.empty()) return;
  const std::size_t n = inflow.size();
  std::copy(inflow.begin(), inflow.end(), out.begin());
  std::copy(lags.begin(), lags.end() - static_cast<std::ptrdiff_t>(n),
            out.begin() + static_cast<std::ptrdiff_t>(n));
}

namespace {

std::string_view in_words(std::string_view family) {
  struct pair {
    std::string_view family;
    std::string_view words;
  };
  static constexpr pair words[] = {
      {"water", "water balance"},
      {"load", "load balance"},
      {"state", "incoming storage"},
      {"production", "production plane"},
      {"evaporation", "evaporation"},
      {"min_storage", "minimum storage"},
      {"min_outflow", "minimum outflow"},
      {"max_outflow", "maximum outflow"},
      {"min_turbined", "minimum turbined flow"},
      {"min_generation", "minimum generation"},
      {"absent", "storage kept while absent"},
      {"generic", "generic constraint"},
  };
  for (const pair& p : words) {
    if (p.family == family) return p.words;
  }
  return family;
}

template <class Entities>
std::string name_in(const Entities& entities, std::int32_t id) {
  for (const auto& e : entities) {
    if (e.id.value() == id) return e.name;
  }
  return {};
}

}  // namespace

std::string describe(const system& s, const label& what) {
  const std::string_view entity = what.entity;
  if (entity.empty()) return std::string(in_words(what.family));
  std::string name;
  if (entity == "hydro") name = name_in(s.hydros, what.id);
  if (entity == "bus") name = name_in(s.buses, what.id);
  if (entity == "line") name = name_in(s.lines, what.id);
  if (entity == "thermal") name = name_in(s.thermals, what.id);
  if (entity == "source") name = name_in(s.sources, what.id);
  if (entity == "constraint") name = name_in(s.constraints, what.id);
  std::string text = fmt::format("{} of {} {}", in_words(what.family), entity, what.id);
  if (!name.empty()) text += fmt::format(" \"{}\"", name);
  if (what.block >= 0) text += fmt::format(" in block {}", what.block);
  return text;
}

solver::problem_names names_of(const stage_problem& p, std::span<const std::uint32_t> cuts) {
  solver::problem_names names;
  for (const label& l : p.column_labels) names.columns.push_back(short_name(l));
  for (const label& l : p.row_labels) names.rows.push_back(short_name(l));
  for (const std::uint32_t slot : cuts) names.rows.push_back(fmt::format("cut{}", slot));
  // Planes of one hydro and block, and segments of one bus, share a label: names must differ.
  const auto number = [](std::vector<std::string>& all) {
    std::vector<std::size_t> order(all.size());
    for (std::size_t i = 0; i < all.size(); ++i) order[i] = i;
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return all[a] != all[b] ? all[a] < all[b] : a < b; });
    std::vector<std::string> numbered = all;
    std::size_t run = 0;
    for (std::size_t i = 1; i < order.size(); ++i) {
      run = all[order[i]] == all[order[i - 1]] ? run + 1 : 0;
      if (run > 0) numbered[order[i]] += fmt::format(".{}", run);
    }
    all = std::move(numbered);
  };
  number(names.columns);
  number(names.rows);
  return names;
}

}  // namespace twill::sddp::lp
