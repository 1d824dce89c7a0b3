// SPDX-License-Identifier: Apache-2.0
// The columns and rows of one stage, family by family.
#include "lp/stage_problem.hpp"

#include <algorithm>
#include <cmath>

namespace twill::sddp::lp {

namespace {

constexpr double inf = solver::infinity;

class stage_builder {
 public:
  stage_builder(const system& s, std::size_t t, const form& f, double floor)
      : s_(s), at_(s.stages[t]), t_(t), blocks_(at_.blocks.size()), form_(f), floor_(floor) {
    w_.blocks = blocks_;
  }

  stage_problem build() {
    stage_problem p;
    p.stage = t_;
    p.cost_scale = form_.cost_scale;
    p.discount = at_.discount;
    p.water_per_flow = zeta();
    state_columns();
    hydro_columns();
    network_columns();
    evaporation_columns();
    slack_columns();
    water_rows();
    load_rows();
    production_rows();
    evaporation_rows();
    limit_rows();
    generic_rows(p.curtailments);
    p.program = b_.finish(form_.cost_scale, w_.theta);
    p.where = w_;
    p.kinds = b_.kinds();
    p.column_labels = b_.column_labels();
    p.row_labels = b_.row_labels();
    return p;
  }

 private:
  [[nodiscard]] std::size_t num_hydros() const { return s_.hydros.size(); }
  [[nodiscard]] double hours(std::size_t k) const { return at_.blocks[k].hours; }
  [[nodiscard]] double zeta() const { return hm3_per_m3s_h * at_.hours; }
  [[nodiscard]] label of_hydro(const char* family, std::size_t h, std::size_t k) const {
    return {family, "hydro", s_.hydros[h].id.value(), static_cast<std::int32_t>(k)};
  }
  [[nodiscard]] label of_hydro(const char* family, std::size_t h) const {
    return {family, "hydro", s_.hydros[h].id.value()};
  }
  template <class Entity>
  [[nodiscard]] static label of(const char* family, const char* kind, const Entity& e, std::size_t k) {
    return {family, kind, e.id.value(), static_cast<std::int32_t>(k)};
  }

  void state_columns() {
    for (std::size_t h = 0; h < num_hydros(); ++h) {
      const hydro_at_stage& x = at_.hydros[h];
      const double lower = !x.exists ? -inf : s_.soft_min_storage ? 0.0 : x.min_storage_hm3;
      const double upper = x.exists ? x.max_storage_hm3 : inf;
      w_.storage.push_back(b_.column_always(lower, upper, 0.0, cost_kind::none, of_hydro("storage", h)));
    }
    for (std::size_t h = 0; h < num_hydros(); ++h) {
      const bool rows = form_.fixing == state_fixing::rows;
      w_.incoming.push_back(b_.column_always(rows ? -inf : 0.0, rows ? inf : 0.0, 0.0, cost_kind::none,
                                             of_hydro("storage_in", h)));
      if (rows) {
        w_.fixing_row.push_back(b_.row(0.0, 0.0, of_hydro("state", h)));
        b_.entry(w_.fixing_row[h], w_.incoming[h], 1.0);
      }
    }
    if (t_ + 1 < s_.stages.size()) {
      w_.theta =
          b_.column_always(floor_ / form_.cost_scale, inf, at_.discount, cost_kind::future, {"future", ""});
    }
  }

  void hydro_columns() {
    for (std::size_t h = 0; h < num_hydros(); ++h) {
      const hydro_at_stage& x = at_.hydros[h];
      double most = x.exists ? x.max_turbined_m3s : 0.0;
      if (!x.planes && x.productivity_mw_per_m3s > 0.0) {
        most = std::min(most, x.max_generation_mw / x.productivity_mw_per_m3s);
      }
      for (std::size_t k = 0; k < blocks_; ++k) {
        const double tau = hours(k);
        const double wear = x.planes ? x.costs.fpha_turbined_per_m3s_h * tau : 0.0;
        const double spill = x.exists ? x.costs.spillage_per_m3s_h * tau : 0.0;
        const double divert = x.exists && s_.hydros[h].diverts_to ? x.max_diversion_m3s : 0.0;
        w_.turbined.push_back(
            b_.column(0.0, most, wear, cost_kind::fpha_turbined, of_hydro("turbined", h, k)));
        w_.spilled.push_back(b_.column(0.0, inf, spill, cost_kind::spillage, of_hydro("spilled", h, k)));
        w_.diverted.push_back(b_.column(0.0, divert, x.costs.diversion_per_m3s_h * tau, cost_kind::diversion,
                                        of_hydro("diverted", h, k)));
        w_.generated.push_back(x.exists && x.planes ? b_.column(0.0, x.max_generation_mw, 0.0,
                                                                cost_kind::none, of_hydro("generated", h, k))
                                                    : layout::none);
      }
    }
  }

