// SPDX-License-Identifier: Apache-2.0
// Coefficients that the scalar and the vector kernels share.
#pragma once

#include <array>

namespace twill::dmm::detail {

// Stirling's series of ln Gamma(y) beyond (y - 1/2) ln y - y + ln(2 pi) / 2: sum of c[i] y^-(2i+1),
// c[i] = B(2i+2) / ((2i+1)(2i+2)). At y >= 16 what follows is below 1e-17.
inline constexpr std::array<double, 6> log_gamma_series{1.0 / 12,    -1.0 / 360, 1.0 / 1260,
                                                        -1.0 / 1680, 1.0 / 1188, -691.0 / 360360};
// psi(y) = ln y - 1 / (2 y) - sum of c[i] y^-(2i+2), c[i] = B(2i+2) / (2i+2).
inline constexpr std::array<double, 6> digamma_series{1.0 / 12,   -1.0 / 120, 1.0 / 252,
                                                      -1.0 / 240, 1.0 / 132,  -691.0 / 32760};
// psi'(y) = 1 / y + 1 / (2 y^2) + sum of c[i] y^-(2i+3), c[i] = B(2i+2).
inline constexpr std::array<double, 7> trigamma_series{1.0 / 6,  -1.0 / 30,     1.0 / 42, -1.0 / 30,
                                                       5.0 / 66, -691.0 / 2730, 7.0 / 6};

}  // namespace twill::dmm::detail
