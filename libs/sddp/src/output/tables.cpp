// SPDX-License-Identifier: Apache-2.0
#include "twill/base/error.hpp"
#include "twill/base/file.hpp"
#include "twill/sddp/case.hpp"
#include "twill/sddp/output.hpp"
#include "twill/table/csv.hpp"
#include "twill/table/parquet.hpp"

#include <cmath>
#include <filesystem>
#include <optional>

namespace twill::sddp {

namespace {

using table::buffer;
using table::column_table;
using table::table_column;

// A column of one member or function of each row.
template <class T, class Rows, class F>
void add(column_table& to, const char* name, const Rows& rows, F value) {
  buffer<T> values;
  values.reserve(rows.size());
  for (const auto& row : rows) values.push_back(static_cast<T>(value(row)));
  to.add(table_column(name, std::move(values)));
}

template <class Rows, class F>
void add_optional(column_table& to, const char* name, const Rows& rows, F value) {
  buffer<double> values;
  buffer<std::uint8_t> present;
  for (const auto& row : rows) {
    const std::optional<double> v = value(row);
    values.push_back(v.value_or(0.0));
    present.push_back(v ? std::uint8_t{1} : std::uint8_t{0});
  }
  table_column column(name, std::move(values), std::move(present));
  column.set_nullable(true);
  to.add(std::move(column));
}

void write(const column_table& t, const std::string& folder, const char* name, table_format format) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) {
    throw error(
        sddp::make_error_code(sddp::errc::cannot_write),
        {.what = "the folder cannot be made: " + failed.message(), .where = twill::location{.file = folder}});
  }
  const std::string path = folder + "/" + name;
  if (format == table_format::csv) {
    write_file_atomically(path + ".csv", table::write_csv(t));
  } else {
    table::write_parquet(path + ".parquet", t);
  }
}

std::int64_t milliseconds(double seconds) { return std::llround(seconds * 1000.0); }

}  // namespace

void write_training(const training_result& result, const std::string& directory, table_format format) {
  using row = iteration_record;
  const std::vector<row>& rows = result.iterations;
  column_table t;
  add<std::int32_t>(t, "iteration", rows, [](const row& r) { return r.iteration; });
  add<double>(t, "lower_bound", rows, [](const row& r) { return r.lower_bound; });
  add<double>(t, "upper_bound_mean", rows, [](const row& r) { return r.upper_bound_mean; });
  add<double>(t, "upper_bound_std", rows, [](const row& r) { return r.upper_bound_std; });
  add_optional(t, "gap_percent", rows, [](const row& r) { return r.gap_percent; });
  add<std::int32_t>(t, "cuts_added", rows, [](const row& r) { return r.cuts_added; });
  add<std::int32_t>(t, "cuts_removed", rows, [](const row& r) { return r.cuts_removed; });
  add<std::int64_t>(t, "cuts_active", rows, [](const row& r) { return r.cuts_active; });
  add<std::int64_t>(t, "time_forward_ms", rows, [](const row& r) { return milliseconds(r.forward_s); });
  add<std::int64_t>(t, "time_backward_ms", rows, [](const row& r) { return milliseconds(r.backward_s); });
  add<std::int64_t>(t, "time_total_ms", rows, [](const row& r) { return milliseconds(r.total_s); });
  add<std::int32_t>(t, "forward_passes", rows, [](const row& r) { return r.forward_passes; });
  add<std::int64_t>(t, "lp_solves", rows, [](const row& r) { return r.lp_solves; });
  add_optional(t, "upper_bound_ci_half", rows, [](const row& r) { return r.ci_half_width; });
  add<double>(t, "lower_bound_raw", rows, [](const row& r) { return r.lower_bound_raw; });
  add<double>(t, "forward_min", rows, [](const row& r) { return r.forward_min; });
  add<double>(t, "forward_max", rows, [](const row& r) { return r.forward_max; });
  add<std::int64_t>(t, "simplex_iterations", rows, [](const row& r) { return r.simplex_iterations; });
  add<std::int64_t>(t, "retries", rows, [](const row& r) { return r.retries; });
  add<double>(t, "wall_s", rows, [](const row& r) { return r.wall_s; });
  write(t, directory + "/training", "convergence", format);
}

void write_simulation(const simulation_result& result, const system& s, const std::string& directory,
                      table_format format) {
  using row = cost_row;
  const std::vector<row>& rows = result.costs;
  column_table t;
  buffer<std::int32_t> scenario;
  buffer<std::int32_t> stage;
  for (std::size_t i = 0; i < result.scenarios; ++i) {
    for (std::size_t at = 0; at < result.stages; ++at) {
      scenario.push_back(static_cast<std::int32_t>(i));
      stage.push_back(s.stages[at].id.value());
    }
  }
  t.add(table_column("scenario_id", std::move(scenario)));
  t.add(table_column("stage_id", std::move(stage)));
  const auto put = [&](const char* name, auto value) { add<double>(t, name, rows, value); };
  put("total_cost", [](const row& r) { return r.immediate * r.discount_factor; });
  put("immediate_cost", [](const row& r) { return r.immediate; });
  put("future_cost", [](const row& r) { return r.future; });
  put("discount_factor", [](const row& r) { return r.discount_factor; });
  put("thermal_cost", [](const row& r) { return r.thermal; });
  put("deficit_cost", [](const row& r) { return r.deficit; });
  put("excess_cost", [](const row& r) { return r.excess; });
  put("storage_violation_cost", [](const row& r) { return r.storage_violation; });
  put("hydro_violation_cost", [](const row& r) { return r.hydro_violation(); });
  put("outflow_violation_below_cost", [](const row& r) { return r.outflow_violation_below; });
  put("outflow_violation_above_cost", [](const row& r) { return r.outflow_violation_above; });
  put("turbined_violation_cost", [](const row& r) { return r.turbined_violation; });
  put("generation_violation_cost", [](const row& r) { return r.generation_violation; });
  put("evaporation_violation_cost", [](const row& r) { return r.evaporation_violation; });
  put("withdrawal_violation_cost", [](const row& r) { return r.withdrawal_violation; });
  put("inflow_penalty_cost", [](const row& r) { return r.inflow_penalty; });
  put("generic_violation_cost", [](const row& r) { return r.generic_violation; });
  put("spillage_cost", [](const row& r) { return r.spillage; });
  put("diversion_cost", [](const row& r) { return r.diversion; });
  put("fpha_turbined_cost", [](const row& r) { return r.fpha_turbined; });
  put("curtailment_cost", [](const row& r) { return r.curtailment; });
  put("exchange_cost", [](const row& r) { return r.exchange; });
  write(t, directory + "/simulation", "costs", format);
}

}  // namespace twill::sddp