  void network_columns() {
    for (std::size_t j = 0; j < s_.thermals.size(); ++j) {
      for (std::size_t k = 0; k < blocks_; ++k) {
        const thermal_at_block& x = at_.thermals[w_.at(j, k)];
        w_.thermal.push_back(b_.column(x.min_generation_mw, x.max_generation_mw, x.cost_per_mwh * hours(k),
                                       cost_kind::thermal, of("thermal", "thermal", s_.thermals[j], k)));
      }
    }
    for (std::size_t l = 0; l < s_.lines.size(); ++l) {
      for (std::size_t k = 0; k < blocks_; ++k) {
        const line_at_block& x = at_.lines[w_.at(l, k)];
        const double cost = x.exchange_cost_per_mwh * hours(k);
        w_.direct.push_back(
            b_.column(0.0, x.direct_mw, cost, cost_kind::exchange, of("direct", "line", s_.lines[l], k)));
        w_.reverse.push_back(
            b_.column(0.0, x.reverse_mw, cost, cost_kind::exchange, of("reverse", "line", s_.lines[l], k)));
      }
    }
    w_.segments.assign(1, 0);
    for (const bus& b : s_.buses) {
      for (const deficit_segment& d : b.deficit_segments) {
        for (std::size_t k = 0; k < blocks_; ++k) {
          w_.deficit.push_back(b_.column(0.0, d.depth_mw, d.cost_per_mwh * hours(k), cost_kind::deficit,
                                         of("deficit", "bus", b, k)));
        }
      }
      w_.segments.push_back(w_.segments.back() + b.deficit_segments.size());
    }
    for (std::size_t b = 0; b < s_.buses.size(); ++b) {
      for (std::size_t k = 0; k < blocks_; ++k) {
        w_.excess.push_back(b_.column(0.0, inf, at_.buses[b].excess_cost_per_mwh * hours(k),
                                      cost_kind::excess, of("excess", "bus", s_.buses[b], k)));
      }
    }
    for (std::size_t r = 0; r < s_.sources.size(); ++r) {
      const source_at_stage& x = at_.sources[r];
      const bool uncertain = std::find(s_.noise.sources.begin(), s_.noise.sources.end(),
                                       source_index(static_cast<std::uint32_t>(r))) != s_.noise.sources.end();
      for (std::size_t k = 0; k < blocks_; ++k) {
        const double most = availability(at_, source_index(static_cast<std::uint32_t>(r)), k, 0.0);
        const double cost = -x.curtailment_cost_per_mwh * hours(k);
        const label name = of("source", "source", s_.sources[r], k);
        w_.source.push_back(!x.exists   ? layout::none
                            : uncertain ? b_.column_always(0.0, most, cost, cost_kind::curtailment, name)
                                        : b_.column(0.0, most, cost, cost_kind::curtailment, name));
      }
    }
  }

  void evaporation_columns() {
    const std::size_t n = num_hydros();
    w_.evaporated.assign(n, layout::none);
    w_.evaporation_under.assign(n, layout::none);
    w_.evaporation_over.assign(n, layout::none);
    for (std::size_t h = 0; h < n; ++h) {
      const hydro_at_stage& x = at_.hydros[h];
      if (!x.exists || !x.evaporation) continue;
      w_.evaporated[h] = b_.column_always(x.evaporation->least_m3s, x.evaporation->most_m3s, 0.0,
                                          cost_kind::none, of_hydro("evaporated", h));
      w_.evaporation_under[h] = b_.column(0.0, inf, x.costs.evaporation_under_per_m3s_h * at_.hours,
                                          cost_kind::evaporation, of_hydro("evaporation_under", h));
      w_.evaporation_over[h] = b_.column(0.0, inf, x.costs.evaporation_over_per_m3s_h * at_.hours,
                                         cost_kind::evaporation, of_hydro("evaporation_over", h));
    }
  }

