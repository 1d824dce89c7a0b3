// SPDX-License-Identifier: Apache-2.0
#include "../system/production_fit.hpp"
#include "resolve.hpp"
#include "twill/base/number.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <map>
#include <tuple>
#include <variant>

namespace twill::sddp::detail {
namespace {

std::vector<geometry_point> geometry_of(const context& c, std::int32_t hydro) {
  std::vector<geometry_point> points;
  const table_file& file = c.in.geometry;
  const auto ids = file.ints("hydro_id");
  for (std::size_t row = 0; row < file.rows(); ++row)
    if (ids[row] == hydro)
      points.push_back({file.real(row, "volume_hm3").value_or(0), file.real(row, "height_m").value_or(0),
                        file.real(row, "area_km2").value_or(0)});
  std::ranges::sort(points, {}, &geometry_point::volume_hm3);
  return points;
}

production_function exact_function(const context& c, const raw::hydro& from) {
  production_function made{.geometry = geometry_of(c, from.number), .efficiency = from.efficiency->value};
  if (const auto* poly = std::get_if<raw::polynomial>(&*from.tailrace)) {
    made.tailrace.polynomial = poly->coefficients;
  } else {
    for (const raw::height_point& p : std::get<raw::piecewise>(*from.tailrace).points) {
      made.tailrace.outflow_m3s.push_back(p.outflow);
      made.tailrace.height_m.push_back(p.height);
    }
  }
  if (const auto* factor = std::get_if<raw::loss_factor>(&*from.losses))
    made.loss_factor = factor->value;
  else
    made.loss_m = std::get<raw::loss_constant>(*from.losses).value;
  return made;
}

/// Bounds of the fit: the window where there is one, the range of storage else, never outside of the
/// geometry.
fit_grid grid_of(const raw::hydro& from, const raw::fpha_config& config,
                 const std::vector<geometry_point>& geometry) {
  fit_grid made{.least_hm3 = from.reservoir.least,
                .most_hm3 = from.reservoir.most,
                .most_m3s = from.gen().max_turbined};
  if (config.window) {
    const double range = from.reservoir.most - from.reservoir.least;
    const raw::fitting_window& w = *config.window;
    if (w.percentile_min) made.least_hm3 = from.reservoir.least + *w.percentile_min * range;
    if (w.percentile_max) made.most_hm3 = from.reservoir.least + *w.percentile_max * range;
    if (w.volume_min) made.least_hm3 = *w.volume_min;
    if (w.volume_max) made.most_hm3 = *w.volume_max;
  }
  made.least_hm3 = std::max(made.least_hm3, geometry.front().volume_hm3);
  made.most_hm3 = std::min(made.most_hm3, geometry.back().volume_hm3);
  made.volume_points = config.volume_points;
  made.turbine_points = config.turbine_points;
  made.most_planes = config.max_planes;
  made.correction = static_cast<fit_correction>(config.correction);
  return made;
}

class planes {
 public:
  planes(context& c, system& s) : c_(c), s_(s) {
    const table_file& file = c.in.planes;
    for (std::size_t row = 0; row < file.rows(); ++row)
      rows_[{file.ints("hydro_id")[row], file.integer(row, "stage_id")}].push_back(row);
    for (auto& [owner, rows] : rows_)
      std::ranges::sort(rows, {}, [&](std::size_t row) { return file.ints("plane_id")[row]; });
  }

  std::optional<plane_set_index> at(std::size_t h, std::size_t t, const raw::fpha_config& config) {
    return config.source == raw::plane_source::computed ? fitted(h, config) : given(h, t);
  }

 private:
  using key = std::pair<std::int32_t, std::optional<std::int32_t>>;

  plane_set_index add(plane_set made) {
    s_.plane_sets.push_back(std::move(made));
    return plane_set_index(static_cast<std::uint32_t>(s_.plane_sets.size() - 1));
  }

