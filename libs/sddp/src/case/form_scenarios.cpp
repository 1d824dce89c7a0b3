// SPDX-License-Identifier: Apache-2.0
#include "forms.hpp"

namespace twill::sddp::detail {
namespace {

json::description<raw::list<raw::factors>> factors_form(const std::string& file, const std::string& key,
                                                        const std::string& entity, bool may_be_zero) {
  auto block = object<raw::block_factor>("block factor", "A factor of one block.");
  block.field("block_id", &raw::block_factor::block, {.doc = "block"});
  json::field_spec spec{.doc = "factor"};
  (may_be_zero ? spec.minimum : spec.above) = 0;
  block.field("factor", &raw::block_factor::factor, spec);
  auto made = object<raw::factors>("factors", "Factors of the blocks of a stage; 1 where none is given.");
  made.field(entity, &raw::factors::entity, {.doc = "entity"});
  made.field("stage_id", &raw::factors::stage, {.doc = "stage"});
  made.field("block_factors", &raw::factors::blocks, block, {.doc = "one a block"});
  return list_of<raw::factors>(file, key, "Factors.", made);
}

}  // namespace

const json::description<raw::list<raw::factors>>& load_factors_form() {
  static const auto form = factors_form("scenarios/load_factors.json", "load_factors", "bus_id", false);
  return form;
}

const json::description<raw::list<raw::factors>>& source_factors_form() {
  static const auto form =
      factors_form("scenarios/non_controllable_factors.json", "non_controllable_factors", "ncs_id", true);
  return form;
}

const json::description<raw::list<raw::exchange_factors>>& exchange_factors_form() {
  static const auto form = [] {
    using b = raw::exchange_factor;
    auto block = object<b>("exchange factor", "Factors of one block.");
    block.field("block_id", &b::block, {.doc = "block"});
    block.field("direct_factor", &b::direct, {.doc = "source to target", .minimum = 0});
    block.field("reverse_factor", &b::reverse, {.doc = "target to source", .minimum = 0});
    using t = raw::exchange_factors;
    auto made = object<t>("exchange factors", "Factors of the blocks of a stage; 1 where none is given.");
    made.field("line_id", &t::line, {.doc = "line"});
    made.field("stage_id", &t::stage, {.doc = "stage"});
    made.field("block_factors", &t::blocks, block, {.doc = "one a block"});
    return list_of<t>("constraints/exchange_factors.json", "exchange_factors", "Factors of lines.", made);
  }();
  return form;
}

const json::description<raw::correlation>& correlation_form() {
  static const auto form = [] {
    const json::enumeration<raw::noise_class> classes(
        "noise class", "Whose noise.",
        {{"inflow", raw::noise_class::inflow, "of hydros"},
         {"load", raw::noise_class::load, "of buses"},
         {"ncs", raw::noise_class::ncs, "of non-controllable sources"}});
    auto entity = object<raw::correlated>("correlated entity", "Whose noise.");
    entity.field("type", &raw::correlated::type, classes, {.doc = "class"});
    entity.field("id", &raw::correlated::entity, {.doc = "hydro, bus or source"});
    auto group = object<raw::correlation_group>("correlation group", "Noise that goes together.");
    group.field("name", &raw::correlation_group::name, {.doc = "for messages"});
    group.field("entities", &raw::correlation_group::entities, entity,
                {.doc = "in the order of the matrix", .min_items = 1});
    group.field("matrix", &raw::correlation_group::matrix,
                {.doc = "rows of correlations", .minimum = -1, .maximum = 1});
    auto profile = object<raw::correlation_profile>("correlation profile", "Groups.");
    profile.field("correlation_groups", &raw::correlation_profile::groups, group,
                  {.doc = "without common entity"});
    auto entry = object<raw::schedule_entry>("schedule", "Which profile when.");
    entry.field("stage_id", &raw::schedule_entry::stage, {.doc = "stage"});
    entry.field("profile_name", &raw::schedule_entry::profile, {.doc = "profile"});
    using t = raw::correlation;
    auto made = object<t>("scenarios/correlation.json", "Correlation of noise.");
    made.field("method", &t::method, {.doc = "spectral or cholesky", .defaulted = true});
    made.field("profiles", &t::profiles, profile,
               {.doc = "by name; \"default\" where no schedule says other", .min_items = 1});
    made.field("schedule", &t::schedule, entry, {.doc = "profiles of stages", .defaulted = true});
    made.ignored("version");
    return made;
  }();
  return form;
}

const json::description<raw::list<raw::constraint>>& constraints_form() {
  static const auto form = [] {
    const json::enumeration<constraint_sense> senses(
        "sense", "Relation of expression and bound.",
        {{">=", constraint_sense::at_least, "at least the bound"},
         {"<=", constraint_sense::at_most, "at most the bound"},
         {"==", constraint_sense::equal, "the bound"}});
    auto slack = object<raw::slack>("slack", "Whether the constraint may be broken.");
    slack.field("enabled", &raw::slack::enabled, {.doc = "whether it may"});
    slack.field("penalty", &raw::slack::penalty, {.doc = "of a unit over an hour", .unit = "$/(unit h)"});
    slack.check([](const raw::slack& made, json::checker& report) {
      if (!made.enabled || (made.penalty && *made.penalty > 0)) return;
      report.error("penalty", table::rule::out_of_range,
                   {.what = "a slack without a price", .expected = "a penalty above 0"});
    });
    using t = raw::constraint;
    auto made = object<t>("generic constraint", "A linear constraint of the user's own.");
    made.field("id", &t::number, {.doc = "unique"});
    made.field("name", &t::name, {.doc = "for outputs"});
    made.field("description", &t::description, {.doc = "for people"});
    made.field("expression", &t::expression, {.doc = "left-hand side", .non_empty = true});
    made.field("sense", &t::sense, senses, {.doc = "relation"});
    made.field("slack", &t::slack, slack, {.doc = "whether it may be broken"});
    return list_of<t>("constraints/generic_constraints.json", "constraints", "Generic constraints.", made);
  }();
  return form;
}

}  // namespace twill::sddp::detail
