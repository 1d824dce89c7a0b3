// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace twill::detail {

/// |u - 1/2| up to here belongs to the central function.
inline constexpr double normal_centre_limit = 0.425;

/// M. J. Wichura, Algorithm AS 241, Applied Statistics 37 (1988), routine PPND16: the central rational
/// function of degree 7 over 7 in r = 0.425^2 - q^2, with q = u - 1/2. `Real` is a double or a vector of
/// doubles.
template <class Real>
[[gnu::always_inline]] inline Real normal_centre(Real q) noexcept {
  const Real r = 0.180625 - q * q;
  const Real above =
      ((((((r * 2509.0809287301226727 + 33430.575583588128105) * r + 67265.770927008700853) * r +
          45921.953931549871457) *
             r +
         13731.693765509461125) *
            r +
        1971.5909503065514427) *
           r +
       133.14166789178437745) *
          r +
      3.387132872796366608;
  const Real below = ((((((r * 5226.495278852854561 + 28729.085735721942674) * r + 39307.89580009271061) * r +
                         21213.794301586595867) *
                            r +
                        5394.1960214247511077) *
                           r +
                       687.1870074920579083) *
                          r +
                      42.313330701600911252) *
                         r +
                     1.0;
  return q * above / below;
}

}  // namespace twill::detail
