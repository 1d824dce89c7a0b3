// SPDX-License-Identifier: Apache-2.0
#include "system/production_fit.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

namespace twill::sddp::detail {
namespace {

production_function sloping() {
  return {.geometry = {{0.0, 350.0, 10.0}, {50.0, 370.0, 30.0}, {200.0, 400.0, 60.0}},
          .tailrace = {.polynomial = {300.0, 0.01}},
          .loss_factor = 0.03,
          .efficiency = 0.92};
}

double least(const fitted_planes& fit, double v, double q) {
  double value = std::numeric_limits<double>::infinity();
  for (const production_plane& p : fit.planes)
    value = std::min(value, p.intercept_mw + p.mw_per_hm3 * v + p.mw_per_m3s_turbined * q);
  return value;
}

TEST(production_function_test, follows_head_losses_and_tailrace) {
  const production_function exact = sloping();
  // Head 370 - (300 + 0.01 * 40) = 69.6 m, less 3 %.
  EXPECT_DOUBLE_EQ(exact.at(50.0, 40.0, 0.0).mw, 9.81e-3 * 0.92 * 40.0 * (69.6 - 0.03 * 69.6));
  EXPECT_DOUBLE_EQ(exact.at(50.0, 40.0, 0.0).per_spilled, -9.81e-3 * 0.92 * 40.0 * 0.97 * 0.01);
  EXPECT_EQ(exact.at(50.0, 0.0, 0.0).mw, 0.0);
  production_function drowned = sloping();
  drowned.loss_m = 500.0;
  EXPECT_EQ(drowned.at(50.0, 40.0, 0.0).mw, 0.0);
  EXPECT_DOUBLE_EQ(height_at(exact.geometry, -5.0).value, 350.0);
  EXPECT_DOUBLE_EQ(area_at(exact.geometry, 50.0).slope, 0.2) << "the segment to the right counts";
}

TEST(production_fit_test, planes_bound_the_function_on_the_grid_without_correction) {
  const production_function exact = sloping();
  const fitted_planes fit = fit_planes(
      exact, {.least_hm3 = 0.0, .most_hm3 = 200.0, .most_m3s = 50.0, .correction = fit_correction::none});
  ASSERT_FALSE(fit.planes.empty());
  EXPECT_LE(fit.planes.size(), 10U);
  for (const double v : {0.0, 50.0, 100.0, 150.0, 200.0})
    for (const double q : {0.0, 12.5, 25.0, 37.5, 50.0})
      EXPECT_GE(least(fit, v, q), exact.at(v, q, 0.0).mw - 1e-9) << v << " hm3, " << q << " m3/s";
  for (const production_plane& p : fit.planes) {
    EXPECT_GE(p.mw_per_hm3, 0.0);
    EXPECT_GE(p.mw_per_m3s_turbined, 0.0);
    EXPECT_LE(p.mw_per_m3s_spilled, 0.0);
  }
  // The hull touches the function in its corners.
  EXPECT_NEAR(least(fit, 200.0, 50.0), exact.at(200.0, 50.0, 0.0).mw, 1e-9);
}

TEST(production_fit_test, least_squares_lowers_the_error_and_fewer_planes_raise_it) {
  const production_function exact = sloping();
  fit_grid grid{.least_hm3 = 0.0, .most_hm3 = 200.0, .most_m3s = 50.0};
  const fitted_planes fit = fit_planes(exact, grid);
  grid.correction = fit_correction::none;
  const fitted_planes plain = fit_planes(exact, grid);
  EXPECT_LT(fit.quality.rms_error_mw, plain.quality.rms_error_mw);
  EXPECT_LT(fit.quality.rms_error_mw, 0.05 * fit.quality.largest_generation_mw);
  grid.most_planes = 2;
  const fitted_planes few = fit_planes(exact, grid);
  EXPECT_EQ(few.planes.size(), 2U);
  EXPECT_GE(few.quality.largest_error_mw, plain.quality.largest_error_mw);
}

TEST(production_fit_test, the_finest_grid_that_a_case_may_ask_for_is_reduced_too) {
  const production_function exact = sloping();
  fit_grid grid{.least_hm3 = 0.0, .most_hm3 = 200.0, .most_m3s = 50.0, .correction = fit_correction::none};
  grid.volume_points = grid.turbine_points = 100;
  const fitted_planes fit = fit_planes(exact, grid);
  EXPECT_EQ(fit.planes.size(), grid.most_planes);
  for (const double v : {0.0, 200.0 * 33 / 99, 200.0})
    for (const double q : {50.0 * 11 / 99, 50.0 * 80 / 99})
      EXPECT_GE(least(fit, v, q), exact.at(v, q, 0.0).mw - 1e-9) << v << " hm3, " << q << " m3/s";
  EXPECT_LT(fit.quality.rms_error_mw, 0.05 * fit.quality.largest_generation_mw);
}

TEST(production_fit_test, a_constant_head_is_one_productivity) {
  const production_function level{.geometry = {{0.0, 400.0, 1.0}, {100.0, 400.0, 1.0}},
                                  .tailrace = {.polynomial = {300.0}},
                                  .efficiency = 0.9};
  const fitted_planes fit = fit_planes(level, {.least_hm3 = 0.0, .most_hm3 = 100.0, .most_m3s = 80.0});
  ASSERT_EQ(fit.planes.size(), 1U);
  EXPECT_NEAR(fit.planes[0].mw_per_m3s_turbined, 9.81e-3 * 0.9 * 100.0, 1e-12);
  EXPECT_NEAR(fit.planes[0].intercept_mw, 0.0, 1e-9);
  EXPECT_NEAR(fit.planes[0].mw_per_hm3, 0.0, 1e-12);
  EXPECT_EQ(fit.planes[0].mw_per_m3s_spilled, 0.0);
  EXPECT_NEAR(fit.quality.largest_error_mw, 0.0, 1e-9);
  const fitted_planes one_level = fit_planes(level, {.least_hm3 = 50.0, .most_hm3 = 50.0, .most_m3s = 80.0});
  ASSERT_EQ(one_level.planes.size(), 1U);
  EXPECT_NEAR(one_level.planes[0].mw_per_m3s_turbined, 9.81e-3 * 0.9 * 100.0, 1e-12);
}

}  // namespace
}  // namespace twill::sddp::detail
