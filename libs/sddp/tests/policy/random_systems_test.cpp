// SPDX-License-Identifier: Apache-2.0
// Policies of fifty random small systems against the linear program over their whole opening tree.
#include "extensive_form.hpp"
#include "make_system.hpp"
#include "twill/base/philox.hpp"
#include "twill/sddp/optimizer.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace twill::sddp {
namespace {
using twill::sddp::testing::extensive_optimum;
using twill::sddp::testing::plain_hydro;
using twill::sddp::testing::plain_settings;
using twill::sddp::testing::system_maker;

class dice {
 public:
  explicit dice(std::uint64_t seed) : rng_(twill::philox_key(77, seed)) {}
  double between(double low, double high) { return low + (high - low) * rng_.uniform(n_++); }
  std::size_t below(std::size_t n) { return rng_.bounded(n_++, n); }
  bool chance(double p) { return rng_.uniform(n_++) < p; }

 private:
  twill::philox rng_;
  std::uint64_t n_ = 0;
};

system random_system(std::uint64_t seed) {
  dice d(seed);
  const std::size_t stages = 2 + d.below(2);
  system_maker m(stages, d.chance(0.5) ? std::vector<double>{730.0} : std::vector<double>{300.0, 430.0});
  std::vector<bus_index> buses{m.bus(d.between(60, 120), {{d.between(5, 30), 250.0}, {unlimited, 1000.0}},
                                     d.chance(0.4) ? 15.0 : 0.0)};
  if (d.chance(0.5)) {
    buses.push_back(m.bus(d.between(10, 50)));
    m.line(buses[0], buses[1], d.between(5, 40), d.between(5, 40));
  }
  const std::size_t thermals = 1 + d.below(3);
  for (std::size_t j = 0; j < thermals; ++j) {
    m.thermal(buses[d.below(buses.size())], d.between(15, 60), d.between(10, 200), d.chance(0.3) ? 2.0 : 0.0);
  }
  if (d.chance(0.4)) m.source(buses[0], d.between(5, 30), 0.2, 0.5, d.chance(0.5) ? 0.3 : 0.0);
  const std::size_t hydros = 1 + d.below(2);
  std::vector<hydro_index> plants;
  for (std::size_t h = 0; h < hydros; ++h) {
    hydro_at_stage x = plain_hydro(d.between(40, 200), d.between(20, 70));
    x.productivity_mw_per_m3s = d.between(0.6, 1.4);
    x.max_generation_mw = 90.0;
    if (d.chance(0.3)) x.min_outflow_m3s = d.between(2, 10);
    if (d.chance(0.3)) x.withdrawal_m3s = d.between(0.5, 3);
    if (d.chance(0.3)) {
      x.evaporation =
          evaporation_line{.constant_m3s = 0.2, .m3s_per_hm3 = 0.003, .least_m3s = 0.0, .most_m3s = 3.0};
    }
    plants.push_back(
        m.hydro(buses[d.below(buses.size())], x, d.between(5, 40), d.between(5, 25), d.between(2, 12)));
    if (d.chance(0.4)) {
      m.planes(plants[h],
               {{.intercept_mw = d.between(0, 3),
                 .mw_per_hm3 = d.between(0, 0.08),
                 .mw_per_m3s_turbined = d.between(0.4, 0.8),
                 .mw_per_m3s_spilled = -0.01},
                {.intercept_mw = 0.0, .mw_per_hm3 = 0.01, .mw_per_m3s_turbined = d.between(0.8, 1.1)}});
    }
    const std::size_t order = d.below(3);
    if (order == 1) m.autoregression(plants[h], {d.between(0.1, 0.7)}, {d.between(5, 30)});
    if (order == 2) {
      m.autoregression(plants[h], {d.between(0.1, 0.6), d.between(-0.2, 0.3)},
                       {d.between(5, 30), d.between(5, 30)});
    }
  }
  if (hydros == 2 && d.chance(0.7)) m.flows_into(plants[0], plants[1]);
  m.discount(d.between(0.9, 1.0));
  if (d.chance(0.5)) m.risk({.lambda = d.between(0.1, 0.9), .alpha = d.between(0.2, 0.8)});
  m.s.inflow_method = negative_inflow::penalty;
  const std::size_t dimension = hydros + m.s.noise.loads.size() + m.s.noise.sources.size();
  for (std::size_t t = 0; t < stages; ++t) {
    std::vector<std::vector<double>> noise(2 + d.below(2), std::vector<double>(dimension));
    for (std::vector<double>& w : noise) {
      for (double& x : w) x = d.between(-1.8, 1.8);
    }
    m.openings(t, noise);
  }
  return m.make();
}

class random_systems : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(random_systems, train_to_the_optimum_of_their_tree) {
  for (std::uint64_t seed = 10 * GetParam(); seed < 10 * GetParam() + 10; ++seed) {
    const system s = random_system(seed);
    const double exact = extensive_optimum(s, *s.noise.tree);
    optimizer o(s, plain_settings(70, 2), {.threads = 1});
    const training_result r = o.train();
    EXPECT_NEAR(r.lower_bound, exact, 1e-6 * exact) << "system " << seed;
    for (const iteration_record& i : r.iterations) {
      EXPECT_LE(i.lower_bound, exact * (1 + 1e-9)) << "system " << seed << " iteration " << i.iteration;
    }
  }
}
INSTANTIATE_TEST_SUITE_P(tens, random_systems, ::testing::Range<std::uint64_t>(0, 5));

}  // namespace
}  // namespace twill::sddp
