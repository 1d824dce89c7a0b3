// SPDX-License-Identifier: Apache-2.0
// Writes the gallery of all charts to the file named: gallery docs/gallery.html
#include "gallery_data.hpp"
#include "twill/report.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <exception>
#include <fstream>
#include <iostream>
#include <limits>
#include <utility>

namespace {

using namespace twill::report;

const double missing = std::numeric_limits<double>::quiet_NaN();

void add_lines(document& page, const gallery::basin& basin, const gallery::convergence& run) {
  page.section("Lines, bands and steps");
  chart bounds({.title = "The bounds of a policy close in",
                .subtitle = "Lower bound, and the mean of simulated costs with its 95 % interval",
                .x = {.label = "Iteration"},
                .y = {.label = "Cost", .unit = "$", .si_prefix = true}});
  bounds.band("95 % interval", run.iteration, run.mean_low, run.mean_high);
  bounds.line("mean of simulations", run.iteration, run.mean);
  bounds.line("lower bound", run.iteration, run.lower);
  page.add(bounds.draw());

  // [snippet:fan]
  chart storage({.title = "Stored water",
                 .subtitle = "500 scenarios; capacity and minimum as dashed lines",
                 .x = {.label = "Month", .kind = scale_kind::time},
                 .y = {.label = "Storage", .unit = "hm\u00b3", .decimals = 1}});
  const std::array<fan_band, 2> bands{
      {{"5 % to 95 %", basin.p05, basin.p95}, {"25 % to 75 %", basin.p25, basin.p75}}};
  storage.fan("median", basin.month, bands, basin.median);
  storage.mark_y(1000, "capacity").mark_y(60, "minimum");
  storage.mark_x(day_number(2026, 1, 1), "new turbine");
  page.add(storage.draw());
  // [end:fan]

  chart gap({.title = "Relative gap on a logarithmic axis",
             .x = {.label = "Iteration"},
             .y = {.label = "Gap", .kind = scale_kind::logarithmic}});
  gap.line("gap", run.iteration, run.gap).mark_y(0.001, "tolerance");
  page.add(gap.draw());

  chart inflow({.title = "Inflow with four missing months",
                .x = {.label = "Month", .kind = scale_kind::time},
                .y = {.label = "Inflow", .unit = "m\u00b3/s", .decimals = 1}});
  inflow.line("inflow", basin.month, basin.inflow);
  page.add(inflow.draw());

  chart price({.title = "Spot price, constant within a month",
               .x = {.label = "Month", .kind = scale_kind::time},
               .y = {.label = "Price", .unit = "$/MWh", .decimals = 2}});
  price.step("price", basin.month, basin.price);
  page.add(price.draw());

  chart criteria({.title = "Model choice",
                  .subtitle = "Few points carry markers, so that colour is never the only difference",
                  .x = {.label = "Number of components"},
                  .y = {.label = "Criterion"}});
  const std::array<double, 7> k{1, 2, 3, 4, 5, 6, 7};
  const std::array<double, 7> laplace{15210.4, 14620.1, 14260.8, 14105.3, 14140.9, 14255.7, 14420.2};
  const std::array<double, 7> bic{15250.2, 14705.5, 14390.6, 14312.7, 14421.1, 14610.4, 14850.8};
  const std::array<double, 7> aic{15190.6, 14560.7, 14170.3, 13980.2, 13955.5, 14012.6, 14110.9};
  criteria.line("Laplace", k, laplace).line("BIC", k, bic).line("AIC", k, aic).mark_x(4, "chosen");
  page.add(criteria.draw());
}

void add_amounts(document& page, const gallery::basin& basin) {
  page.section("Amounts");
  chart mix({.title = "Generation by source",
             .x = {.label = "Month", .kind = scale_kind::time},
             .y = {.label = "Mean power", .unit = "MW"}});
  mix.area("hydro", basin.month, basin.hydro).area("thermal", basin.month, basin.thermal);
  mix.area("wind", basin.month, basin.wind).area("imports", basin.month, basin.imports);
  mix.line("load", basin.month, basin.load);
  page.add(mix.draw());

  chart costs(
      {.title = "Cost by category and stage",
       .y = {.label = "Cost", .unit = "M$", .decimals = 1},
       .categories = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"}});
  const std::array<double, 12> fuel{1.9, 1.6, 1.4, 1.1, 0.9, 1.3, 2.2, 2.9, 3.3, 3.1, 2.6, 2.2};
  const std::array<double, 12> start{0.4, 0.3, 0.3, 0.2, 0.2, 0.4, 0.5, 0.6, 0.7, 0.6, 0.5, 0.4};
  const std::array<double, 12> deficit{0.1, 0, 0, 0, 0, 0.1, 0.3, 0.7, 1.1, 0.8, 0.4, 0.2};
  costs.bars("fuel", fuel).bars("start-up", start).bars("deficit", deficit);
  page.add(costs.draw());

  chart time({.title = "Where the time of an iteration goes",
              .y = {.label = "Time", .unit = "s", .decimals = 2},
              .categories = {"1 rank \u00d7 16", "2 ranks \u00d7 8", "4 ranks \u00d7 4", "8 ranks \u00d7 2",
                             "16 ranks \u00d7 1"},
              .stack_bars = true});
  time.bars("forward", std::array{2.10, 2.08, 2.14, 2.22, 2.41})
      .bars("backward", std::array{6.31, 6.02, 5.95, 6.18, 6.70});
  time.bars("exchange", std::array{0.05, 0.21, 0.30, 0.46, 0.81})
      .bars("other", std::array{0.35, 0.33, 0.36, 0.35, 0.40});
  page.add(time.draw());

  chart drivers({.title = "Change of mean share by genus",
                 .y = {.label = "Change", .unit = "%", .decimals = 1},
                 .categories = {"Bacteroides", "Prevotella", "Faecalibacterium",
                                "unclassified Lachnospiraceae", "Ruminococcus", "Alistipes", "Akkermansia",
                                "Bifidobacterium", "Roseburia", "Parabacteroides", "Dialister", "Sutterella"},
                 .plot_height = 200});
  drivers.bars("change", std::array{11.2, -9.8, 4.1, -3.6, missing, 2.2, 1.9, -1.7, -1.2, 0.8, 0.6, -0.4});
  page.add(drivers.draw());
}

void add_distributions(document& page) {
  page.section("Distributions");
  const std::vector<double> base = gallery::make_costs(21, 0);
  const std::vector<double> averse = gallery::make_costs(22, 3.5);
  chart histogram(
      {.title = "Cost of 600 scenarios", .x = {.label = "Cost", .unit = "M$"}, .y = {.label = "Scenarios"}});
  histogram.histogram("scenarios", base)
      .mark_x(38.9, "mean")
      .mark_x(47.2, "VaR 95 %")
      .mark_x(50.1, "CVaR 95 %");
  page.add(histogram.draw());

  chart two({.title = "Two policies over the same scenarios",
             .x = {.label = "Cost", .unit = "M$"},
             .y = {.label = "Scenarios"}});
  two.histogram("risk neutral", base).histogram("risk averse", averse);
  page.add(two.draw());

  chart ecdf({.title = "The same as cumulative shares",
              .x = {.label = "Cost", .unit = "M$"},
              .y = {.label = "Share of scenarios", .decimals = 3}});
  ecdf.ecdf("risk neutral", base).ecdf("risk averse", averse);
  page.add(ecdf.draw());

  gallery::random_stream random(5);
  chart scatter({.title = "Value of water against storage",
                 .x = {.label = "Storage", .unit = "hm\u00b3", .decimals = 1},
                 .y = {.label = "Water value", .unit = "$/MWh", .decimals = 2}});
  for (const auto& [name, shift] :
       {std::pair{"wet season", 0.0}, {"dry season", 22.0}, {"after a drought", 48.0}}) {
    std::vector<double> x;
    std::vector<double> y;
    for (int i = 0; i < 90; ++i) {
      x.push_back(gallery::rounded(80 + 880 * random.uniform(), 1));
      y.push_back(gallery::rounded(std::max(0.5, 30 + shift - 0.035 * x.back() + 4 * random.normal()), 2));
    }
    scatter.scatter(name, x, y);
  }
  page.add(scatter.draw());
}

void add_grids(document& page) {
  page.section("Tables as colours");
  heat_map cuts{.title = "Cuts that are active, by stage and iteration",
                .row_label = "Stage",
                .column_label = "Iteration",
                .value_label = "Active cuts"};
  for (int r = 1; r <= 12; ++r) cuts.rows.push_back("stage " + std::to_string(r));
  for (int c = 1; c <= 30; ++c) cuts.columns.push_back(std::to_string(5 * c));
  gallery::random_stream random(3);
  for (int r = 1; r <= 12; ++r) {
    for (int c = 1; c <= 30; ++c) {
      const double v = std::round(60 * (1 - std::exp(-c / 8.0)) * (0.5 + 0.5 * std::sin(0.35 * r + 0.8)) +
                                  3 * random.uniform());
      cuts.values.push_back(r == 9 && c > 22 ? missing : v);
    }
  }
  page.add(cuts.draw());

  heat_map correlation{.title = "Correlation of inflows",
                       .value_label = "Correlation",
                       .rows = {"Alder", "Birch", "Cedar", "Elm", "Hazel", "Juniper", "Larch", "Maple"},
                       .columns = {"Alder", "Birch", "Cedar", "Elm", "Hazel", "Juniper", "Larch", "Maple"},
                       .min = -1,
                       .max = 1,
                       .centre = 0,
                       .decimals = 2};
  for (int r = 0; r < 8; ++r) {
    for (int c = 0; c < 8; ++c) {
      correlation.values.push_back(
          gallery::rounded(std::cos(0.42 * (r - c)) * std::exp(-0.05 * std::abs(r - c)), 2));
    }
  }
  page.add(correlation.draw());
}

void add_work(document& page) {
  page.section("Work");
  gantt workers{.title = "One iteration on eight workers",
                .lane_label = "Worker",
                .x = {.label = "Time", .unit = "s", .si_prefix = true, .decimals = 4}};
  gallery::random_stream random(9);
  for (int w = 0; w < 8; ++w) {
    double at = 0;
    const auto task = [&](const char* kind, double length) {
      workers.tasks.push_back(
          {"worker " + std::to_string(w), kind, gallery::rounded(at, 4), gallery::rounded(at + length, 4)});
      at += length;
    };
    for (int i = 0; i < 3; ++i) task("forward", 0.004 + 0.002 * random.uniform());
    task("wait", std::max(0.0005, 0.0185 - at));
    for (int i = 0; i < 6; ++i) task("backward", 0.006 + 0.003 * random.uniform());
    task("exchange", 0.0015);
  }
  page.add(workers.draw());
}

void add_rest(document& page, const gallery::basin& basin) {
  page.section("Tables, choices and data");
  data_table table("Plants with the largest output");
  table.add_texts("Plant", {"Upper Alder", "Birch Falls", "Cedar <Lower>", "Elm & Hazel", "\u010capek Dam"});
  table.add_numbers("Capacity", "MW", std::array{420.0, 385.0, 310.5, 122.0, 96.25});
  table.add_numbers("Output", "GWh", std::array{1840.22, 1512.9, missing, 402.06, 377.0}, 1);
  table.add_times("In service", std::array{day_number(1968, 5, 1), day_number(1974, 11, 20),
                                           day_number(1981, 2, 9), missing, day_number(2003, 7, 30)});
  page.table(table);

  std::vector<choice> choices;
  for (const auto& [name, share] :
       {std::pair{"Upper Alder", 0.6}, {"Birch Falls", 0.3}, {"Elm & Hazel", 0.1}}) {
    std::vector<double> y;
    for (const double v : basin.median) y.push_back(gallery::rounded(v * share, 1));
    chart c({.title = std::string("Storage of ") + name,
             .x = {.kind = scale_kind::time},
             .y = {.label = "Storage", .unit = "hm\u00b3", .decimals = 1},
             .plot_height = 180});
    c.line("storage", basin.month, y);
    choices.push_back({name, c.draw()});
  }
  page.choose("Reservoir", choices);

  page.note("A report says what it does not know: four months of inflow are missing.", tone::warning);
  page.facts(
      std::array<std::pair<std::string, std::string>, 3>{{{"Charts", "drawn by twill::report"},
                                                          {"Network", "none: the file holds everything"},
                                                          {"Bytes", "the same on every run"}}});
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: example_report_gallery FILE\n";
    return 64;
  }
  try {
    const gallery::basin basin = gallery::make_basin();
    const gallery::convergence run = gallery::make_convergence();
    document page("Gallery of charts", "Every kind of chart in twill::report, over data of our own");
    page.section("Key figures");
    page.cards(std::array<card, 4>{{{"Status", "converged", "", "after 120 iterations", tone::good},
                                    {"Lower bound", "41.80", "M$", "mean of simulations 42.07"},
                                    {"Gap", "0.06", "%", "tolerance 0.10", tone::good},
                                    {"Deficit risk", "3.4", "%", "of scenarios, September", tone::warning}}});
    page.paragraph(
        "Point at a chart, or move with the arrow keys after Tab, to read its values. Data shows them as a "
        "table, CSV and JSON save them.");
    add_lines(page, basin, run);
    add_amounts(page, basin);
    add_distributions(page);
    add_grids(page);
    add_work(page);
    add_rest(page, basin);
    std::ofstream file(argv[1], std::ios::binary);
    file << page.html();
    file.close();
    if (!file) {
      std::cerr << "cannot write " << argv[1] << '\n';
      return 2;
    }
  } catch (const std::exception& e) {
    std::cerr << e.what() << '\n';
    return 4;
  }
  return 0;
}
