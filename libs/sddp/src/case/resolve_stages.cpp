// SPDX-License-Identifier: Apache-2.0
#include "resolve.hpp"
#include "twill/base/number.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <tuple>

namespace twill::sddp::detail {
namespace {

using std::chrono::sys_days;

sys_days day_of(table::date d) { return sys_days(std::chrono::days(d.days)); }

/// Each row of a table whose stage is of the study: `use(entity position, stage position, row)`.
template <class Use>
void each_row(const context& c, const table_file& file, const char* column, const id_index& entities,
              Use use) {
  const auto ids = file.ints(column);
  const auto stages = file.ints("stage_id");
  for (std::size_t row = 0; row < file.rows(); ++row) {
    const auto t = c.stages.find(stages[row]);
    const auto e = entities.find(ids[row]);
    if (t && e) use(*e, *t, row);
  }
}

void set(double& into, std::optional<double> value) {
  if (value) into = *value;
}

double discount_of(const context& c, const raw::stage& at) {
  double rate = c.in.stages.content.graph.rate;
  const auto& arcs = c.in.stages.content.graph.transitions;
  const auto arc = std::ranges::find(arcs, at.number, &raw::transition::source);
  if (arc != arcs.end() && arc->rate) rate = *arc->rate;
  if (rate == 0) return 1.0;
  return std::pow(1.0 + rate, -static_cast<double>(at.end.days - at.start.days) / 365.25);
}

void calendar(const context& c, system& s) {
  std::map<std::pair<std::int32_t, int>, stage_id> groups;
  for (std::size_t t = 0; t < c.stages.size(); ++t) {
    const raw::stage& from = c.stage(t);
    stage made;
    made.id = stage_id(from.number);
    made.start = day_of(from.start);
    made.end = day_of(from.end);
    made.noise_group = made.id;
    if (from.season) {
      made.season = season_id(static_cast<std::int32_t>(*from.season));
      const int year = static_cast<int>(std::chrono::year_month_day(made.start).year());
      made.noise_group = groups.emplace(std::pair(made.season->value(), year), made.id).first->second;
    }
    made.blocks.resize(from.blocks.size());
    for (const raw::block& b : from.blocks)
      made.blocks[static_cast<std::size_t>(b.number)] = {b.name, b.hours};
    for (const block& b : made.blocks) made.hours += b.hours;
    made.discount = discount_of(c, from);
    made.risk = from.risk;
    made.openings = from.openings;
    made.sampling = from.sampling;
    s.stages.push_back(std::move(made));
  }
}

void thermals(context& c, system& s) {
  for (std::size_t t = 0; t < s.stages.size(); ++t) {
    stage& at = s.stages[t];
    for (std::size_t j = 0; j < c.thermals.size(); ++j) {
      const raw::thermal& from = c.in.thermals.content.items[c.thermals.in_file(j)];
      at.thermals.insert(at.thermals.end(), at.blocks.size(),
                         {from.generation.least, from.generation.most, from.cost});
    }
  }
  const table_file& file = c.in.thermal_bounds;
  const auto apply = [&](bool of_a_block) {
    each_row(c, file, "thermal_id", c.thermals, [&](std::size_t j, std::size_t t, std::size_t row) {
      const auto block = file.integer(row, "block_id");
      if (block.has_value() != of_a_block) return;
      const std::size_t blocks = s.stages[t].blocks.size();
      for (std::size_t k = 0; k < blocks; ++k) {
        if (block && static_cast<std::size_t>(*block) != k) continue;
        thermal_at_block& into = s.stages[t].thermals[j * blocks + k];
        set(into.min_generation_mw, file.real(row, "min_generation_mw"));
        set(into.max_generation_mw, file.real(row, "max_generation_mw"));
        set(into.cost_per_mwh, file.real(row, "cost_per_mwh"));
      }
    });
  };
  apply(false);
  apply(true);
  each_row(c, file, "thermal_id", c.thermals, [&](std::size_t j, std::size_t t, std::size_t row) {
    const std::size_t blocks = s.stages[t].blocks.size();
    for (std::size_t k = 0; k < blocks; ++k) {
      const thermal_at_block& made = s.stages[t].thermals[j * blocks + k];
      if (made.min_generation_mw <= made.max_generation_mw) continue;
      c.error(finding_kind::invalid_value, "bounds.thermal", fmt::format("Thermal {}", c.thermals.id(j)),
              {.what = fmt::format("maximum below minimum in stage {}, block {}", c.stages.id(t), k),
               .where = file.at(row, "stage_id"),
               .found = shortest(made.max_generation_mw),
               .expected = fmt::format("at least {} MW", shortest(made.min_generation_mw))});
      break;
    }
  });
  for (std::size_t t = 0; t < s.stages.size(); ++t) {
    stage& at = s.stages[t];
    for (std::size_t j = 0; j < c.thermals.size(); ++j) {
      if (context::exists(c.in.thermals.content.items[c.thermals.in_file(j)], at.id.value())) continue;
      for (std::size_t k = 0; k < at.blocks.size(); ++k) {
        thermal_at_block& gone = at.thermals[j * at.blocks.size() + k];
        gone.min_generation_mw = 0.0;
        gone.max_generation_mw = 0.0;
      }
    }
  }
}

void lines(context& c, system& s) {
  for (stage& at : s.stages) {
    for (std::size_t l = 0; l < c.lines.size(); ++l) {
      const raw::line& from = c.in.lines.content.items[c.lines.in_file(l)];
      const double cost = from.exchange_cost.value_or(c.in.penalties.content.line.exchange_cost);
      at.lines.insert(at.lines.end(), at.blocks.size(), {from.capacity.direct, from.capacity.reverse, cost});
    }
  }
  const auto each_block = [&](std::size_t l, std::size_t t, auto&& change) {
    const std::size_t blocks = s.stages[t].blocks.size();
    for (std::size_t k = 0; k < blocks; ++k) change(s.stages[t].lines[l * blocks + k]);
  };
  each_row(c, c.in.line_bounds, "line_id", c.lines, [&](std::size_t l, std::size_t t, std::size_t row) {
    each_block(l, t, [&](line_at_block& into) {
      set(into.direct_mw, c.in.line_bounds.real(row, "direct_mw"));
      set(into.reverse_mw, c.in.line_bounds.real(row, "reverse_mw"));
    });
  });
  each_row(c, c.in.line_costs, "line_id", c.lines, [&](std::size_t l, std::size_t t, std::size_t row) {
    each_block(l, t, [&](line_at_block& into) {
      set(into.exchange_cost_per_mwh, c.in.line_costs.real(row, "exchange_cost"));
    });
  });
  for (const raw::exchange_factors& f : c.in.exchange_factors.content.items) {
    const std::size_t t = *c.stages.find(f.stage);
    const std::size_t l = *c.lines.find(f.line);
    for (const raw::exchange_factor& k : f.blocks) {
      line_at_block& into =
          s.stages[t].lines[l * s.stages[t].blocks.size() + static_cast<std::size_t>(k.block)];
      into.direct_mw *= k.direct;
      into.reverse_mw *= k.reverse;
    }
  }
  for (std::size_t t = 0; t < s.stages.size(); ++t) {
    for (std::size_t l = 0; l < c.lines.size(); ++l) {
      if (context::exists(c.in.lines.content.items[c.lines.in_file(l)], c.stages.id(t))) continue;
      each_block(l, t, [](line_at_block& gone) { gone.direct_mw = gone.reverse_mw = 0.0; });
    }
  }
}

/// Factors of blocks; 1 where none is given.
std::vector<double> ones(std::size_t entities, const stage& at) {
  return std::vector<double>(entities * at.blocks.size(), 1.0);
}

void buses(context& c, system& s) {
  for (stage& at : s.stages) {
    at.buses.assign(c.buses.size(), {.excess_cost_per_mwh = c.in.penalties.content.bus.excess_cost});
    at.load_factors = ones(c.buses.size(), at);
  }
  each_row(c, c.in.load_stats, "bus_id", c.buses, [&](std::size_t b, std::size_t t, std::size_t row) {
    set(s.stages[t].buses[b].load_mean_mw, c.in.load_stats.real(row, "mean_mw"));
    set(s.stages[t].buses[b].load_std_mw, c.in.load_stats.real(row, "std_mw"));
  });
  each_row(c, c.in.bus_costs, "bus_id", c.buses, [&](std::size_t b, std::size_t t, std::size_t row) {
    set(s.stages[t].buses[b].excess_cost_per_mwh, c.in.bus_costs.real(row, "excess_cost"));
  });
  for (const raw::factors& f : c.in.load_factors.content.items) {
    stage& at = s.stages[*c.stages.find(f.stage)];
    for (const raw::block_factor& k : f.blocks)
      at.load_factors[*c.buses.find(f.entity) * at.blocks.size() + static_cast<std::size_t>(k.block)] =
          k.factor;
  }
}

void sources(context& c, system& s) {
  for (stage& at : s.stages) {
    at.source_factors = ones(c.sources.size(), at);
    for (std::size_t r = 0; r < c.sources.size(); ++r) {
      const raw::source& from = c.in.sources.content.items[c.sources.in_file(r)];
      source_at_stage made{.exists = context::exists(from, at.id.value()), .max_generation_mw = from.most};
      made.curtailment_cost_per_mwh =
          from.curtailment_cost.value_or(c.in.penalties.content.source.curtailment_cost);
      at.sources.push_back(made);
    }
  }
  // Statistics are shares of the plant's capacity; only without them does the table of bounds count.
  each_row(c, c.in.source_bounds, "ncs_id", c.sources, [&](std::size_t r, std::size_t t, std::size_t row) {
    set(s.stages[t].sources[r].max_generation_mw, c.in.source_bounds.real(row, "available_generation_mw"));
  });
  each_row(c, c.in.source_stats, "ncs_id", c.sources, [&](std::size_t r, std::size_t t, std::size_t row) {
    source_at_stage& into = s.stages[t].sources[r];
    into.max_generation_mw = c.in.sources.content.items[c.sources.in_file(r)].most;
    set(into.mean_fraction, c.in.source_stats.real(row, "mean"));
    set(into.std_fraction, c.in.source_stats.real(row, "std"));
  });
  each_row(c, c.in.source_costs, "source_id", c.sources, [&](std::size_t r, std::size_t t, std::size_t row) {
    set(s.stages[t].sources[r].curtailment_cost_per_mwh, c.in.source_costs.real(row, "curtailment_cost"));
  });
  for (const raw::factors& f : c.in.source_factors.content.items) {
    stage& at = s.stages[*c.stages.find(f.stage)];
    for (const raw::block_factor& k : f.blocks)
      at.source_factors[*c.sources.find(f.entity) * at.blocks.size() + static_cast<std::size_t>(k.block)] =
          k.factor;
  }
}

void constraint_rows(const context& c, system& s) {
  const table_file& file = c.in.constraint_bounds;
  each_row(c, file, "constraint_id", c.constraints, [&](std::size_t i, std::size_t t, std::size_t row) {
    const auto block = file.integer(row, "block_id");
    for (std::size_t k = 0; k < s.stages[t].blocks.size(); ++k) {
      if (block && static_cast<std::size_t>(*block) != k) continue;
      s.stages[t].constraint_rows.push_back({constraint_index(static_cast<std::uint32_t>(i)),
                                             static_cast<std::uint32_t>(k),
                                             file.real(row, "bound").value_or(0)});
    }
  });
  for (stage& at : s.stages) {
    std::ranges::sort(at.constraint_rows, [](const constraint_row& a, const constraint_row& b) {
      return std::tuple(a.constraint, a.block, a.bound) < std::tuple(b.constraint, b.block, b.bound);
    });
  }
}

}  // namespace

void resolve_stages(context& c, system& s) {
  calendar(c, s);
  thermals(c, s);
  lines(c, s);
  buses(c, s);
  sources(c, s);
  constraint_rows(c, s);
}

}  // namespace twill::sddp::detail
