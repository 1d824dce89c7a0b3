// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/report/data.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <numbers>
#include <vector>

namespace gallery {

/// A stream of numbers that is the same on every machine (SplitMix64, Steele et al. 2014).
class random_stream {
 public:
  explicit random_stream(std::uint64_t seed) : state_(seed) {}
  /// Between 0 and 1.
  double uniform();
  /// Near the standard normal: the sum of twelve uniforms less six.
  double normal();

 private:
  std::uint64_t state_;
};

/// Rounded to so many decimals, as measured values are.
[[nodiscard]] double rounded(double value, int decimals);

/// A river basin of our own: five years of months.
struct basin {
  std::vector<double> month;  ///< days from 1970-01-01
  std::vector<double> p05, p25, median, p75, p95;
  std::vector<double> hydro, thermal, wind, imports, load;
  std::vector<double> inflow;  ///< with a gap of missing months
  std::vector<double> price;
};
basin make_basin();

/// How the bounds of a policy close over iterations.
struct convergence {
  std::vector<double> iteration, lower, mean, mean_low, mean_high, gap;
};
convergence make_convergence();

/// Costs of simulated scenarios.
std::vector<double> make_costs(std::uint64_t seed, double shift);

inline double random_stream::uniform() {
  state_ += 0x9e3779b97f4a7c15U;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  z ^= z >> 31U;
  return static_cast<double>(z >> 11U) * 0x1.0p-53;
}

inline double random_stream::normal() {
  double sum = -6;
  for (int i = 0; i < 12; ++i) sum += uniform();
  return sum;
}

inline double rounded(double value, int decimals) {
  const double unit = std::pow(10.0, decimals);
  return std::round(value * unit) / unit;
}

inline basin make_basin() {
  basin b;
  random_stream random(7);
  for (int i = 0; i < 60; ++i) {
    const double turn = 2 * std::numbers::pi * i / 12;
    const double season = std::cos(turn - 1.2);
    b.month.push_back(twill::report::day_number(2024 + i / 12, static_cast<unsigned>(i % 12) + 1, 1));
    const double spread = 120 + 55 * (1 - std::exp(-i / 10.0)) + 20 * season;
    const double middle = 560 + 190 * season - 1.2 * i + 16 * random.normal();
    b.median.push_back(rounded(middle, 1));
    b.p05.push_back(rounded(std::max(60.0, middle - 1.6 * spread), 1));
    b.p25.push_back(rounded(middle - 0.6 * spread, 1));
    b.p75.push_back(rounded(middle + 0.55 * spread, 1));
    b.p95.push_back(rounded(std::min(1000.0, middle + 1.35 * spread), 1));
    const double wind = 620 + 210 * std::cos(turn + 0.9) + 40 * random.normal();
    const double hydro = 2450 + 620 * season + 70 * random.normal();
    const double load = 4600 + 260 * std::cos(turn) + 14 * i + 30 * random.normal();
    const double imports = std::max(0.0, 260 - 220 * season + 25 * random.normal());
    b.wind.push_back(rounded(wind, 0));
    b.hydro.push_back(rounded(hydro, 0));
    b.imports.push_back(rounded(imports, 0));
    b.thermal.push_back(rounded(std::max(0.0, load - wind - hydro - imports), 0));
    b.load.push_back(rounded(load, 0));
    const bool missing = i >= 21 && i <= 24;
    b.inflow.push_back(missing ? std::numeric_limits<double>::quiet_NaN()
                               : rounded(std::exp(5.6 + 0.5 * season + 0.18 * random.normal()), 1));
    b.price.push_back(rounded(48 - 21 * season + 6 * random.normal(), 2));
  }
  return b;
}

inline convergence make_convergence() {
  convergence c;
  random_stream random(11);
  for (int i = 1; i <= 120; ++i) {
    const double lower = 41.8e6 * (1 - 0.62 * std::exp(-i / 9.0) - 0.05 * std::exp(-i / 45.0));
    const double noise = 0.9e6 * random.normal() / std::sqrt(1 + i / 20.0);
    const double mean = 42.1e6 + 9e6 * std::exp(-i / 12.0) + noise;
    const double half = 1.4e6 + 2.2e6 * std::exp(-i / 15.0);
    c.iteration.push_back(i);
    c.lower.push_back(rounded(lower, 0));
    c.mean.push_back(rounded(mean, 0));
    c.mean_low.push_back(rounded(mean - half, 0));
    c.mean_high.push_back(rounded(mean + half, 0));
    c.gap.push_back(rounded(std::max(0.0002, 0.55 * std::exp(-i / 16.0) * (1 + 0.15 * random.normal())), 6));
  }
  return c;
}

inline std::vector<double> make_costs(std::uint64_t seed, double shift) {
  random_stream random(seed);
  std::vector<double> costs;
  for (int i = 0; i < 600; ++i) {
    const double v =
        38 + shift + 4.2 * random.normal() + (random.uniform() < 0.12 ? 14 * random.uniform() : 0.0);
    costs.push_back(rounded(v, 3));
  }
  return costs;
}

}  // namespace gallery
