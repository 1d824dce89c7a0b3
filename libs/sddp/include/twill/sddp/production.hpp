// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/sddp/ids.hpp"

#include <optional>
#include <string>
#include <vector>

namespace twill::sddp {

/// One plane of a production function: generation <= intercept + by storage * average storage of the stage +
/// by turbined flow * turbined + by spilled flow * spilled. The correction factor is already in the
/// intercept.
struct production_plane {
  double intercept_mw = 0.0;         ///< correction times gamma_0
  double mw_per_hm3 = 0.0;           ///< of the mean of incoming and outgoing storage; >= 0
  double mw_per_m3s_turbined = 0.0;  ///< > 0
  double mw_per_m3s_spilled = 0.0;   ///< <= 0
  friend bool operator==(const production_plane&, const production_plane&) = default;
};

/// How far fitted planes are from the exact production function on the grid of the fit.
struct fit_quality {
  double largest_error_mw = 0.0;       ///< over the grid
  double rms_error_mw = 0.0;           ///< over the grid
  double largest_generation_mw = 0.0;  ///< of the exact function on the grid
  friend bool operator==(const fit_quality&, const fit_quality&) = default;
};

/// Planes that bound the generation of one hydro from above, the least of them counts. They are resolved:
/// given in the case, or fitted from the geometry when the case was read.
struct plane_set {
  hydro_index hydro{};                     ///< whose production function
  std::vector<production_plane> planes{};  ///< at least one
  std::optional<fit_quality> fit{};        ///< of fitted planes
  friend bool operator==(const plane_set&, const plane_set&) = default;
};

/// Evaporation as a linear function of the mean of incoming and outgoing storage v:
/// constant_m3s + m3s_per_hm3 * v.
struct evaporation_line {
  double constant_m3s = 0.0;  ///< k0
  double m3s_per_hm3 = 0.0;   ///< kv
  double least_m3s = 0.0;     ///< lower bound of the flow, below zero where water condenses
  double most_m3s = 0.0;      ///< upper bound of the flow
  friend bool operator==(const evaporation_line&, const evaporation_line&) = default;
};

}  // namespace twill::sddp
