// SPDX-License-Identifier: Apache-2.0
#include "forms.hpp"

namespace twill::sddp::detail {
namespace {

const json::enumeration<raw::production>& production_words() {
  static const json::enumeration<raw::production> words(
      "production model", "How water becomes power.",
      {{"constant_productivity", raw::production::constant_productivity,
        "power is turbined flow times a constant"},
       {"linearized_head", raw::production::linearized_head, "a productivity that follows the head"},
       {"fpha", raw::production::fpha, "the least of some planes over storage, turbined and spilled flow"}});
  return words;
}

json::one_of<std::variant<raw::generation>> generation_form() {
  using g = raw::generation;
  const auto common = [](json::description<g>& form) {
    form.field("model", &g::model, production_words(), {.doc = "how water becomes power"});
    form.field("min_turbined_m3s", &g::min_turbined, {.doc = "soft", .unit = "m3/s", .minimum = 0});
    form.field("max_turbined_m3s", &g::max_turbined, {.doc = "hard", .unit = "m3/s", .minimum = 0});
    form.field("min_generation_mw", &g::min_generation, {.doc = "soft", .unit = "MW", .minimum = 0});
    form.field("max_generation_mw", &g::max_generation, {.doc = "hard", .unit = "MW", .minimum = 0});
  };
  auto constant = object<g>("constant generation", "A constant productivity.");
  common(constant);
  constant.field("productivity_mw_per_m3s", &g::productivity,
                 {.doc = "required", .unit = "MW/(m3/s)", .above = 0});
  constant.check([](const g& made, json::checker& report) {
    if (made.productivity) return;
    report.error({}, table::rule::missing_key,
                 {.what = "the key \"productivity_mw_per_m3s\" is missing",
                  .expected = "a number above 0 in MW/(m3/s)"});
  });
  auto fpha = object<g>("fpha generation", "Planes, from hydro_production_models.json.");
  common(fpha);
  fpha.ignored("productivity_mw_per_m3s");
  json::one_of<std::variant<g>> made("generation", "How water becomes power.", "model");
  made.alternative("constant_productivity", constant)
      .alternative("linearized_head", constant)
      .alternative("fpha", fpha);
  return made;
}

json::one_of<raw::tailrace> tailrace_form() {
  auto polynomial = object<raw::polynomial>("polynomial tailrace", "c0 + c1 o + c2 o^2 + ...");
  polynomial.field("coefficients", &raw::polynomial::coefficients, {.doc = "of the outflow", .min_items = 1});
  auto point = object<raw::height_point>("tailrace point", "One point.");
  point.field("outflow_m3s", &raw::height_point::outflow, {.doc = "outflow", .unit = "m3/s", .minimum = 0});
  point.field("height_m", &raw::height_point::height, {.doc = "water level", .unit = "m"});
  auto piecewise = object<raw::piecewise>("piecewise tailrace", "Straight between points, level outside.");
  piecewise.field("points", &raw::piecewise::points, point, {.doc = "by rising outflow", .min_items = 2});
  json::one_of<raw::tailrace> made("tailrace", "Water level below the plant.", "type");
  made.alternative("polynomial", polynomial).alternative("piecewise", piecewise);
  return made;
}

json::one_of<raw::losses> losses_form() {
  auto factor = object<raw::loss_factor>("loss factor", "A share of the head.");
  factor.field("value", &raw::loss_factor::value, {.doc = "share", .minimum = 0, .below = 1});
  auto constant = object<raw::loss_constant>("loss constant", "A height.");
  constant.field("value_m", &raw::loss_constant::value, {.doc = "height", .unit = "m", .minimum = 0});
  json::one_of<raw::losses> made("hydraulic losses", "Head that is lost.", "type");
  made.alternative("factor", factor).alternative("constant", constant);
  return made;
}

json::description<raw::evaporation> evaporation_form() {
  using t = raw::evaporation;
  auto made = object<t>("evaporation", "Depth that evaporates.");
  made.field("coefficients_mm", &t::coefficients,
             {.doc = "one a calendar month; below zero: water condenses",
              .unit = "mm",
              .min_items = 12,
              .max_items = 12});
  made.field("reference_volumes_hm3", &t::reference_volumes,
             {.doc = "where area is taken; the middle of the storage range",
              .unit = "hm3",
              .min_items = 12,
              .max_items = 12});
  return made;
}

json::description<raw::hydro> hydro_form() {
  auto reservoir = object<raw::reservoir>("reservoir", "Limits of storage.");
  reservoir.field("min_storage_hm3", &raw::reservoir::least, {.doc = "least", .unit = "hm3", .minimum = 0});
  reservoir.field("max_storage_hm3", &raw::reservoir::most, {.doc = "most", .unit = "hm3", .minimum = 0});
  auto outflow = object<raw::outflow>("outflow", "Limits of outflow.");
  outflow.field("min_outflow_m3s", &raw::outflow::least, {.doc = "soft", .unit = "m3/s", .minimum = 0});
  outflow.field("max_outflow_m3s", &raw::outflow::most,
                {.doc = "soft; no limit", .unit = "m3/s", .minimum = 0});
  const json::enumeration<raw::efficiency_type> kinds(
      "efficiency", "Form of the efficiency.", {{"constant", raw::efficiency_type::constant, "one number"}});
  auto efficiency = object<raw::efficiency>("efficiency", "Of turbine and generator.");
  efficiency.field("type", &raw::efficiency::type, kinds, {.doc = "form"});
  efficiency.field("value", &raw::efficiency::value, {.doc = "share", .maximum = 1, .above = 0});
  auto diversion = object<raw::diversion>("diversion", "Water that leaves by another way.");
  diversion.field("downstream_id", &raw::diversion::downstream, {.doc = "where it arrives"});
  diversion.field("max_flow_m3s", &raw::diversion::most, {.doc = "hard", .unit = "m3/s", .minimum = 0});
  auto filling = object<raw::filling>("filling", "The first filling of a reservoir.");
  filling.field("start_stage_id", &raw::filling::start, {.doc = "first stage"});
  filling.field("filling_inflow_m3s", &raw::filling::inflow,
                {.doc = "retained", .unit = "m3/s", .defaulted = true});
  auto penalties = object<raw::hydro_penalties>("hydro penalties", "Costs of this hydro.");
  for (const hydro_penalty& key : hydro_penalty_keys()) {
    json::field_spec spec{.doc = std::string(key.doc) + "; the case's", .unit = std::string(key.unit)};
    (key.may_be_zero ? spec.minimum : spec.above) = 0;
    penalties.field(std::string(key.key), key.member, spec);
  }
  using t = raw::hydro;
  auto made = object<t>("hydro", "A hydro plant with its reservoir.");
  made.field("id", &t::number, {.doc = "unique"});
  made.field("name", &t::name, {.doc = "for outputs"});
  made.field("bus_id", &t::bus, {.doc = "where it feeds in"});
  made.field("downstream_id", &t::downstream, {.doc = "next hydro; out of the system"});
  made.field("reservoir", &t::reservoir, reservoir, {.doc = "limits of storage"});
  made.field("outflow", &t::outflow, outflow, {.doc = "limits of outflow"});
  made.field("generation", &t::generation, generation_form(), {.doc = "how water becomes power"});
  made.field("tailrace", &t::tailrace, tailrace_form(), {.doc = "water level below the plant"});
  made.field("hydraulic_losses", &t::losses, losses_form(), {.doc = "head that is lost"});
  made.field("efficiency", &t::efficiency, efficiency, {.doc = "of turbine and generator"});
  made.field("evaporation", &t::evaporation, evaporation_form(), {.doc = "depth that evaporates"});
  made.field("diversion", &t::diversion, diversion, {.doc = "water that leaves by another way"});
  made.field("filling", &t::filling, filling, {.doc = "first filling"});
  made.field("penalties", &t::penalties, penalties, {.doc = "costs of this hydro"});
  with_lifetime(made);
  return made;
}

json::description<raw::range> range_form(const std::string& name, const std::string& least,
                                         const std::string& most, const std::string& unit) {
  auto made = object<raw::range>(name, "Limits.");
  made.field(least, &raw::range::least, {.doc = "hard", .unit = unit, .minimum = 0});
  made.field(most, &raw::range::most, {.doc = "hard", .unit = unit, .minimum = 0});
  return made;
}

json::description<raw::fpha_config> fpha_form() {
  const json::enumeration<raw::plane_source> sources(
      "plane source", "Where planes come from.",
      {{"precomputed", raw::plane_source::precomputed, "of system/fpha_hyperplanes"},
       {"computed", raw::plane_source::computed, "fitted to the geometry"}});
  const json::enumeration<raw::correction> corrections(
      "correction", "How fitted planes are corrected.",
      {{"none", raw::correction::none, "the upper hull as it is"},
       {"least_squares", raw::correction::least_squares, "scaled to the least sum of squares"},
       {"conservative", raw::correction::conservative, "scaled down to the function on the grid"}});
  using w = raw::fitting_window;
  auto window = object<w>("fitting window", "The storages of the fit.");
  window.field("volume_min_hm3", &w::volume_min, {.doc = "least storage", .unit = "hm3", .minimum = 0});
  window.field("volume_max_hm3", &w::volume_max, {.doc = "most storage", .unit = "hm3", .minimum = 0});
  window.field("volume_min_percentile", &w::percentile_min,
               {.doc = "share of the range", .minimum = 0, .maximum = 1});
  window.field("volume_max_percentile", &w::percentile_max,
               {.doc = "share of the range", .minimum = 0, .maximum = 1});
  window.check([](const w& made, json::checker& report) {
    const auto both = [&](bool a, bool b, const char* key) {
      if (!a || !b) return;
      report.error(
          key, table::rule::invalid_value,
          {.what = "the window is bounded twice on one side", .expected = "a storage or a percentile"});
    };
    both(made.volume_min.has_value(), made.percentile_min.has_value(), "volume_min_percentile");
    both(made.volume_max.has_value(), made.percentile_max.has_value(), "volume_max_percentile");
  });
  using t = raw::fpha_config;
  auto made = object<t>("fpha_config", "Where planes come from.");
  made.field("source", &t::source, sources, {.doc = "a table, or fitted from the geometry"});
  made.field("volume_discretization_points", &t::volume_points,
             {.doc = "of the grid", .minimum = 2, .maximum = 100, .defaulted = true});
  made.field("turbine_discretization_points", &t::turbine_points,
             {.doc = "of the grid", .minimum = 2, .maximum = 100, .defaulted = true});
  made.field("spillage_discretization_points", &t::spillage_points,
             {.doc = "of the grid", .minimum = 2, .maximum = 100, .defaulted = true});
  made.field("max_planes_per_hydro", &t::max_planes, {.doc = "most planes", .minimum = 1, .defaulted = true});
  made.field("fitting_window", &t::window, window, {.doc = "storages of the fit; all"});
  made.field("correction", &t::correction, corrections, {.doc = "of fitted planes", .defaulted = true});
  return made;
}

template <class T>
void with_choice(json::description<T>& form) {
  raw::production T::* model = &T::model;
  raw::opt<raw::fpha_config> T::* fpha = &T::fpha;
  raw::opt<double> T::* productivity = &T::productivity;
  form.field("model", model, production_words(), {.doc = "production model"});
  form.field("fpha_config", fpha, fpha_form(), {.doc = "required with fpha"});
  form.field("productivity_override", productivity,
             {.doc = "the hydro's own", .unit = "MW/(m3/s)", .above = 0});
  form.check([](const T& made, json::checker& report) {
    const bool planes = made.model == raw::production::fpha;
    if (planes && !made.fpha)
      report.error({}, table::rule::missing_key,
                   {.what = "the key \"fpha_config\" is missing", .expected = "an object"});
    if (planes && made.productivity)
      report.error("productivity_override", table::rule::invalid_value,
                   {.what = "planes leave nothing for a productivity", .expected = "no such key with fpha"});
  });
}

}  // namespace

const json::description<raw::list<raw::line>>& lines_form() {
  static const auto form = [] {
    auto capacity = object<raw::capacity>("capacity", "Limits of flow.");
    capacity.field("direct_mw", &raw::capacity::direct,
                   {.doc = "source to target", .unit = "MW", .minimum = 0});
    capacity.field("reverse_mw", &raw::capacity::reverse,
                   {.doc = "target to source", .unit = "MW", .minimum = 0});
    using t = raw::line;
    auto made = object<t>("line", "A connection between two buses.");
    made.field("id", &t::number, {.doc = "unique"});
    made.field("name", &t::name, {.doc = "for outputs"});
    made.field("source_bus_id", &t::source, {.doc = "one end"});
    made.field("target_bus_id", &t::target, {.doc = "the other end"});
    made.field("capacity", &t::capacity, capacity, {.doc = "limits of flow"});
    made.field("exchange_cost", &t::exchange_cost, {.doc = "the case's", .unit = "$/MWh", .above = 0});
    made.field("losses_percent", &t::losses,
               {.doc = "of the flow", .minimum = 0, .below = 100, .defaulted = true});
    with_lifetime(made);
    return list_of<t>("system/lines.json", "lines", "The lines.", made);
  }();
  return form;
}

const json::description<raw::list<raw::hydro>>& hydros_form() {
  static const auto form = list_of<raw::hydro>("system/hydros.json", "hydros", "The hydros.", hydro_form());
  return form;
}

const json::description<raw::list<raw::thermal>>& thermals_form() {
  static const auto form = [] {
    auto gnl = object<raw::gnl>("gnl_config", "Gas that is ordered ahead.");
    gnl.field("lag_stages", &raw::gnl::lag_stages, {.doc = "stages ahead"});
    using t = raw::thermal;
    auto made = object<t>("thermal", "A plant that burns fuel.");
    made.field("id", &t::number, {.doc = "unique"});
    made.field("name", &t::name, {.doc = "for outputs"});
    made.field("bus_id", &t::bus, {.doc = "where it feeds in"});
    made.field("cost_per_mwh", &t::cost, {.doc = "of generation", .unit = "$/MWh", .minimum = 0});
    made.field("generation", &t::generation, range_form("thermal generation", "min_mw", "max_mw", "MW"),
               {.doc = "limits"});
    made.field("gnl_config", &t::gnl, gnl, {.doc = "gas that is ordered ahead"});
    with_lifetime(made);
    return list_of<t>("system/thermals.json", "thermals", "The thermal plants.", made);
  }();
  return form;
}

const json::description<raw::list<raw::source>>& sources_form() {
  static const auto form = [] {
    using t = raw::source;
    auto made = object<t>("non-controllable source", "Wind, sun and their kind.");
    made.field("id", &t::number, {.doc = "unique"});
    made.field("name", &t::name, {.doc = "for outputs"});
    made.field("bus_id", &t::bus, {.doc = "where it feeds in"});
    made.field("max_generation_mw", &t::most, {.doc = "hard", .unit = "MW", .minimum = 0});
    made.field("curtailment_cost", &t::curtailment_cost, {.doc = "the case's", .unit = "$/MWh", .above = 0});
    with_lifetime(made);
    return list_of<t>("system/non_controllable_sources.json", "non_controllable_sources", "The sources.",
                      made);
  }();
  return form;
}

const json::description<raw::list<raw::contract>>& contracts_form() {
  static const auto form = [] {
    const json::enumeration<raw::contract_type> types(
        "contract type", "Direction.",
        {{"import", raw::contract_type::import_, "power bought"},
         {"export", raw::contract_type::export_, "power sold"}});
    using t = raw::contract;
    auto made = object<t>("contract", "Energy from or to outside.");
    made.field("id", &t::number, {.doc = "unique"});
    made.field("name", &t::name, {.doc = "for outputs"});
    made.field("bus_id", &t::bus, {.doc = "where"});
    made.field("type", &t::type, types, {.doc = "direction"});
    made.field("price_per_mwh", &t::price, {.doc = "price", .unit = "$/MWh"});
    made.field("limits", &t::limits, range_form("contract limits", "min_mw", "max_mw", "MW"),
               {.doc = "limits"});
    with_lifetime(made);
    return list_of<t>("system/energy_contracts.json", "contracts", "The contracts.", made);
  }();
  return form;
}

const json::description<raw::list<raw::pump>>& pumps_form() {
  static const auto form = [] {
    using t = raw::pump;
    auto made = object<t>("pumping station", "Lifts water with power.");
    made.field("id", &t::number, {.doc = "unique"});
    made.field("name", &t::name, {.doc = "for outputs"});
    made.field("bus_id", &t::bus, {.doc = "where power comes from"});
    made.field("source_hydro_id", &t::source, {.doc = "where water comes from"});
    made.field("destination_hydro_id", &t::destination, {.doc = "where it goes"});
    made.field("consumption_mw_per_m3s", &t::consumption,
               {.doc = "power", .unit = "MW/(m3/s)", .minimum = 0});
    made.field("flow", &t::flow, range_form("pumped flow", "min_m3s", "max_m3s", "m3/s"), {.doc = "limits"});
    with_lifetime(made);
    return list_of<t>("system/pumping_stations.json", "pumping_stations", "The pumping stations.", made);
  }();
  return form;
}

const json::description<raw::list<raw::production_model>>& production_models_form() {
  static const auto form = [] {
    auto range = object<raw::stage_range>("stage range", "A model over stages.");
    range.field("start_stage_id", &raw::stage_range::first, {.doc = "first stage"});
    range.field("end_stage_id", &raw::stage_range::last, {.doc = "last stage, counted; open"});
    with_choice(range);
    auto season = object<raw::season_model>("season model", "A model in a season.");
    season.field("season_id", &raw::season_model::season, {.doc = "season"});
    with_choice(season);
    auto stages = object<raw::by_stage>("models by stage", "The first range that holds a stage counts.");
    stages.field("hydro_id", &raw::by_stage::hydro, {.doc = "hydro"});
    stages.field("stage_ranges", &raw::by_stage::ranges, range, {.doc = "ranges", .min_items = 1});
    auto seasons = object<raw::by_season>("models by season", "Models in seasons.");
    seasons.field("hydro_id", &raw::by_season::hydro, {.doc = "hydro"});
    seasons.field("default_model", &raw::by_season::fallback, production_words(),
                  {.doc = "in other seasons"});
    seasons.field("seasons", &raw::by_season::seasons, season, {.doc = "seasons"});
    json::one_of<raw::production_model> made("production model", "Which model when.", "selection_mode");
    made.alternative("stage_ranges", stages).alternative("seasonal", seasons);
    return list_of<raw::production_model>("system/hydro_production_models.json", "production_models",
                                          "Production models that change.", made);
  }();
  return form;
}

}  // namespace twill::sddp::detail
