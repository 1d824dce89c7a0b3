// SPDX-License-Identifier: Apache-2.0
#include "twill/table/json_fields.hpp"

#include "case_description.hpp"

#include <gtest/gtest.h>

#include <string>

namespace twill::table::json {
namespace {

using testing::plants_json;

constexpr const char* complete = R"({"$schema": "x", "hydros": [
  {"id": 0, "name": "A", "downstream_id": 1, "reservoir": {"min_hm3": 1, "max_hm3": 2.5},
   "generation": {"model": "constant", "productivity": 0.9}, "evaporation_mm": [1, 2], "costs": {"x": 1, "y": 2},
   "start": "2024-02-29", "losses": 0.25, "active": false, "stop": "all", "risk": {"cvar": 0.1}, "seed": 18446744073709551615},
  {"id": 1, "name": "B", "reservoir": {"min_hm3": 1, "max_hm3": 1}, "losses": null, "version": 3,
   "generation": {"model": "linear", "points": [1, 2]}}
]})";

TEST(json_fields, fill_structs_of_every_kind) {
  findings out;
  const auto d = parse(complete, "h.json");
  const auto read_plants = read(d, plants_json(), out);
  EXPECT_EQ(out.to_string(), "");
  ASSERT_EQ(read_plants.hydros.size(), 2u);
  const auto& a = read_plants.hydros[0];
  EXPECT_EQ(a.name, "A");
  EXPECT_EQ(a.downstream_id, 1);
  EXPECT_EQ(a.storage.max_hm3, 2.5);
  EXPECT_EQ(std::get<testing::constant_generation>(a.generation).productivity, 0.9);
  EXPECT_EQ(a.evaporation_mm, (std::vector<double>{1, 2}));
  EXPECT_EQ(a.costs.at("y"), 2);
  EXPECT_EQ(a.start, parse_date("2024-02-29"));
  EXPECT_EQ(a.losses, 0.25);
  EXPECT_FALSE(a.active);
  EXPECT_EQ(a.stop, testing::mode::all);
  EXPECT_EQ(a.measure.alpha, 0.1);
  EXPECT_EQ(a.seed, 18446744073709551615U);
  const auto& b = read_plants.hydros[1];
  EXPECT_EQ(b.downstream_id, std::nullopt);
  EXPECT_EQ(b.losses, 0.5) << "null keeps the member's initial value";
  EXPECT_EQ(std::get<testing::measured_generation>(b.generation).model, "linear");
}

TEST(json_fields, references_may_lead_to_another_file) {
  struct line {
    std::int32_t hydro_id = 0;
    std::string label;
  };
  const auto lines = description<line>("line", "")
                         .field("hydro_id", &line::hydro_id, {.refers_to = "hydros"})
                         .field("label", &line::label, {.refers_to = "labels"});
  references shared;
  findings out;
  {
    const auto d = parse(R"({"hydro_id": 9, "label": "nort"})", "lines.json");
    static_cast<void>(read(d, lines, out, &shared));
  }
  const auto d = parse(complete, "hydros.json");
  static_cast<void>(read(d, plants_json(), out, &shared));
  shared.define("labels", "north");
  shared.resolve(out);
  EXPECT_EQ(
      out.to_string(),
      "error[unknown_id] lines.json:1:14 /hydro_id: no such id among hydros (found 9, expected one of 0, 1)\n"
      "error[unknown_id] lines.json:1:26 /label: no such id among labels (found \"nort\", expected one of "
      "\"north\")\n"
      "hint: did you mean \"north\"?\n"
      "2 errors");
}

TEST(json_fields, unknown_keys_can_be_warnings) {
  struct one {
    double value = 1;
  };
  const auto d = description<one>("one", "").field("value", &one::value, {}).unknown_keys(severity::warning);
  findings out;
  EXPECT_EQ(read(parse(R"({"value": 2, "valeu": 3, "zzz": 1})", "o.json"), d, out).value, 2);
  EXPECT_EQ(out.errors(), 0u);
  EXPECT_EQ(
      out.to_string(),
      "warning[unknown_key] o.json:1:14 /valeu: one has no such key (found \"valeu\")\nhint: did you mean "
      "\"value\"?\n"
      "warning[unknown_key] o.json:1:26 /zzz: one has no such key (found \"zzz\", expected one of value)\n"
      "0 errors, 2 warnings");
}

TEST(json_fields, document_themselves_with_defaults_from_the_struct) {
  const std::string text = to_markdown(plants_json());
  for (const char* line :
       {"| `hydros` | array of hydro |  |  | required | The plants. |\n",
        "| `id` | int32 |  | at least 0 | required | Number. |\n",
        "| `downstream_id` | int32 |  |  | none | Receives the outflow. An id of hydros. |\n",
        "| `losses` | double |  | at least 0 and below 1 | `0.5` |  |\n",
        "| `stop` | stopping mode |  |  | `\"any\"` |  |\n",
        "| `max_hm3` | double | hm3 | at least min_hm3 | required |  |\n",
        "| `evaporation_mm` | array of double |  | exactly 2 items | as below |  |\n",
        "| `\"linear\"` | measured |\n", "| `\"any\"` | One rule is enough. |\n",
        "### generation\nHow water becomes power.\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\nis not in\n" << text;
  }
}

TEST(json_fields, export_a_schema_that_is_json_and_holds_the_rules) {
  const auto d = parse(to_json_schema(plants_json(), "https://example.org/h.json"));
  EXPECT_EQ(d.root().find("$schema")->as_string(), "https://json-schema.org/draft/2020-12/schema");
  const value hydro = *d.root().find("$defs")->find("hydro");
  const value properties = *hydro.find("properties");
  EXPECT_EQ(
      write(*properties.find("id"), 0),
      R"({"description": "Number.", "type": "integer", "minimum": 0, "maximum": 2147483647, "x-defines": "hydros"})");
  EXPECT_EQ(write(*properties.find("losses"), 0),
            R"({"type": ["number", "null"], "minimum": 0, "exclusiveMaximum": 1, "default": 0.5})");
  EXPECT_EQ(
      write(*properties.find("costs"), 0),
      R"({"type": ["object", "null"], "additionalProperties": {"type": "number", "minimum": 0}, "maxProperties": 3, "x-unit": "$"})");
  EXPECT_EQ(write(*hydro.find("required"), 0), R"(["id", "name", "reservoir", "generation"])");
  EXPECT_EQ(hydro.find("additionalProperties")->as_bool(), false);
  EXPECT_EQ(d.root().find("$defs")->find("generation")->find("oneOf")->size(), 3u);
  EXPECT_EQ(write(*properties.find("stop")->find("anyOf"), 0),
            R"([{"$ref": "#/$defs/stopping%20mode"}, {"type": "null"}])");
}

TEST(json_fields, read_file_throws_everything_at_once) {
  findings out;
  const auto d = parse(R"({"hydros": [{"id": -1}, {"id": 1.0}], "extra": 1})", "h.json");
  const auto kept = read(d, plants_json(), out);
  EXPECT_EQ(kept.hydros.size(), 2u);
  EXPECT_EQ(out.errors(), 9u);
  EXPECT_THROW(out.throw_if_errors(), input_error);
}

}  // namespace
}  // namespace twill::table::json
