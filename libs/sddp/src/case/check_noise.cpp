// SPDX-License-Identifier: Apache-2.0
#include "context.hpp"
#include "twill/base/number.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <tuple>

// Layer 5, what is uncertain: autoregression, correlation, scenarios.
namespace twill::sddp::detail {
namespace {

using kind = finding_kind;

using pair = std::pair<std::int32_t, std::int32_t>;

std::set<pair> pairs_of(const table_file& file, const char* column) {
  std::set<pair> all;
  const auto ids = file.ints(column);
  const auto stages = file.ints("stage_id");
  for (std::size_t row = 0; row < file.rows(); ++row) all.emplace(ids[row], stages[row]);
  return all;
}

void certain(context& c, const table_file& file, const char* column, const char* what) {
  std::size_t zeros = 0;
  std::size_t first = 0;
  for (std::size_t row = file.rows(); row-- > 0;) {
    if (file.real(row, column) != 0.0) continue;
    ++zeros;
    first = row;
  }
  if (zeros == 0) return;
  c.out.warning("stats.certain", {},
                {.what = fmt::format("{} without deviation in {} row{}", what, zeros, zeros == 1 ? "" : "s"),
                 .where = file.at(first, column)});
}

void autoregression(context& c) {
  const table_file& file = c.in.inflow_ar;
  if (!file.present) return;
  const std::set<pair> stats = pairs_of(c.in.inflow_stats, "hydro_id");
  std::map<pair, std::vector<std::pair<std::int32_t, std::size_t>>> lags;
  const auto hydros = file.ints("hydro_id");
  const auto stages = file.ints("stage_id");
  const auto lag = file.ints("lag");
  for (std::size_t row = 0; row < file.rows(); ++row)
    lags[{hydros[row], stages[row]}].emplace_back(lag[row], row);
  std::size_t told = 0;
  std::map<std::int32_t, std::size_t> order;
  for (auto& [key, rows] : lags) {
    std::ranges::sort(rows);
    const std::string name = fmt::format("Hydro {}", key.first);
    auto& most = order[key.first];
    most = std::max(most, rows.size());
    if (told >= 20) break;
    const std::size_t first = rows.front().second;
    if (c.in.inflow_stats.present && !stats.contains(key)) {
      ++told;
      c.error(kind::dimension_mismatch, "ar.orphan", name,
              {.what = fmt::format("coefficients of stage {} without statistics", key.second),
               .where = file.at(first, "stage_id"),
               .expected = "a row of scenarios/inflow_seasonal_stats"});
    }
    for (std::size_t i = 0; i < rows.size(); ++i) {
      if (rows[i].first == static_cast<std::int32_t>(i + 1)) continue;
      ++told;
      c.error(kind::business_rule_violation, "ar.lags", name,
              {.what = fmt::format("lags of stage {} have a gap", key.second),
               .where = file.at(rows[i].second, "lag"),
               .found = std::to_string(rows[i].first),
               .expected = std::to_string(i + 1)});
      break;
    }
    const auto ratio = [&](std::size_t row) { return file.real(row, "residual_std_ratio"); };
    const auto other =
        std::ranges::find_if(rows, [&](const auto& r) { return ratio(r.second) != ratio(first); });
    if (other != rows.end()) {
      ++told;
      c.error(kind::business_rule_violation, "ar.residual_std_ratio", name,
              {.what = fmt::format("one ratio belongs to all lags of stage {}", key.second),
               .where = file.at(other->second, "residual_std_ratio"),
               .found = shortest(ratio(other->second).value_or(0)),
               .expected = shortest(ratio(first).value_or(0))});
    }
    const auto t = c.stages.find(key.second);
    if (t && !c.stage(*t).season) {
      ++told;
      c.error(kind::business_rule_violation, "ar.season", name,
              {.what = fmt::format("coefficients of stage {}, which has no season", key.second),
               .where = c.in.stages.at(fmt::format("/stages/{}", c.stages.in_file(*t))),
               .expected = "the key season_id"});
    }
  }
  // Rows of the deviation by which the coefficients are scaled.
  for (std::size_t row = 0; row < c.in.inflow_stats.rows(); ++row) {
    const pair key{c.in.inflow_stats.ints("hydro_id")[row], c.in.inflow_stats.ints("stage_id")[row]};
    if (c.in.inflow_stats.real(row, "std_m3s") != 0.0 || !lags.contains(key)) continue;
    c.error(kind::business_rule_violation, "ar.certain", fmt::format("Hydro {}", key.first),
            {.what = fmt::format("coefficients of stage {}, which has no deviation", key.second),
             .where = c.in.inflow_stats.at(row, "std_m3s"),
             .found = "0",
             .expected = "above 0"});
  }
  const auto& study = c.in.stages.content.study;
  const bool wanted = std::ranges::any_of(study, [](const raw::stage& s) { return s.state.inflow_lags; });
  for (const auto& [hydro, lags_of_hydro] : order) {
    if (lags_of_hydro == 0 || !c.hydros.has(hydro)) continue;
    const auto& past = c.in.initial.content.past;
    const auto given = std::ranges::find(past, hydro, &raw::past_inflow::hydro);
    const std::size_t values = given == past.end() ? 0 : given->values.size();
    if (values >= lags_of_hydro) continue;
    diagnosis d{.what = fmt::format("{} past inflow{} for {} lag{}", values, values == 1 ? "" : "s",
                                    lags_of_hydro, lags_of_hydro == 1 ? "" : "s"),
                .where = c.in.initial.at(
                    given == past.end() ? "/past_inflows"
                                        : fmt::format("/past_inflows/{}/values_m3s", given - past.begin())),
                .found = std::to_string(values),
                .expected = fmt::format("at least {}, most recent first", lags_of_hydro)};
    const std::string name = fmt::format("Hydro {}", hydro);
    if (wanted) {
      c.error(kind::dimension_mismatch, "initial.past_inflows", name, std::move(d));
    } else {
      d.hint = "missing ones count as 0";
      c.out.warning("initial.past_inflows", name, std::move(d));
    }
  }
}

void annual(context& c) {
  const table_file& file = c.in.inflow_annual;
  if (!file.present) return;
  const std::set<pair> stats = pairs_of(c.in.inflow_stats, "hydro_id");
  for (std::size_t row = 0; row < file.rows(); ++row) {
    const pair key{file.ints("hydro_id")[row], file.ints("stage_id")[row]};
    if (stats.contains(key)) continue;
    c.error(kind::dimension_mismatch, "annual.orphan", fmt::format("Hydro {}", key.first),
            {.what = fmt::format("an annual component of stage {} without statistics", key.second),
             .where = file.at(row, "stage_id"),
             .expected = "a row of scenarios/inflow_seasonal_stats"});
  }
}

void correlation(context& c) {
  const auto& file = c.in.correlation;
  if (!file.present) return;
  if (file.content.method != "spectral" && file.content.method != "cholesky")
    c.out.warning("correlation.method", {},
                  {.what = "no such method: spectral is used",
                   .where = file.at("/method"),
                   .found = file.content.method,
                   .expected = "spectral or cholesky"});
  for (const auto& [name, profile] : file.content.profiles) {
    std::set<std::pair<raw::noise_class, std::int32_t>> seen;
    for (std::size_t g = 0; g < profile.groups.size(); ++g) {
      const raw::correlation_group& group = profile.groups[g];
      const std::string pointer = fmt::format("/profiles/{}/correlation_groups/{}", pointer_part(name), g);
      const std::string entity = fmt::format("Group {}", group.name);
      for (std::size_t e = 0; e < group.entities.size(); ++e) {
        const raw::correlated& one = group.entities[e];
        if (one.type != group.entities.front().type)
          c.error(kind::business_rule_violation, "correlation.one_type", entity,
                  {.what = "a group holds one type of noise",
                   .where = file.at(fmt::format("{}/entities/{}/type", pointer, e)),
                   .expected = "the type of its first entity"});
        if (!seen.emplace(one.type, one.entity).second)
          c.error(kind::duplicate_id, "correlation.entity_twice", entity,
                  {.what = "the entity stands twice in the profile",
                   .where = file.at(fmt::format("{}/entities/{}", pointer, e)),
                   .found = std::to_string(one.entity)});
      }
      const std::size_t n = group.entities.size();
      const auto shape = std::ranges::all_of(group.matrix, [&](const auto& row) { return row.size() == n; });
      if (group.matrix.size() != n || !shape) continue;
      for (std::size_t i = 0; i < n; ++i) {
        if (std::abs(group.matrix[i][i] - 1.0) > 1e-9)
          c.error(kind::invalid_value, "correlation.diagonal", entity,
                  {.what = "an entity is correlated with itself by 1",
                   .where = file.at(fmt::format("{}/matrix/{}/{}", pointer, i, i)),
                   .found = shortest(group.matrix[i][i]),
                   .expected = "1"});
        for (std::size_t j = 0; j < i; ++j) {
          if (std::abs(group.matrix[i][j] - group.matrix[j][i]) <= 1e-9) continue;
          c.error(kind::invalid_value, "correlation.symmetric", entity,
                  {.what = "the matrix is not symmetric",
                   .where = file.at(fmt::format("{}/matrix/{}/{}", pointer, i, j)),
                   .found = shortest(group.matrix[i][j]),
                   .expected = shortest(group.matrix[j][i])});
        }
      }
    }
  }
}

void external(context& c, const raw::scenario_source& from, const std::string& pointer) {
  const auto need = [&](const raw::opt<raw::scenario_class>& of, const table_file& file, const char* key) {
    if (!of || of->kind != raw::scheme::external || file.present) return;
    c.error(kind::business_rule_violation, "scenarios.external_file", {},
            {.what = "external scenarios without their file",
             .where = c.in.config.at(fmt::format("{}/{}/scheme", pointer, key)),
             .expected = file.name + ".parquet or .csv"});
  };
  need(from.inflow, c.in.external_inflow, "inflow");
  need(from.load, c.in.external_load, "load");
  need(from.ncs, c.in.external_source, "ncs");
}

}  // namespace

void check_noise(context& c) {
  certain(c, c.in.inflow_stats, "std_m3s", "an inflow");
  autoregression(c);
  annual(c);
  correlation(c);
  const raw::config& config = c.in.config.content;
  if (config.training.scenarios) external(c, *config.training.scenarios, "/training/scenario_source");
  if (config.simulation.scenarios) external(c, *config.simulation.scenarios, "/simulation/scenario_source");
  if (c.hydros.size() != 0 && !c.in.inflow_stats.present && !c.in.inflow_history.present &&
      !c.in.external_inflow.present)
    c.out.warning("inflow.none", {},
                  {.what = "no inflow is given: every hydro gets none",
                   .where = location{.file = c.in.inflow_stats.name},
                   .expected = "scenarios/inflow_seasonal_stats"});
}

}  // namespace twill::sddp::detail