  std::optional<plane_set_index> given(std::size_t h, std::size_t t) {
    const std::int32_t id = c_.hydros.id(h);
    auto found = rows_.find({id, c_.stages.id(t)});
    if (found == rows_.end()) found = rows_.find({id, std::nullopt});
    if (found == rows_.end()) return std::nullopt;
    const auto [known, fresh] = given_.emplace(found->first, plane_set_index{});
    if (!fresh) return known->second;
    const table_file& file = c_.in.planes;
    plane_set made{.hydro = hydro_index(static_cast<std::uint32_t>(h))};
    for (const std::size_t row : found->second) {
      const auto value = [&](const char* column) { return file.real(row, column).value_or(0); };
      made.planes.push_back({file.real(row, "kappa").value_or(1.0) * value("gamma_0"), value("gamma_v"),
                             value("gamma_q"), value("gamma_s")});
    }
    return known->second = add(std::move(made));
  }

  // The first stage with planes decides how they are fitted; all its other stages use them.
  std::optional<plane_set_index> fitted(std::size_t h, const raw::fpha_config& config) {
    if (const auto known = fitted_.find(h); known != fitted_.end()) return known->second;
    const raw::hydro& from = c_.hydro(h);
    const production_function exact = exact_function(c_, from);
    const fit_grid grid = grid_of(from, config, exact.geometry);
    const std::string name = fmt::format("Hydro {}", from.number);
    const location where = c_.in.hydros.at(fmt::format("/hydros/{}", c_.hydros.in_file(h)));
    const auto refuse = [&](const char* rule, std::string what, std::string found, std::string expected) {
      c_.error(finding_kind::business_rule_violation, rule, name,
               {.what = std::move(what),
                .where = where,
                .found = std::move(found),
                .expected = std::move(expected)});
      return fitted_[h] = std::nullopt;
    };
    if (grid.least_hm3 > grid.most_hm3)
      return refuse("fit.window", "the window of the fit is empty",
                    fmt::format("{} to {} hm3", shortest(grid.least_hm3), shortest(grid.most_hm3)),
                    "a window that meets the geometry");
    if (grid.most_m3s <= 0)
      return refuse("fit.flow", "planes of a plant that turbines nothing", "max_turbined_m3s 0", "above 0");
    fitted_planes fit = fit_planes(exact, grid);
    const bool finite = std::isfinite(fit.quality.rms_error_mw) &&
                        std::ranges::all_of(fit.planes, [](const production_plane& p) {
                          return std::isfinite(p.intercept_mw) && std::isfinite(p.mw_per_hm3) &&
                                 std::isfinite(p.mw_per_m3s_turbined) && std::isfinite(p.mw_per_m3s_spilled);
                        });
    if (!finite)
      return refuse("fit.finite", "the production function has no finite planes",
                    fmt::format("at most {} MW on the grid", shortest(fit.quality.largest_generation_mw)),
                    "heights, volumes and flows of a real plant");
    if (fit.planes.empty())
      return refuse("fit.no_power", "the head is nowhere above zero", "no power on the grid",
                    "a positive net head");
    if (fit.quality.rms_error_mw > 0.05 * fit.quality.largest_generation_mw)
      c_.out.warning("fit.quality", name,
                     {.what = "fitted planes are far from the production function",
                      .where = where,
                      .found = fmt::format("RMS error {:.4g} MW, largest {:.4g} MW", fit.quality.rms_error_mw,
                                           fit.quality.largest_error_mw),
                      .expected = fmt::format("an RMS error of at most 5 % of {:.4g} MW",
                                              fit.quality.largest_generation_mw)});
    return fitted_[h] = add({hydro_index(static_cast<std::uint32_t>(h)), std::move(fit.planes), fit.quality});
  }

