// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
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
double rounded(double value, int decimals);

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

}  // namespace gallery
