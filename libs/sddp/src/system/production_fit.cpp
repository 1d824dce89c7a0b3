// SPDX-License-Identifier: Apache-2.0
#include "production_fit.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

namespace twill::sddp::detail {
namespace {

double volume_of(const geometry_point& p) { return p.volume_hm3; }

template <class Member>
curve_value interpolate(std::span<const geometry_point> curve, double volume, Member value,
                        bool slope_outside) {
  // The first point above the volume: at a breakpoint the segment to the right counts.
  const auto above = std::ranges::upper_bound(curve, volume, {}, volume_of);
  const auto right = std::clamp<std::ptrdiff_t>(above - curve.begin(), 1, std::ssize(curve) - 1);
  const geometry_point& a = curve[static_cast<std::size_t>(right - 1)];
  const geometry_point& b = curve[static_cast<std::size_t>(right)];
  const double slope = (b.*value - a.*value) / (b.volume_hm3 - a.volume_hm3);
  if (volume < curve.front().volume_hm3) return {curve.front().*value, slope_outside ? slope : 0.0};
  if (volume > curve.back().volume_hm3) return {curve.back().*value, slope_outside ? slope : 0.0};
  return {a.*value + slope * (volume - a.volume_hm3), slope};
}

struct point {
  double v, q, mw;
};

/// mw = c + a v + b q.
struct plane {
  double c = 0.0, a = 0.0, b = 0.0;
  [[nodiscard]] double at(const point& p) const { return c + a * p.v + b * p.q; }
};

double left_of(const point& a, const point& b, const point& p) {
  return (b.v - a.v) * (p.q - a.q) - (b.q - a.q) * (p.v - a.v);
}

plane through(const point& a, const point& b, const point& p) {
  const double area = left_of(a, b, p);
  const double dv = ((b.mw - a.mw) * (p.q - a.q) - (p.mw - a.mw) * (b.q - a.q)) / area;
  const double dq = ((p.mw - a.mw) * (b.v - a.v) - (b.mw - a.mw) * (p.v - a.v)) / area;
  return {a.mw - dv * a.v - dq * a.q, dv, dq};
}

/// Facets of the upper hull by gift wrapping (Chand and Kapur 1970): from an edge of the hull on the border
/// of the grid, the next facet is the steepest one over the points to its left; its other edges follow.
/// Coplanar points give the same plane more than once, which costs nothing: planes are compared afterwards.
std::vector<plane> upper_hull(const std::vector<point>& points, std::size_t first, std::size_t second) {
  std::vector<plane> found;
  std::vector<std::pair<std::size_t, std::size_t>> open{{first, second}};
  std::set<std::pair<std::size_t, std::size_t>> seen{{first, second}};
  while (!open.empty()) {
    const auto [i, j] = open.back();
    open.pop_back();
    const point& a = points[i];
    const point& b = points[j];
    const double length = (b.v - a.v) * (b.v - a.v) + (b.q - a.q) * (b.q - a.q);
    std::optional<std::size_t> best;
    double steepest = 0.0;
    for (std::size_t k = 0; k < points.size(); ++k) {
      const double area = left_of(a, b, points[k]);
      if (area <= 1e-12 * length) continue;
      const double along = ((points[k].v - a.v) * (b.v - a.v) + (points[k].q - a.q) * (b.q - a.q)) / length;
      const double slope = (points[k].mw - a.mw - along * (b.mw - a.mw)) / area;
      if (best && slope <= steepest) continue;
      best = k;
      steepest = slope;
    }
    if (!best) continue;
    found.push_back(through(a, b, points[*best]));
    for (const auto& edge : {std::pair(*best, j), std::pair(i, *best)})
      if (seen.insert(edge).second) open.push_back(edge);
  }
  return found;
}

std::vector<double> spaced(double from, double to, std::uint32_t count) {
  std::vector<double> all;
  if (!(to > from)) return {from};
  for (std::uint32_t i = 0; i < count; ++i)
    all.push_back(i + 1 == count ? to : from + (to - from) * i / (count - 1));
  return all;
}

double least_of(const std::vector<plane>& planes, const point& p) {
  double least = std::numeric_limits<double>::infinity();
  for (const plane& one : planes) least = std::min(least, one.at(p));
  return least;
}

/// Takes planes away until `most` are left, each time the one without which the rest is above the function by
/// the least. A point remembers the two lowest planes over it: without a plane it is as high as the other
/// one.
void reduce(std::vector<plane>& planes, const std::vector<point>& points, std::size_t most) {
  struct lowest {
    std::size_t plane = 0;
    double value = std::numeric_limits<double>::infinity();
    std::size_t second = 0;
    double second_value = std::numeric_limits<double>::infinity();
  };
  std::vector<lowest> over(points.size());
  const auto look = [&](std::size_t p) {
    lowest made;
    for (std::size_t i = 0; i < planes.size(); ++i) {
      const double here = planes[i].at(points[p]);
      if (here < made.value) {
        made.second = made.plane, made.second_value = made.value;
        made.plane = i, made.value = here;
      } else if (here < made.second_value) {
        made.second = i, made.second_value = here;
      }
    }
    over[p] = made;
  };
  for (std::size_t p = 0; p < points.size(); ++p) look(p);
  std::vector<double> errors;
  while (planes.size() > most) {
    // The error with all planes belongs to every choice: leaving a plane out lowers no point.
    double common = 0.0;
    errors.assign(planes.size(), 0.0);
    for (std::size_t p = 0; p < points.size(); ++p) {
      common = std::max(common, over[p].value - points[p].mw);
      errors[over[p].plane] = std::max(errors[over[p].plane], over[p].second_value - points[p].mw);
    }
    std::size_t least = 0;
    for (std::size_t i = 1; i < errors.size(); ++i)
      if (std::max(errors[i], common) < std::max(errors[least], common)) least = i;
    planes.erase(planes.begin() + static_cast<std::ptrdiff_t>(least));
    for (std::size_t p = 0; p < points.size(); ++p) {
      if (over[p].plane == least || over[p].second == least) {
        look(p);
        continue;
      }
      over[p].plane -= over[p].plane > least ? 1U : 0U;
      over[p].second -= over[p].second > least ? 1U : 0U;
    }
  }
}

/// More storage never gives less power and more flow never less: facets that say otherwise are flattened and
/// raised until no point is above them.
plane flattened(plane made, const std::vector<point>& points) {
  if (made.a >= 0 && made.b >= 0) return made;
  made.a = std::max(made.a, 0.0);
  made.b = std::max(made.b, 0.0);
  made.c = -std::numeric_limits<double>::infinity();
  for (const point& p : points) made.c = std::max(made.c, p.mw - made.a * p.v - made.b * p.q);
  return made;
}

bool same(const plane& x, const plane& y, double scale) {
  const double tolerance = 1e-9 * std::max(1.0, scale);
  return std::abs(x.c - y.c) < tolerance && std::abs(x.a - y.a) < tolerance &&
         std::abs(x.b - y.b) < tolerance;
}

double correction_of(fit_correction how, const std::vector<plane>& planes, const std::vector<point>& points) {
  double products = 0.0;
  double squares = 0.0;
  double least = 1.0;
  for (const point& p : points) {
    const double hull = least_of(planes, p);
    products += p.mw * hull;
    squares += hull * hull;
    if (hull > 0) least = std::min(least, p.mw / hull);
  }
  switch (how) {
    case fit_correction::none: break;
    case fit_correction::least_squares: return squares > 0 ? std::min(1.0, products / squares) : 1.0;
    case fit_correction::conservative: return least;
  }
  return 1.0;
}

}  // namespace

curve_value height_at(std::span<const geometry_point> curve, double volume) {
  return interpolate(curve, volume, &geometry_point::height_m, false);
}

curve_value area_at(std::span<const geometry_point> curve, double volume) {
  return interpolate(curve, volume, &geometry_point::area_km2, true);
}

curve_value tailrace_curve::at(double outflow) const {
  if (outflow_m3s.empty()) {
    curve_value made;
    for (std::size_t i = polynomial.size(); i-- > 0;) {
      made.slope = made.slope * outflow + made.value;
      made.value = made.value * outflow + polynomial[i];
    }
    return made;
  }
  if (outflow <= outflow_m3s.front()) return {height_m.front(), 0.0};
  if (outflow >= outflow_m3s.back()) return {height_m.back(), 0.0};
  const auto above = std::ranges::upper_bound(outflow_m3s, outflow);
  const auto r = static_cast<std::size_t>(above - outflow_m3s.begin());
  const double slope = (height_m[r] - height_m[r - 1]) / (outflow_m3s[r] - outflow_m3s[r - 1]);
  return {height_m[r - 1] + slope * (outflow - outflow_m3s[r - 1]), slope};
}

production_function::result production_function::at(double volume, double turbined, double spilled) const {
  const curve_value tail = tailrace.at(turbined + spilled);
  const double gross = height_at(geometry, volume).value - tail.value;
  const double net = gross - loss_factor * gross - loss_m;
  if (net <= 0) return {};
  // 9.81e-3: gravity times the density of water, in MW s/m4.
  const double per_head = 9.81e-3 * efficiency * turbined;
  return {per_head * net, -per_head * (1 - loss_factor) * tail.slope};
}

fitted_planes fit_planes(const production_function& exact, const fit_grid& grid) {
  std::vector<double> volumes = spaced(grid.least_hm3, grid.most_hm3, grid.volume_points);
  for (const geometry_point& p : exact.geometry)
    if (p.volume_hm3 > grid.least_hm3 && p.volume_hm3 < grid.most_hm3) volumes.push_back(p.volume_hm3);
  std::ranges::sort(volumes);
  const auto repeated = std::ranges::unique(volumes);
  volumes.erase(repeated.begin(), repeated.end());
  const bool flat = volumes.size() == 1;
  // A reservoir of one level has a production function of the flow alone; a copy of it beside makes it a
  // surface.
  if (flat) volumes.push_back(volumes.front() + 1.0);

  std::vector<point> points;
  fitted_planes made;
  for (const double v : volumes) {
    for (const double q : spaced(0.0, grid.most_m3s, grid.turbine_points)) {
      points.push_back({v, q, exact.at(flat ? volumes.front() : v, q, 0.0).mw});
      made.quality.largest_generation_mw = std::max(made.quality.largest_generation_mw, points.back().mw);
    }
  }
  if (made.quality.largest_generation_mw <= 0) return made;
  // At flow zero the function is zero everywhere: the border there is one straight edge of the hull, with all
  // other points to its left.
  const std::size_t last = (volumes.size() - 1) * grid.turbine_points;
  std::vector<plane> planes;
  for (const plane& facet : upper_hull(points, 0, last)) {
    const plane kept = flattened(facet, points);
    if (std::ranges::none_of(
            planes, [&](const plane& p) { return same(p, kept, made.quality.largest_generation_mw); }))
      planes.push_back(kept);
  }
  std::ranges::sort(planes, {}, [](const plane& p) { return std::tuple(p.c, p.a, p.b); });
  reduce(planes, points, grid.most_planes);

  const double kappa = correction_of(grid.correction, planes, points);
  double squares = 0.0;
  for (const point& p : points) {
    const double error = kappa * least_of(planes, p) - p.mw;
    made.quality.largest_error_mw = std::max(made.quality.largest_error_mw, std::abs(error));
    squares += error * error;
  }
  made.quality.rms_error_mw = std::sqrt(squares / static_cast<double>(points.size()));
  for (const plane& one : planes) {
    double slopes = 0.0;
    std::size_t vertices = 0;
    for (const point& p : points) {
      if (one.at(p) - p.mw > 1e-9 * made.quality.largest_generation_mw) continue;
      slopes += exact.at(flat ? volumes.front() : p.v, p.q, 0.0).per_spilled;
      ++vertices;
    }
    const double spilled = vertices == 0 ? 0.0 : std::min(0.0, slopes / static_cast<double>(vertices));
    made.planes.push_back({kappa * one.c, flat ? 0.0 : kappa * one.a, kappa * one.b, kappa * spilled});
  }
  return made;
}

}  // namespace twill::sddp::detail