  context& c_;
  system& s_;
  std::map<key, std::vector<std::size_t>> rows_;
  std::map<key, plane_set_index> given_;
  std::map<std::size_t, std::optional<plane_set_index>> fitted_;
};

bool much_shorter_than_a_month(const stage& at) { return (at.end - at.start).count() < 20; }

/// A month's depth on a stage that is much shorter than the month is scaled to the days of the stage.
double depth_mm(const raw::hydro& from, const stage& at, std::size_t month) {
  const double depth = from.evaporation->coefficients[month];
  if (!much_shorter_than_a_month(at)) return depth;
  const auto days = (at.end - at.start).count();
  const auto year = std::chrono::year_month_day(at.start).year();
  const auto last = (year / std::chrono::month(static_cast<unsigned>(month + 1)) / std::chrono::last).day();
  return depth * static_cast<double>(days) / static_cast<double>(static_cast<unsigned>(last));
}

evaporation_line evaporation_of(const raw::hydro& from, const stage& at, const hydro_at_stage& bounds,
                                const std::vector<geometry_point>& geometry) {
  const auto month = static_cast<std::size_t>(at.season->value());
  const double depth = depth_mm(from, at, month);
  const double reference = from.evaporation->reference_volumes
                               ? (*from.evaporation->reference_volumes)[month]
                               : 0.5 * (from.reservoir.least + from.reservoir.most);
  const curve_value area = area_at(geometry, reference);
  // 1 mm over 1 km2 is 1000 m3, and an hour has 3600 s.
  const double per_hour = 1.0 / (3.6 * at.hours);
  evaporation_line made;
  made.m3s_per_hm3 = per_hour * depth * area.slope;
  made.constant_m3s = per_hour * depth * area.value - made.m3s_per_hm3 * reference;
  const double low = made.constant_m3s + made.m3s_per_hm3 * bounds.min_storage_hm3;
  const double high = made.constant_m3s + made.m3s_per_hm3 * bounds.max_storage_hm3;
  made.least_m3s = depth < 0 ? 2.0 * std::min({0.0, low, high}) : 0.0;
  made.most_m3s = 2.0 * std::max({0.0, low, high});
  return made;
}

}  // namespace

void resolve_production(context& c, system& s) {
  planes sets(c, s);
  for (std::size_t h = 0; h < s.hydros.size(); ++h) {
    const raw::hydro& from = c.hydro(h);
    const std::vector<geometry_point> geometry =
        from.evaporation ? geometry_of(c, from.number) : std::vector<geometry_point>();
    bool shortened = false;
    for (std::size_t t = 0; t < s.stages.size(); ++t) {
      hydro_at_stage& at = s.stages[t].hydros[h];
      const auto model = c.production(h, t);
      if (model.model == raw::production::fpha) {
        at.planes = sets.at(h, t, *model.choice->fpha);
      } else {
        const bool own = model.choice == nullptr || !model.choice->productivity;
        at.productivity_mw_per_m3s =
            own ? from.gen().productivity.value_or(0.0) : *model.choice->productivity;
        if (own && !from.gen().productivity)
          c.error(finding_kind::business_rule_violation, "production.productivity",
                  fmt::format("Hydro {}", from.number),
                  {.what = fmt::format("no productivity at stage {}", c.stages.id(t)),
                   .where = c.in.production.at(model.pointer),
                   .expected = "productivity_override, or a hydro with productivity_mw_per_m3s"});
      }
      if (from.evaporation && !shortened && much_shorter_than_a_month(s.stages[t])) {
        shortened = true;
        c.out.warning("evaporation.short_stage", fmt::format("Hydro {}", from.number),
                      {.what = fmt::format("the depth of a month is spread over its days, from stage {} on",
                                           c.stages.id(t)),
                       .where = c.in.stages.at(fmt::format("/stages/{}/end_date", c.stages.in_file(t))),
                       .found = fmt::format("{} days", (s.stages[t].end - s.stages[t].start).count()),
                       .expected = "at least 20 days for the depth of a month as it is"});
      }
      if (!from.evaporation) continue;
      at.evaporation = evaporation_of(from, s.stages[t], at, geometry);
      if (!std::isfinite(at.evaporation->constant_m3s) || !std::isfinite(at.evaporation->most_m3s))
        c.error(finding_kind::invalid_value, "evaporation.finite", fmt::format("Hydro {}", from.number),
                {.what = fmt::format("evaporation of stage {} is beyond all numbers", c.stages.id(t)),
                 .where = c.in.hydros.at(fmt::format("/hydros/{}/evaporation", c.hydros.in_file(h))),
                 .expected = "millimetres on square kilometres of a real reservoir"});
    }
  }
}

}  // namespace twill::sddp::detail
