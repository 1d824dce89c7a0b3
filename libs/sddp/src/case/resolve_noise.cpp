// SPDX-License-Identifier: Apache-2.0
#include "resolve.hpp"
#include "twill/base/number.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace twill::sddp::detail {
namespace {

struct moments {
  double mean = 0.0, deviation = 0.0;
};

/// Statistics of inflow by (hydro, stage id), those before the study included.
class statistics {
 public:
  explicit statistics(const context& c) {
    const table_file& file = c.in.inflow_stats;
    const auto hydros = file.ints("hydro_id");
    const auto stages = file.ints("stage_id");
    for (std::size_t row = 0; row < file.rows(); ++row)
      rows_[{hydros[row], stages[row]}] = {file.real(row, "mean_m3s").value_or(0),
                                           file.real(row, "std_m3s").value_or(0)};
    std::set<std::uint32_t> seasons;
    for (std::size_t t = 0; t < c.stages.size(); ++t) {
      if (!c.stage(t).season) continue;
      seasons.insert(*c.stage(t).season);
      of_season_.emplace(*c.stage(t).season, c.stages.id(t));
    }
    if (c.stages.size() != 0 && c.stage(0).season) offset_ = *c.stage(0).season;
    seasons_ = static_cast<std::int64_t>(seasons.size());
  }