  // A slack exists only where its limit does.
  void slack_columns() {
    const bool fills = s_.inflow_method == negative_inflow::penalty ||
                       s_.inflow_method == negative_inflow::truncation_with_penalty;
    for (std::size_t h = 0; h < num_hydros(); ++h) {
      const hydro_at_stage& x = at_.hydros[h];
      const hydro_costs& c = x.costs;
      const double stage_hours = at_.hours;
      w_.inflow_slack.push_back(b_.column(0.0, fills ? inf : 0.0, c.negative_inflow_per_m3s_h * stage_hours,
                                          cost_kind::negative_inflow, of_hydro("inflow_slack", h)));
      const double taken = x.exists && x.withdrawal_m3s > 0.0 ? inf : 0.0;
      w_.withdrawal_under.push_back(b_.column(0.0, taken, c.withdrawal_under_per_m3s_h * stage_hours,
                                              cost_kind::withdrawal, of_hydro("withdrawal_under", h)));
      w_.withdrawal_over.push_back(b_.column(0.0, taken, c.withdrawal_over_per_m3s_h * stage_hours,
                                             cost_kind::withdrawal, of_hydro("withdrawal_over", h)));
      const bool soft = x.exists && s_.soft_min_storage && x.min_storage_hm3 > 0.0;
      w_.storage_under.push_back(b_.column(0.0, soft ? inf : 0.0, c.storage_below_per_hm3,
                                           cost_kind::storage_violation, of_hydro("storage_under", h)));
      for (std::size_t k = 0; k < blocks_; ++k) {
        const double tau = hours(k);
        const auto slack = [&](bool wanted, double cost, cost_kind kind, const char* family) {
          return b_.column(0.0, wanted && x.exists ? inf : 0.0, cost * tau, kind, of_hydro(family, h, k));
        };
        w_.outflow_under.push_back(slack(x.min_outflow_m3s > 0.0, c.outflow_below_per_m3s_h,
                                         cost_kind::outflow_below, "outflow_under"));
        w_.outflow_over.push_back(slack(x.max_outflow_m3s < inf, c.outflow_above_per_m3s_h,
                                        cost_kind::outflow_above, "outflow_over"));
        w_.turbined_under.push_back(slack(x.min_turbined_m3s > 0.0, c.turbined_below_per_m3s_h,
                                          cost_kind::turbined_below, "turbined_under"));
        w_.generation_under.push_back(slack(x.min_generation_mw > 0.0, c.generation_below_per_mwh,
                                            cost_kind::generation_below, "generation_under"));
      }
    }
  }

  // v - v_in + C sum tau (q + s + u) - what arrives from above + zeta (evaporated - slacks) = zeta (z - w).
  void water_rows() {
    for (std::size_t h = 0; h < num_hydros(); ++h) {
      const int row = b_.row(0.0, 0.0, of_hydro("water", h));
      w_.water_row.push_back(row);
      b_.entry(row, w_.storage[h], 1.0);
      b_.entry(row, w_.incoming[h], -1.0);
      for (std::size_t k = 0; k < blocks_; ++k) {
        const double c = hm3_per_m3s_h * hours(k);
        b_.entry(row, w_.turbined[w_.at(h, k)], c);
        b_.entry(row, w_.spilled[w_.at(h, k)], c);
        b_.entry(row, w_.diverted[w_.at(h, k)], c);
        for (const hydro_index up : s_.hydros[h].upstream) {
          b_.entry(row, w_.turbined[w_.at(up.index(), k)], -c);
          b_.entry(row, w_.spilled[w_.at(up.index(), k)], -c);
        }
        for (const hydro_index up : s_.hydros[h].diverted_from) {
          b_.entry(row, w_.diverted[w_.at(up.index(), k)], -c);
        }
      }
      b_.entry(row, w_.evaporated[h], zeta());
      b_.entry(row, w_.inflow_slack[h], -zeta());
      b_.entry(row, w_.withdrawal_under[h], -zeta());
      b_.entry(row, w_.withdrawal_over[h], zeta());
    }
  }

