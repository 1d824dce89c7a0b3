// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/sddp/production.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace twill::sddp::detail {

/// Level and area of a reservoir at one storage.
struct geometry_point {
  double volume_hm3 = 0.0, height_m = 0.0, area_km2 = 0.0;
};

/// Straight between points, clamped at the ends, with the slope of the segment to the right; 0 outside where
/// clamped values are asked for.
struct curve_value {
  double value = 0.0, slope = 0.0;
};
[[nodiscard]] curve_value height_at(std::span<const geometry_point> curve, double volume_hm3);
/// As above for the area; outside the slope is that of the end segment (sddp-lp.md, section 7).
[[nodiscard]] curve_value area_at(std::span<const geometry_point> curve, double volume_hm3);

/// Water level below a plant as a function of its outflow.
struct tailrace_curve {
  std::vector<double> polynomial{};               // c0, c1, ...; used where `outflow_m3s` is empty
  std::vector<double> outflow_m3s{}, height_m{};  // points by rising outflow

  [[nodiscard]] curve_value at(double outflow) const;
};

/// The exact production function: 9.81e-3 * efficiency * turbined * net head, in MW.
struct production_function {
  std::vector<geometry_point> geometry{};
  tailrace_curve tailrace{};
  double loss_factor = 0.0;  // share of the head
  double loss_m = 0.0;       // height
  double efficiency = 1.0;

  struct result {
    double mw = 0.0, per_spilled = 0.0;
  };
  [[nodiscard]] result at(double volume_hm3, double turbined_m3s, double spilled_m3s) const;
};

enum class fit_correction : std::uint8_t { none, least_squares, conservative };

struct fit_grid {
  double least_hm3 = 0.0, most_hm3 = 0.0;  // least < most, or equal for a reservoir of one level
  double most_m3s = 0.0;                   // > 0
  std::uint32_t volume_points = 5, turbine_points = 5;
  std::uint32_t most_planes = 10;
  fit_correction correction = fit_correction::least_squares;
};

struct fitted_planes {
  std::vector<production_plane> planes{};  // empty: the function is nowhere above zero
  fit_quality quality{};
};

/// The upper concave hull of the production function without spill on a grid, reduced to so many planes.
[[nodiscard]] fitted_planes fit_planes(const production_function& exact, const fit_grid& grid);

}  // namespace twill::sddp::detail
