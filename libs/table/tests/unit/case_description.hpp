// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/table/json_fields.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

/// A description that uses every kind of field, for the tests and the corpus.
namespace twill::table::json::testing {

enum class mode { any, all };

struct constant_generation {
  double productivity = 0;
};
struct measured_generation {
  std::string model;
  std::vector<double> points;
};
struct limits {
  double min_hm3 = 0;
  double max_hm3 = 0;
};
struct risk {
  double alpha = 1;
};
struct plant {
  std::int32_t id = 0;
  std::string name;
  std::optional<std::int32_t> downstream_id;
  limits storage;
  std::variant<constant_generation, measured_generation> generation;
  std::vector<double> evaporation_mm;
  std::map<std::string, double> costs;
  std::optional<date> start;
  double losses = 0.5;
  bool active = true;
  mode stop = mode::any;
  risk measure;
  std::optional<std::uint64_t> seed;
};
struct plants {
  std::vector<plant> hydros;
};

inline const description<plants>& plants_json() {
  static const auto storage =
      description<limits>("reservoir", "Limits of the volume.")
          .field("min_hm3", &limits::min_hm3, {.doc = "Dead volume.", .unit = "hm3", .minimum = 0})
          .field("max_hm3", &limits::max_hm3, {.unit = "hm3", .not_below = "min_hm3"});
  static const auto constant =
      description<constant_generation>("constant", "One factor.")
          .field("productivity", &constant_generation::productivity, {.unit = "MW/(m3/s)", .above = 0});
  static const auto measured = description<measured_generation>("measured", "Points of a curve.")
                                   .field("model", &measured_generation::model, {})
                                   .field("points", &measured_generation::points, {.min_items = 2});
  static const auto generation = one_of<std::variant<constant_generation, measured_generation>>(
                                     "generation", "How water becomes power.", "model")
                                     .alternative("constant", constant)
                                     .alternative("measured", measured)
                                     .alternative("linear", measured);
  static const enumeration<mode> stop(
      "stopping mode", "When to stop.",
      {{"any", mode::any, "One rule is enough."}, {"all", mode::all, "All rules."}});
  static const custom<risk> measure("risk measure", "The word expectation or {\"cvar\": alpha}.",
                                    R"({"oneOf": [{"const": "expectation"}, {"type": "object"}]})",
                                    [](value at, risk& into, checker& report) {
                                      if (at.as_string() == "expectation") return;
                                      const auto alpha = at.find("cvar");
                                      if (alpha && alpha->as_double()) {
                                        into.alpha = *alpha->as_double();
                                      } else {
                                        report.error("", rule::invalid_value,
                                                     {.what = "no such risk measure",
                                                      .found = at.summary(),
                                                      .expected = "\"expectation\" or {\"cvar\": alpha}"});
                                      }
                                    });
  static const auto one =
      description<plant>("hydro", "A plant.")
          .field("id", &plant::id, {.doc = "Number.", .minimum = 0, .defines = "hydros"})
          .field("name", &plant::name, {.doc = "Shown in reports.", .non_empty = true})
          .field("downstream_id", &plant::downstream_id,
                 {.doc = "Receives the outflow.", .refers_to = "hydros"})
          .field("reservoir", &plant::storage, storage, {.doc = "Storage."})
          .field("generation", &plant::generation, generation, {})
          .field("evaporation_mm", &plant::evaporation_mm,
                 {.min_items = 2, .max_items = 2, .defaulted = true})
          .field("costs", &plant::costs, {.unit = "$", .minimum = 0, .max_items = 3, .defaulted = true})
          .field("start", &plant::start, {.doc = "First day."})
          .field("losses", &plant::losses, {.minimum = 0, .below = 1, .defaulted = true})
          .field("active", &plant::active, {.defaulted = true})
          .field("stop", &plant::stop, stop, {.defaulted = true})
          .field("risk", &plant::measure, measure, {.defaulted = true})
          .field("seed", &plant::seed, {})
          .ignored("version")
          .deprecated("threshold", "use losses instead")
          .check([](const plant& p, checker& report) {
            if (p.downstream_id == p.id) {
              report.error("downstream_id", "cycle", {.what = "a plant cannot flow into itself"});
            }
          });
  static const auto all = description<plants>("hydros.json", "All plants.")
                              .field("hydros", &plants::hydros, one, {.doc = "The plants."});
  return all;
}

}  // namespace twill::table::json::testing