  // Generation of a hydro in a block with a factor: rho q, or the column of its planes.
  void add_generation(int row, std::size_t h, std::size_t k, double factor) {
    const hydro_at_stage& x = at_.hydros[h];
    if (x.planes) {
      b_.entry(row, w_.generated[w_.at(h, k)], factor);
    } else {
      b_.entry(row, w_.turbined[w_.at(h, k)], factor * x.productivity_mw_per_m3s);
    }
  }

  void load_rows() {
    for (std::size_t b = 0; b < s_.buses.size(); ++b) {
      for (std::size_t k = 0; k < blocks_; ++k) {
        const double mw = load_of(at_, bus_index(static_cast<std::uint32_t>(b)), k, 0.0);
        const int row = b_.row(mw, mw, of("load", "bus", s_.buses[b], k));
        w_.load_row.push_back(row);
        for (std::size_t i = w_.segments[b]; i < w_.segments[b + 1]; ++i) {
          b_.entry(row, w_.deficit[w_.at(i, k)], 1.0);
        }
        b_.entry(row, w_.excess[w_.at(b, k)], -1.0);
      }
    }
    for (std::size_t k = 0; k < blocks_; ++k) {
      const auto row_of = [&](bus_index b) { return w_.load_row[w_.at(b.index(), k)]; };
      for (std::size_t h = 0; h < num_hydros(); ++h) add_generation(row_of(s_.hydros[h].bus), h, k, 1.0);
      for (std::size_t j = 0; j < s_.thermals.size(); ++j) {
        b_.entry(row_of(s_.thermals[j].bus), w_.thermal[w_.at(j, k)], 1.0);
      }
      for (std::size_t r = 0; r < s_.sources.size(); ++r) {
        b_.entry(row_of(s_.sources[r].bus), w_.source[w_.at(r, k)], 1.0);
      }
      for (std::size_t l = 0; l < s_.lines.size(); ++l) {
        b_.entry(row_of(s_.lines[l].target), w_.direct[w_.at(l, k)], 1.0);
        b_.entry(row_of(s_.lines[l].target), w_.reverse[w_.at(l, k)], -1.0);
        b_.entry(row_of(s_.lines[l].source), w_.direct[w_.at(l, k)], -1.0);
        b_.entry(row_of(s_.lines[l].source), w_.reverse[w_.at(l, k)], 1.0);
      }
    }
  }

  // g - gv/2 (v + v_in) - gq q - gs s <= intercept.
  void production_rows() {
    for (std::size_t h = 0; h < num_hydros(); ++h) {
      const hydro_at_stage& x = at_.hydros[h];
      if (!x.exists || !x.planes) continue;
      for (std::size_t k = 0; k < blocks_; ++k) {
        if (w_.generated[w_.at(h, k)] < 0) continue;
        for (const production_plane& plane : s_.plane_sets[x.planes->index()].planes) {
          const int row = b_.row(-inf, plane.intercept_mw, of_hydro("production", h, k));
          b_.entry(row, w_.generated[w_.at(h, k)], 1.0);
          b_.entry(row, w_.storage[h], -plane.mw_per_hm3 / 2);
          b_.entry(row, w_.incoming[h], -plane.mw_per_hm3 / 2);
          b_.entry(row, w_.turbined[w_.at(h, k)], -plane.mw_per_m3s_turbined);
          b_.entry(row, w_.spilled[w_.at(h, k)], -plane.mw_per_m3s_spilled);
        }
      }
    }
  }

  // Q - kv/2 (v + v_in) + under - over = k0.
  void evaporation_rows() {
    for (std::size_t h = 0; h < num_hydros(); ++h) {
      if (w_.evaporated[h] < 0) continue;
      const evaporation_line& e = *at_.hydros[h].evaporation;
      const int row = b_.row(e.constant_m3s, e.constant_m3s, of_hydro("evaporation", h));
      b_.entry(row, w_.evaporated[h], 1.0);
      b_.entry(row, w_.storage[h], -e.m3s_per_hm3 / 2);
      b_.entry(row, w_.incoming[h], -e.m3s_per_hm3 / 2);
      b_.entry(row, w_.evaporation_under[h], 1.0);
      b_.entry(row, w_.evaporation_over[h], -1.0);
    }
  }

