// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "canvas.hpp"

#include <span>

namespace twill::report::detail {

/// What the drawing of a layer needs of the chart around it.
struct plane {
  canvas& c;
  box plot;
  scale x;
  scale y;
};

/// Lines with more points than this have no markers, and are dashed instead.
constexpr std::size_t most_markers = 40;

/// `order` counts the lines of a chart from 0: their dashes follow it.
void draw_line(const plane& p, std::span<const double> xs, std::span<const double> ys, int slot, int order,
               bool several);
void draw_step(const plane& p, std::span<const double> xs, std::span<const double> ys, int slot, int order,
               bool from_zero);
void draw_points(const plane& p, std::span<const double> xs, std::span<const double> ys, int slot);
void draw_band(const plane& p, std::span<const double> xs, std::span<const double> lower,
               std::span<const double> upper, std::string_view css_class);
/// One bar a value between `base` and `base + values`, in the part `place` of `places` of its category.
void draw_bars(const plane& p, std::span<const double> base, std::span<const double> values,
               std::size_t place, std::size_t places, int slot);
void draw_bins(const plane& p, std::span<const double> edges, std::span<const double> counts, int slot,
               int order, bool several);

}  // namespace twill::report::detail
