// SPDX-License-Identifier: Apache-2.0
#include "twill/dmm/special.hpp"

#include "kernel/kernels.hpp"
#include "special_reference.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

namespace twill::dmm {
namespace {

// Relative, and absolute where the value is near a zero of its function.
void expect_close(double found, double expected, double relative, double absolute, const char* what, double x,
                  double n = 0) {
  EXPECT_LE(std::abs(found - expected), std::max(relative * std::abs(expected), absolute))
      << what << " at " << x << " and " << n << ": found " << found << ", expected " << expected;
}

TEST(special, values_agree_with_sixty_digits) {
  for (const auto& [x, value] : reference::points) {
    const gamma_values v = gamma_at(x);
    expect_close(v.log_gamma, value.log_gamma, 2e-15, 1e-15, "ln Gamma", x);
    expect_close(v.digamma, value.digamma, 2e-15, 2e-15, "psi", x);
    expect_close(v.trigamma, value.trigamma, 2e-15, 0, "psi'", x);
  }
  EXPECT_EQ(gamma_at(1).log_gamma, 0);
  EXPECT_EQ(gamma_at(2).log_gamma, 0);
}

TEST(special, differences_agree_with_sixty_digits) {
  for (const auto& [a, n, value] : reference::differences) {
    const gamma_values v = gamma_difference(a, n);
    // The zero of the difference lies where ln a and the rest cancel.
    expect_close(v.log_gamma, value.log_gamma, 2e-15, 1e-15 * std::max(1.0, std::abs(std::log(a))),
                 "ln Gamma", a, n);
    expect_close(v.digamma, value.digamma, 2e-15, 0, "psi", a, n);
    expect_close(v.trigamma, value.trigamma, 2e-15, 0, "psi'", a, n);
  }
}

TEST(special, what_is_not_positive_has_no_value) {
  for (const double x : {0.0, -1.5, std::nan("")}) {
    EXPECT_TRUE(std::isnan(gamma_at(x).log_gamma)) << x;
    EXPECT_TRUE(std::isnan(gamma_at(x).trigamma)) << x;
  }
}

std::vector<std::uint64_t> bits_of(const std::vector<gamma_values>& values) {
  std::vector<std::uint64_t> out;
  for (const gamma_values& v : values) {
    for (const double x : {v.log_gamma, v.digamma, v.trigamma})
      out.push_back(std::bit_cast<std::uint64_t>(x));
  }
  return out;
}

TEST(special, bits_do_not_depend_on_lane_or_vector_level) {
  std::vector<double> a;
  std::vector<double> n;
  for (const auto& d : reference::differences) {
    a.push_back(d.a);
    n.push_back(d.n);
  }
  std::vector<gamma_values> single;
  for (std::size_t i = 0; i < a.size(); ++i) single.push_back(gamma_difference(a[i], n[i]));
  const simd_level before = active_simd_level();
  for (const simd_level level : {simd_level::baseline, simd_level::avx2, simd_level::avx512}) {
    use_simd_level(level);
    for (std::size_t skip = 0; skip < 9; ++skip) {
      std::vector<gamma_values> out(a.size() - skip);
      gamma_differences(std::span(a).subspan(skip), std::span(n).subspan(skip), out);
      EXPECT_EQ(bits_of(out), bits_of({single.begin() + static_cast<std::ptrdiff_t>(skip), single.end()}))
          << skip;
    }
  }
  use_simd_level(before);
}

TEST(kernels, exponentials_and_logarithms_are_right_to_the_last_places) {
  std::vector<double> x;
  for (double v = -699; v < 690; v += 0.731) x.push_back(v);
  std::vector<double> e(x.size());
  std::vector<double> l(x.size());
  detail::active_kernels().exps(x.size(), x.data(), e.data());
  detail::active_kernels().logs(e.size(), e.data(), l.data());
  for (std::size_t i = 0; i < x.size(); ++i) {
    EXPECT_LE(std::abs(e[i] / std::exp(x[i]) - 1), 5e-16) << x[i];
    EXPECT_LE(std::abs(l[i] - std::log(e[i])), 2.3e-16 * std::abs(l[i]) + 1e-16) << x[i];
  }
  const double low = -701;
  double none = 1;
  detail::active_kernels().exps(1, &low, &none);
  EXPECT_EQ(none, 0);
}

TEST(kernels, softmax_sums_to_one_and_survives_weights_of_zero) {
  std::vector<double> e{-1e9, -1e9 - 3, -HUGE_VAL, 4, 4, -1000};
  std::vector<double> norm(2);
  detail::active_kernels().softmax(2, 3, e.data(), norm.data());
  EXPECT_NEAR(e[0], 1 / (1 + std::exp(-3)), 1e-15);
  EXPECT_EQ(e[2], 0);
  EXPECT_EQ(e[3], 0.5);
  EXPECT_EQ(e[5], 0);
  EXPECT_NEAR(norm[1], 4 + std::log(2), 1e-15);
}

}  // namespace
}  // namespace twill::dmm