  void limit_rows() {
    for (std::size_t h = 0; h < num_hydros(); ++h) {
      const hydro_at_stage& x = at_.hydros[h];
      if (!x.exists) {
        // A hydro that is not there keeps its water; what flows in leaves as spillage.
        const int row = b_.row(0.0, 0.0, of_hydro("absent", h));
        b_.entry(row, w_.storage[h], 1.0);
        b_.entry(row, w_.incoming[h], -1.0);
        continue;
      }
      if (w_.storage_under[h] >= 0) {
        const int row = b_.row(x.min_storage_hm3, inf, of_hydro("min_storage", h));
        b_.entry(row, w_.storage[h], 1.0);
        b_.entry(row, w_.storage_under[h], 1.0);
      }
      for (std::size_t k = 0; k < blocks_; ++k) {
        const std::size_t i = w_.at(h, k);
        const auto outflow = [&](int row) {
          b_.entry(row, w_.turbined[i], 1.0);
          b_.entry(row, w_.spilled[i], 1.0);
          b_.entry(row, w_.diverted[i], 1.0);
        };
        if (w_.outflow_under[i] >= 0) {
          const int row = b_.row(x.min_outflow_m3s, inf, of_hydro("min_outflow", h, k));
          outflow(row);
          b_.entry(row, w_.outflow_under[i], 1.0);
        }
        if (w_.outflow_over[i] >= 0) {
          const int row = b_.row(-inf, x.max_outflow_m3s, of_hydro("max_outflow", h, k));
          outflow(row);
          b_.entry(row, w_.outflow_over[i], -1.0);
        }
        if (w_.turbined_under[i] >= 0) {
          const int row = b_.row(x.min_turbined_m3s, inf, of_hydro("min_turbined", h, k));
          b_.entry(row, w_.turbined[i], 1.0);
          b_.entry(row, w_.turbined_under[i], 1.0);
        }
        if (w_.generation_under[i] >= 0) {
          const int row = b_.row(x.min_generation_mw, inf, of_hydro("min_generation", h, k));
          add_generation(row, h, k, 1.0);
          b_.entry(row, w_.generation_under[i], 1.0);
        }
      }
    }
  }

  void generic_rows(std::vector<curtailment_row>& curtailments) {
    for (const constraint_row& r : at_.constraint_rows) {
      const generic_constraint& g = s_.constraints[r.constraint.index()];
      const bool lower = g.sense != constraint_sense::at_most;
      const bool upper = g.sense != constraint_sense::at_least;
      const auto named = [&](const char* family) { return of(family, "constraint", g, r.block); };
      const int row = b_.row(lower ? r.bound : -inf, upper ? r.bound : inf, named("generic"));
      w_.generic_row.push_back(row);
      const double cost = g.slack_cost_per_unit_h.value_or(0.0) * hours(r.block);
      const double wanted = g.slack_cost_per_unit_h ? inf : 0.0;
      const int missing =
          b_.column(0.0, lower ? wanted : 0.0, cost, cost_kind::generic, named("generic_missing"));
      const int beyond =
          b_.column(0.0, upper ? wanted : 0.0, cost, cost_kind::generic, named("generic_beyond"));
      b_.entry(row, missing, 1.0);
      b_.entry(row, beyond, -1.0);
      w_.generic_slack.push_back(missing);
      w_.generic_slack.push_back(beyond);
      curtailment_row follows{.row = row};
      for (const constraint_term& term : g.terms) add_term(row, term, term.block.value_or(r.block), follows);
      if (!follows.source.empty()) {
        // The certain part of the bound, withdrawals already moved.
        follows.lower = lower ? r.bound - moved_ : -inf;
        follows.upper = upper ? r.bound - moved_ : inf;
        curtailments.push_back(follows);
      }
      moved_ = 0.0;
    }
  }

