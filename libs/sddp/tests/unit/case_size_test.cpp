// SPDX-License-Identifier: Apache-2.0
// A case of the size that operators of grids use: read in less than a second.
#include "case_folder.hpp"

#include <gtest/gtest.h>

#include <ctime>
#include <string>

namespace twill::sddp::tests {
namespace {

constexpr int hydros = 160;
constexpr int thermals = 130;
constexpr int stages = 60;
constexpr int lags = 12;

std::string text_of(int value) { return std::to_string(value); }

std::string joined(int count, const auto& element) {
  std::string text;
  for (int i = 0; i < count; ++i) text += (i == 0 ? "" : ",\n") + element(i);
  return text;
}

void write_system(const case_folder& to) {
  to.write("system/hydros.json",
           "{\"hydros\": [" + joined(hydros, [](int h) {
             const std::string down = h % 10 == 9 ? "null" : text_of(h + 1);
             return R"({"id": )" + text_of(h) + R"(, "name": "H)" + text_of(h) +
                    R"(", "bus_id": 0, "downstream_id": )" + down +
                    R"(, "reservoir": {"min_storage_hm3": 0.0, "max_storage_hm3": 900.0},
        "outflow": {"min_outflow_m3s": 0.0}, "generation": {"model": "constant_productivity",
        "productivity_mw_per_m3s": 0.9, "min_turbined_m3s": 0.0, "max_turbined_m3s": 80.0,
        "min_generation_mw": 0.0, "max_generation_mw": 72.0}})";
           }) + "]}");
  to.write("system/thermals.json", "{\"thermals\": [" + joined(thermals, [](int j) {
                                     return R"({"id": )" + text_of(j) + R"(, "name": "T)" + text_of(j) +
                                            R"(", "bus_id": 0, "cost_per_mwh": )" + text_of(20 + j) +
                                            R"(.0, "generation": {"min_mw": 0.0, "max_mw": 60.0}})";
                                   }) + "]}");
  to.write(
      "initial_conditions.json",
      "{\"storage\": [" +
          joined(hydros, [](int h) { return "{\"hydro_id\": " + text_of(h) + ", \"value_hm3\": 400.0}"; }) +
          "], \"filling_storage\": [], \"past_inflows\": [" +
          joined(hydros,
                 [](int h) {
                   std::string values = "50.0";
                   for (int l = 1; l < lags; ++l) values += ", 50.0";
                   return "{\"hydro_id\": " + text_of(h) + ", \"values_m3s\": [" + values + "]}";
                 }) +
          "]}");
}

void write_study(const case_folder& to) {
  to.write("stages.json",
           R"({"policy_graph": {"type": "finite_horizon", "annual_discount_rate": 0.1},
               "season_definitions": {"cycle_type": "monthly", "seasons": [)" +
               joined(12,
                      [](int m) {
                        return "{\"id\": " + text_of(m) +
                               ", \"label\": \"M\", \"month_start\": " + text_of(m + 1) + "}";
                      }) +
               "]}, \"stages\": [" +
               joined(stages,
                      [](int t) {
                        const auto day = [](int month) {
                          const std::string number = text_of(month % 12 + 1);
                          return "\"" + text_of(2026 + month / 12) + (number.size() == 1 ? "-0" : "-") +
                                 number + "-01\"";
                        };
                        return "{\"id\": " + text_of(t) + ", \"start_date\": " + day(t) +
                               ", \"end_date\": " + day(t + 1) + ", \"season_id\": " + text_of(t % 12) +
                               R"(, "num_scenarios": 20, "blocks": [
        {"id": 0, "name": "HIGH", "hours": 100.0}, {"id": 1, "name": "MID", "hours": 300.0},
        {"id": 2, "name": "LOW", "hours": 330.0}], "state_variables": {"storage": true, "inflow_lags": true}})";
                      }) +
               "]}");
  std::string stats = "hydro_id,stage_id,mean_m3s,std_m3s\n";
  std::string ar = "hydro_id,stage_id,lag,coefficient,residual_std_ratio\n";
  std::string load = "bus_id,stage_id,mean_mw,std_mw\n";
  for (int t = 0; t < stages; ++t) {
    load += "0," + text_of(t) + ",9000.0,0.0\n";
    for (int h = 0; h < hydros; ++h) {
      stats += text_of(h) + ',' + text_of(t) + ",50.0,12.5\n";
      for (int l = 1; l <= lags; ++l) ar += text_of(h) + ',' + text_of(t) + ',' + text_of(l) + ",0.07,0.85\n";
    }
  }
  to.write("scenarios/inflow_seasonal_stats.csv", stats);
  to.write("scenarios/inflow_ar_coefficients.csv", ar);
  to.write("scenarios/load_seasonal_stats.csv", load);
}

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

TEST(case_size, a_case_of_a_national_grid_is_read_in_less_than_a_second) {
  const case_folder large("templates/one-reservoir");
  write_system(large);
  write_study(large);
  const double before = cpu_seconds();
  const study loaded = load_case(large.path());
  [[maybe_unused]] const double taken = cpu_seconds() - before;
  EXPECT_EQ(loaded.model.hydros.size(), 160U);
  EXPECT_EQ(loaded.model.state_size(), 160U * 13);
  EXPECT_DOUBLE_EQ(loaded.model.inflows.psi_of(59, hydro_index(159))[11], 0.07);
  EXPECT_NEAR(loaded.model.inflows.base(0, hydro_index(0)), 50.0 - 12 * 0.07 * 50.0, 1e-12);
  // What an unoptimised or instrumented build takes says nothing.
#ifdef TWILL_SDDP_TIMED
  EXPECT_LT(taken, 1.0);
#endif
}

}  // namespace
}  // namespace twill::sddp::tests