  /// Of a stage id; where it has no row, of the study's first stage in the season that the id falls into.
  [[nodiscard]] std::optional<moments> at(std::int32_t hydro, std::int32_t stage) const {
    if (const auto found = rows_.find({hydro, stage}); found != rows_.end()) return found->second;
    if (seasons_ == 0) return std::nullopt;
    const std::int64_t season = ((stage + offset_) % seasons_ + seasons_) % seasons_;
    const auto first = of_season_.find(static_cast<std::uint32_t>(season));
    if (first == of_season_.end()) return std::nullopt;
    const auto found = rows_.find({hydro, first->second});
    return found == rows_.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  std::map<std::pair<std::int32_t, std::int32_t>, moments> rows_;
  std::map<std::uint32_t, std::int32_t> of_season_;
  std::int64_t offset_ = 0;
  std::int64_t seasons_ = 0;
};

struct coefficients {
  std::map<std::int32_t, double> by_lag{};
  double ratio = 1.0;
};
struct annual_term {
  double coefficient = 0.0, deviation = 1.0;
};

}  // namespace

void resolve_inflows(context& c, system& s) {
  const std::size_t hydros = s.hydros.size();
  const statistics stats(c);
  std::map<std::pair<std::int32_t, std::int32_t>, coefficients> lags;
  const table_file& ar = c.in.inflow_ar;
  for (std::size_t row = 0; row < ar.rows(); ++row) {
    coefficients& into = lags[{ar.ints("hydro_id")[row], ar.ints("stage_id")[row]}];
    into.by_lag[ar.ints("lag")[row]] = ar.real(row, "coefficient").value_or(0);
    into.ratio = ar.real(row, "residual_std_ratio").value_or(1);
  }
  std::map<std::pair<std::int32_t, std::int32_t>, annual_term> annual;
  const table_file& yearly = c.in.inflow_annual;
  for (std::size_t row = 0; row < yearly.rows(); ++row)
    annual[{yearly.ints("hydro_id")[row], yearly.ints("stage_id")[row]}] = {
        yearly.real(row, "annual_coefficient").value_or(0), yearly.real(row, "annual_std_m3s").value_or(1)};

  inflow_model& m = s.inflows;
  m.hydros = hydros;
  m.order.assign(hydros, 0);
  for (const auto& [key, of] : lags) {
    const auto h = c.hydros.find(key.first);
    if (!h || !c.stages.has(key.second)) continue;
    m.order[*h] = std::max(m.order[*h], static_cast<std::uint32_t>(of.by_lag.rbegin()->first));
  }
  for (const auto& [key, of] : annual)
    if (const auto h = c.hydros.find(key.first); h && c.stages.has(key.second)) m.order[*h] = 12;
  m.lags = hydros == 0 ? 0 : std::ranges::max(m.order);
  const std::size_t pairs = s.stages.size() * hydros;
  for (auto* values : {&m.base_m3s, &m.sigma_m3s, &m.mean_m3s, &m.std_m3s}) values->assign(pairs, 0.0);
  m.psi.assign(pairs * m.lags, 0.0);

  for (std::size_t t = 0; t < s.stages.size(); ++t) {
    const std::int32_t stage = c.stages.id(t);
    for (std::size_t h = 0; h < hydros; ++h) {
      const std::int32_t id = c.hydros.id(h);
      const std::size_t at = t * hydros + h;
      const moments here = stats.at(id, stage).value_or(moments{});
      m.mean_m3s[at] = m.base_m3s[at] = here.mean;
      m.std_m3s[at] = m.sigma_m3s[at] = here.deviation;
      const auto own = lags.find({id, stage});
      const auto year = annual.find({id, stage});
      if (own != lags.end()) m.sigma_m3s[at] = here.deviation * own->second.ratio;
      const std::int32_t most = year != annual.end() ? 12
                                : own != lags.end()  ? own->second.by_lag.rbegin()->first
                                                     : 0;
      for (std::int32_t lag = 1; lag <= most; ++lag) {
        const auto before = stats.at(id, stage - lag);
        if (!before) {
          c.error(finding_kind::dimension_mismatch, "ar.lag_statistics", fmt::format("Hydro {}", id),
                  {.what = fmt::format("lag {} of stage {} has no statistics", lag, stage),
                   .where = location{.file = c.in.inflow_stats.name},
                   .found = fmt::format("no row for stage {} and none for its season", stage - lag),
                   .expected = "a row for every stage that a lag reaches, also before the study"});
          break;
        }
        double psi = 0.0;
        if (own != lags.end() && before->deviation > 0) {
          const auto given = own->second.by_lag.find(lag);
          if (given != own->second.by_lag.end()) psi = given->second * here.deviation / before->deviation;
        }
        if (year != annual.end())
          psi += year->second.coefficient * here.deviation / year->second.deviation / 12.0;
        m.psi[at * m.lags + static_cast<std::size_t>(lag - 1)] = psi;
        m.base_m3s[at] -= psi * before->mean;
      }
      if (!std::isfinite(m.base_m3s[at]))
        c.error(
            finding_kind::invalid_value, "ar.finite", fmt::format("Hydro {}", id),
            {.what = fmt::format("deviations of stage {} and of its lags differ beyond all numbers", stage),
             .where = location{.file = c.in.inflow_stats.name},
             .found = fmt::format("a deviation of {} m3/s", shortest(here.deviation)),
             .expected = "deviations of about one size"});
    }
  }
}

namespace {

void correlations(context& c, system& s) {
  noise_model& n = s.noise;
  const auto& file = c.in.correlation;
  n.profile_of_stage.assign(s.stages.size(), std::nullopt);
  if (!file.present) return;
  n.method = file.content.method == "cholesky" ? correlation_method::cholesky : correlation_method::spectral;
  const auto position = [&](const raw::correlated& one) -> std::optional<std::uint32_t> {
    const auto after = [](const auto& list, auto wanted, std::size_t offset) -> std::optional<std::uint32_t> {
      const auto at = std::ranges::find(list, wanted);
      if (at == list.end()) return std::nullopt;
      return static_cast<std::uint32_t>(offset + static_cast<std::size_t>(at - list.begin()));
    };
    if (one.type == raw::noise_class::inflow) return c.hydros.find(one.entity);
    if (one.type == raw::noise_class::load)
      return after(n.loads, bus_index(*c.buses.find(one.entity)), n.hydros);
    return after(n.sources, source_index(*c.sources.find(one.entity)), n.hydros + n.loads.size());
  };
  std::map<std::string, std::uint32_t> names;
  for (const auto& [name, profile] : file.content.profiles) {
    correlation_profile made{.name = name};
    for (std::size_t g = 0; g < profile.groups.size(); ++g) {
      const raw::correlation_group& from = profile.groups[g];
      std::vector<std::pair<std::uint32_t, std::size_t>> members;
      for (std::size_t e = 0; e < from.entities.size(); ++e) {
        if (const auto p = position(from.entities[e])) {
          members.emplace_back(*p, e);
          continue;
        }
        c.error(finding_kind::dimension_mismatch, "correlation.certain_entity",
                fmt::format("Group {}", from.name),
                {.what = "an entity without noise is correlated",
                 .where = file.at(
                     fmt::format("/profiles/{}/correlation_groups/{}/entities/{}", pointer_part(name), g, e)),
                 .found = std::to_string(from.entities[e].entity),
                 .expected = "an entity with a deviation at some stage"});
      }
      // By position, so that the order of entities in the file does not matter.
      std::ranges::sort(members);
      correlation_group group{.name = from.name};
      for (const auto& [p, row] : members) {
        group.positions.push_back(p);
        for (const auto& member : members) group.matrix.push_back(from.matrix[row][member.second]);
      }
      made.groups.push_back(std::move(group));
    }
    std::ranges::sort(made.groups, {}, [](const correlation_group& g) { return g.positions; });
    names.emplace(name, static_cast<std::uint32_t>(n.profiles.size()));
    n.profiles.push_back(std::move(made));
  }
  std::optional<std::uint32_t> otherwise;
  if (const auto found = names.find("default"); found != names.end())
    otherwise = found->second;
  else if (names.size() == 1)
    otherwise = 0;
  std::ranges::fill(n.profile_of_stage, otherwise);
  for (const raw::schedule_entry& entry : file.content.schedule)
    n.profile_of_stage[*c.stages.find(entry.stage)] = names.at(entry.profile);
}

}  // namespace

void resolve_noise(context& c, system& s) {
  noise_model& n = s.noise;
  n.hydros = s.hydros.size();
  for (std::uint32_t b = 0; b < s.buses.size(); ++b)
    if (std::ranges::any_of(s.stages, [&](const stage& at) { return at.buses[b].load_std_mw > 0; }))
      n.loads.emplace_back(b);
  for (std::uint32_t r = 0; r < s.sources.size(); ++r)
    if (std::ranges::any_of(s.stages, [&](const stage& at) { return at.sources[r].std_fraction > 0; }))
      n.sources.emplace_back(r);
  correlations(c, s);
  const table_file& file = c.in.openings;
  if (!file.present) return;
  opening_tree& tree = n.tree.emplace();
  tree.dimension = n.dimension();
  tree.offsets.push_back(0);
  for (const stage& at : s.stages) tree.offsets.push_back(tree.offsets.back() + at.openings * tree.dimension);
  tree.values.assign(tree.offsets.back(), 0.0);
  const auto stages = file.ints("stage_id");
  const auto opening = file.counts("opening_index");
  const auto entity = file.counts("entity_index");
  for (std::size_t row = 0; row < file.rows(); ++row) {
    const auto t = c.stages.find(stages[row]);
    if (!t) continue;
    tree.values[tree.offsets[*t] + opening[row] * tree.dimension + entity[row]] =
        file.real(row, "value").value_or(0);
  }
}

}  // namespace twill::sddp::detail
