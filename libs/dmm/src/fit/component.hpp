// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fit/problem.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace twill::dmm::detail {

// Of one taxon: sums over its buckets of weight times the differences of ln Gamma, psi and -psi' between
// alpha + count and alpha.
struct taxon_sums {
  double f = 0;
  double g = 0;
  double r = 0;
};

// What the objective of one component is made of, ready to be evaluated at any alpha: terms of the
// recurrences with the weight of all counts beyond them (T. P. Minka, "Estimating a Dirichlet distribution",
// 2000), and one term for each distinct count above 16. Terms whose weight is below 1e-20 are left out: all
// of them together stay below the rounding of eta.
class component_terms {
 public:
  // weights[(bucket or total) * stride + component].
  component_terms(const problem& p, const double* weights, std::size_t stride, std::size_t component);

  // For each taxon, and the totals as taxon s, at alpha[0 .. s). Returns the sum of alpha.
  double evaluate(const problem& p, std::span<const double> alpha, std::vector<taxon_sums>& out);

 private:
  struct run {
    std::uint32_t taxon;
    std::uint32_t near;  // first of its terms
    std::uint32_t far;   // first of its terms
  };
  void add_taxon(std::uint32_t taxon, std::span<const double> counts, const double* weights,
                 std::size_t stride);
  void evaluate_runs(std::size_t first, std::size_t last, std::span<const double> alpha, double theta,
                     std::vector<taxon_sums>& out);

  std::vector<run> runs_;
  std::vector<std::size_t> cuts_;  // groups of runs
  std::vector<double> near_weight_, near_step_, near_x_;
  std::vector<double> far_weight_, far_d_, far_x_, far_v_, far_l_;
  std::vector<double> f_, g_, h_;
};

}  // namespace twill::dmm::detail
