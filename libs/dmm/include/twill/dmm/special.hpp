// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>

namespace twill::dmm {

/// ln Gamma, psi and psi' at one point, or their differences between two.
struct gamma_values {
  double log_gamma = 0;  ///< ln Gamma(x)
  double digamma = 0;    ///< its derivative
  double trigamma = 0;   ///< the derivative of that
};

/// The three at x > 0, to a relative error of 2e-15, near the zeros of the first two to 1e-15 absolutely.
/// Anything else gives NaN.
[[nodiscard]] gamma_values gamma_at(double x) noexcept;

/// The three at a + n less the three at a, for a > 0 and a whole n >= 0, without cancellation.
[[nodiscard]] gamma_values gamma_difference(double a, double n) noexcept;

/// gamma_difference(a[i], n[i]) for every i. The bits do not depend on the position, on the number of
/// elements or on the vector level of the machine. Requires: spans of equal length.
void gamma_differences(std::span<const double> a, std::span<const double> n, std::span<gamma_values> out);

}  // namespace twill::dmm
