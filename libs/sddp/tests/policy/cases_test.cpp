// SPDX-License-Identifier: Apache-2.0
// Cases from files: the reference cases where they are beside the sources, and always one of our own.
#include "extensive_form.hpp"
#include "make_system.hpp"
#include "twill/base/file.hpp"
#include "twill/base/number.hpp"
#include "twill/sddp/case.hpp"
#include "twill/sddp/optimizer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <sstream>
#include <string_view>

namespace twill::sddp {
namespace {
const std::string own_folder = TWILL_SOURCE_DIR "/libs/sddp/tests/cases";
const std::string reference_folder = TWILL_SOURCE_DIR "/../shared/cases";

struct expectation {
  std::string name;
  double low = 0.0;
  double high = 0.0;
  double expected = 0.0;
};

std::vector<expectation> expectations() {
  std::istringstream table(twill::read_file(own_folder + "/expected.tsv"));
  std::vector<expectation> out;
  std::string line;
  std::getline(table, line);
  while (std::getline(table, line)) {
    std::istringstream fields(line);
    expectation e;
    std::string exact;
    fields >> e.name >> e.low >> e.high >> exact;
    e.expected = exact == "-" ? e.low : std::stod(exact);
    // Where the folder is not there the case of our own still is.
    if (std::filesystem::exists(reference_folder + "/" + e.name)) out.push_back(e);
  }
  const study own = load_case(own_folder + "/own-two-plants");
  const double exact = twill::sddp::testing::extensive_optimum(own.model, *own.model.noise.tree);
  out.push_back({"own-two-plants", exact * (1 - 1e-6), exact * (1 + 1e-9), exact});
  return out;
}

TEST(cases, train_to_their_expected_bounds) {
  const std::vector<expectation> all = expectations();
  ASSERT_FALSE(all.empty());
  std::printf("%-32s %22s %22s %12s\n", "case", "bound", "expected", "difference");
  for (const expectation& e : all) {
    const std::string folder = (e.name == "own-two-plants" ? own_folder : reference_folder) + "/" + e.name;
    const study s = load_case(folder);
    optimizer o(s.model, s.settings, {.threads = 1});
    const training_result r = o.train();
    std::printf("%-32s %22.6f %22.6f %12.2e\n", e.name.c_str(), r.lower_bound, e.expected,
                r.lower_bound - e.expected);
    EXPECT_GE(r.lower_bound, e.low) << e.name;
    EXPECT_LE(r.lower_bound, e.high) << e.name;
    for (const iteration_record& i : r.iterations) EXPECT_LE(i.lower_bound, e.high) << e.name;
  }
}

// A case of the table and of ours, trained; nothing where it is not there.
struct trained {
  explicit trained(const std::string& name) {
    const std::string folder = (name == "own-two-plants" ? own_folder : reference_folder) + "/" + name;
    if (!std::filesystem::exists(folder)) return;
    s = std::make_unique<study>(load_case(folder));
    o = std::make_unique<optimizer>(s->model, s->settings, optimizer_options{.threads = 1});
    result = o->train();
  }
  explicit operator bool() const { return o != nullptr; }
  // Every path through the opening tree.
  [[nodiscard]] std::vector<std::vector<std::uint32_t>> paths() const {
    std::vector<std::vector<std::uint32_t>> out{{}};
    for (std::size_t t = 0; t < s->model.stages.size(); ++t) {
      std::vector<std::vector<std::uint32_t>> longer;
      for (const std::vector<std::uint32_t>& path : out) {
        for (std::uint32_t w = 0; w < s->model.stages[t].openings; ++w) {
          longer.push_back(path);
          longer.back().push_back(w);
        }
      }
      out = std::move(longer);
    }
    return out;
  }
  std::unique_ptr<study> s;
  std::unique_ptr<optimizer> o;
  training_result result;
};

TEST(cases, cost_the_optimum_over_the_whole_tree_and_about_that_over_a_sample) {
  for (const char* const name :
       {"own-two-plants", "t01-1dtoy-openings", "t03-par1-cascade-two-bus", "t04-negative-inflow-penalty"}) {
    const trained c{name};
    if (!c) continue;
    bool neutral = true;
    for (const stage& at : c.s->model.stages) neutral = neutral && at.risk.is_expectation();
    const simulation_result tree = c.o->simulate(c.paths());
    const double bound = c.result.lower_bound;
    if (neutral) {
      EXPECT_NEAR(tree.mean, bound, 1e-6 * bound) << name;
      const simulation_result sample = c.o->simulate(200);
      EXPECT_LT(std::fabs(sample.mean - bound), 4 * sample.std / std::sqrt(200.0)) << name;
    } else {
      // The measured cost weighs what is dear more than the mean does.
      EXPECT_LT(tree.mean, bound) << name;
    }
  }
}

// 50 m3/s must flow in two stages; 5 hm3 and 10 m3/s a stage are there.
void expect_paid_for_outflow(optimizer& o, double bound) {
  const simulation_result r = o.simulate(1);
  EXPECT_NEAR(r.mean, bound, 1e-2);
  const double slack = 100.0 - (5.0 / (657.0 / 250.0) + 20.0);
  double paid = 0.0;
  for (std::size_t t = 0; t < r.stages; ++t) {
    const cost_row& row = r.at(0, t);
    paid += row.outflow_violation_below;
    EXPECT_EQ(row.hydro_violation(), row.outflow_violation_below);
    EXPECT_EQ(row.deficit + row.storage_violation + row.generic_violation, 0.0);
  }
  EXPECT_NEAR(paid, slack * 5000.0 * 730.0, 1e-2);
}

TEST(cases, pay_for_the_outflow_that_is_missing_and_for_nothing_else) {
  twill::sddp::testing::system_maker m(2);
  const bus_index b = m.bus(20.0);
  m.thermal(b, 100.0, 50.0);
  hydro_at_stage x = twill::sddp::testing::plain_hydro(200.0, 100.0);
  x.min_outflow_m3s = 50.0;
  m.hydro(b, x, 5.0, 10.0);
  const system made = m.make();
  optimizer o(made, twill::sddp::testing::plain_settings(10), {.threads = 1});
  expect_paid_for_outflow(o, o.train().lower_bound);
  if (const trained c{"d21-min-outflow-regression"}) expect_paid_for_outflow(*c.o, c.result.lower_bound);
  if (const trained c{"d22-per-block-min-outflow"}) {
    const simulation_result r = c.o->simulate(1);
    for (std::size_t t = 0; t < r.stages; ++t) {
      // As many m3/s are missing as minimum outflow less the water that all blocks share.
      EXPECT_GT(r.at(0, t).outflow_violation_below, 0.0) << "stage " << t;
    }
    EXPECT_NEAR(r.mean, 140376666.6667, 1e-2);
  }
  if (const trained c{"d24-productivity-override"}) {
    const simulation_result r = c.o->simulate(1);
    EXPECT_NEAR(r.mean, c.result.lower_bound, 1e-3);
    EXPECT_EQ(r.at(0, 0).deficit + r.at(0, 1).deficit, 0.0);
  }
}

TEST(cases, give_the_same_bits_for_every_number_of_threads) {
  for (const char* const name :
       {"own-two-plants", "t03-par1-cascade-two-bus", "t04-negative-inflow-penalty"}) {
    const std::string folder =
        (std::string_view(name) == "own-two-plants" ? own_folder : reference_folder) + "/" + name;
    if (!std::filesystem::exists(folder)) continue;
    const study s = load_case(folder);
    std::vector<double> first;
    for (const std::size_t threads : {1U, 2U, 4U}) {
      optimizer o(s.model, s.settings, {.threads = threads, .max_iterations = 25});
      std::vector<double> bounds;
      for (const iteration_record& r : o.train().iterations) {
        bounds.push_back(r.lower_bound_raw);
        bounds.push_back(r.upper_bound_mean);
      }
      if (first.empty()) first = bounds;
      EXPECT_EQ(bounds, first) << name << " with " << threads << " threads";
    }
  }
}

}  // namespace
}  // namespace twill::sddp