  void add_term(int row, const constraint_term& term, std::size_t k, curtailment_row& follows) {
    const std::size_t e = term.entity;
    const double c = term.coefficient;
    const std::size_t i = w_.at(e, k);
    switch (term.what) {
      case quantity::hydro_storage: b_.entry(row, w_.storage[e], c); break;
      case quantity::hydro_evaporation: b_.entry(row, w_.evaporated[e], c); break;
      case quantity::hydro_withdrawal:
        b_.shift(row, c * at_.hydros[e].withdrawal_m3s);
        moved_ += c * at_.hydros[e].withdrawal_m3s;
        b_.entry(row, w_.withdrawal_under[e], -c);
        b_.entry(row, w_.withdrawal_over[e], c);
        break;
      case quantity::hydro_turbined: b_.entry(row, w_.turbined[i], c); break;
      case quantity::hydro_spillage: b_.entry(row, w_.spilled[i], c); break;
      case quantity::hydro_diversion: b_.entry(row, w_.diverted[i], c); break;
      case quantity::hydro_outflow:
        b_.entry(row, w_.turbined[i], c);
        b_.entry(row, w_.spilled[i], c);
        break;
      case quantity::hydro_generation: add_generation(row, e, k, c); break;
      case quantity::thermal_generation: b_.entry(row, w_.thermal[i], c); break;
      case quantity::line_direct: b_.entry(row, w_.direct[i], c); break;
      case quantity::line_reverse: b_.entry(row, w_.reverse[i], c); break;
      case quantity::line_exchange:
        b_.entry(row, w_.direct[i], c);
        b_.entry(row, w_.reverse[i], -c);
        break;
      case quantity::bus_deficit:
        for (std::size_t d = w_.segments[e]; d < w_.segments[e + 1]; ++d) {
          b_.entry(row, w_.deficit[w_.at(d, k)], c);
        }
        break;
      case quantity::bus_excess: b_.entry(row, w_.excess[i], c); break;
      case quantity::non_controllable_generation: b_.entry(row, w_.source[i], c); break;
      case quantity::non_controllable_curtailment: {
        // availability - used: the availability goes to the right, with the noise.
        const double most = availability(at_, source_index(term.entity), k, 0.0);
        b_.entry(row, w_.source[i], -c);
        b_.shift(row, c * most);
        follows.source.push_back(i);
        follows.coefficient.push_back(c);
        break;
      }
      case quantity::pumping_flow:
      case quantity::pumping_power:
      case quantity::contract_import:
      case quantity::contract_export: break;  // no such entity exists: the sum over none
    }
  }

  const system& s_;
  const stage& at_;
  std::size_t t_;
  std::size_t blocks_;
  form form_;
  double floor_;
  layout w_{};
  program_builder b_{};
  double moved_ = 0.0;  // constants of the current generic row that are on its right already
};

}  // namespace

stage_problem build_stage(const system& s, std::size_t t, const form& f, double floor) {
  return stage_builder(s, t, f, floor).build();
}

std::vector<double> future_cost_floors(const system& s) {
  const std::size_t n = s.stages.size();
  std::vector<double> least(n, 0.0);
  for (std::size_t t = n; t-- > 1;) {
    const stage& at = s.stages[t];
    double earned = 0.0;
    for (std::size_t r = 0; r < s.sources.size(); ++r) {
      const source_at_stage& x = at.sources[r];
      if (!x.exists) continue;
      // The share is at most 1; a certain one is known.
      const double share = x.std_fraction == 0.0 ? std::clamp(x.mean_fraction, 0.0, 1.0) : 1.0;
      for (std::size_t k = 0; k < at.blocks.size(); ++k) {
        earned += x.curtailment_cost_per_mwh * at.blocks[k].hours * x.max_generation_mw * share *
                  at.source_factors[r * at.blocks.size() + k];
      }
    }
    least[t - 1] = -earned + at.discount * least[t];
  }
  return least;
}

double automatic_cost_scale(const system& s) {
  std::vector<double> costs;
  for (std::size_t t = 0; t < s.stages.size(); ++t) {
    const stage_problem p = build_stage(s, t, {.cost_scale = 1.0}, 0.0);
    for (std::size_t j = 0; j < p.program.objective.size(); ++j) {
      const double c = std::fabs(p.program.objective[j]);
      if (c > 0.0 && p.kinds[j] != cost_kind::future) costs.push_back(c);
    }
  }
  if (costs.empty()) return 1.0;
  const auto middle = costs.begin() + static_cast<std::ptrdiff_t>(costs.size() / 2);
  std::nth_element(costs.begin(), middle, costs.end());
  return std::pow(10.0, std::round(std::log10(*middle)));
}

}  // namespace twill::sddp::lp
