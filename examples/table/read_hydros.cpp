// SPDX-License-Identifier: Apache-2.0
// Reads a hydros.json: one description gives the reader, the checks, the documentation and the JSON Schema.
#include "twill/table/json_fields.hpp"

#include <cstdint>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace json = twill::table::json;

struct reservoir {
  double min_storage_hm3 = 0;
  double max_storage_hm3 = 0;
};
struct hydro {
  std::int32_t id = 0;
  std::string name;
  std::optional<std::int32_t> downstream_id;
  reservoir storage;
  double spillage_cost = 0.01;
};
struct hydros_file {
  std::vector<hydro> hydros;
};

// [snippet:describe]
const json::description<hydros_file>& hydros_json() {
  static const auto limits =
      json::description<reservoir>("reservoir", "Limits of the stored volume.")
          .field("min_storage_hm3", &reservoir::min_storage_hm3,
                 {.doc = "Dead volume.", .unit = "hm3", .minimum = 0})
          .field("max_storage_hm3", &reservoir::max_storage_hm3,
                 {.doc = "Full volume.", .unit = "hm3", .not_below = "min_storage_hm3"});
  static const auto plant =
      json::description<hydro>("hydro", "A hydro plant with its reservoir.")
          .field("id", &hydro::id, {.doc = "Unique number.", .minimum = 0, .defines = "hydros"})
          .field("name", &hydro::name, {.doc = "Shown in reports."})
          .field("downstream_id", &hydro::downstream_id,
                 {.doc = "Receives the outflow.", .refers_to = "hydros"})
          .field("reservoir", &hydro::storage, limits, {.doc = "Storage limits."})
          .field("spillage_cost", &hydro::spillage_cost,
                 {.doc = "Price of spilling.", .unit = "$/hm3", .above = 0, .defaulted = true})
          .check([](const hydro& h, json::checker& report) {
            if (h.downstream_id == h.id)
              report.error("downstream_id", "cycle", {.what = "a plant cannot flow into itself"});
          });
  static const auto file = json::description<hydros_file>("hydros.json", "All hydro plants of a case.")
                               .field("hydros", &hydros_file::hydros, plant, {.doc = "The plants."});
  return file;
}
// [snippet:describe]

int main(int argc, char** argv) try {
  if (argc == 2 && std::string_view(argv[1]) == "--schema") {
    std::cout << json::to_json_schema(hydros_json()) << '\n';
  } else if (argc == 2) {
    const auto file = json::read_file(argv[1], hydros_json());
    for (const hydro& h : file.hydros)
      std::cout << h.name << ": up to " << h.storage.max_storage_hm3 << " hm3\n";
  } else {
    std::cout << json::to_markdown(hydros_json());
  }
} catch (const twill::error& e) {
  std::cerr << e.what() << '\n';
  return static_cast<int>(e.exit());
}
