// SPDX-License-Identifier: Apache-2.0
#include "xy_marks.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace twill::report::detail {
namespace {

/// First and one past the last of points that have values.
struct run {
  std::size_t first;
  std::size_t last;
};

template <class Present>
std::vector<run> runs_of(std::size_t size, Present present) {
  std::vector<run> runs;
  for (std::size_t i = 0; i < size; ++i) {
    if (!present(i)) continue;
    const std::size_t first = i;
    while (i < size && present(i)) ++i;
    runs.push_back({first, i});
  }
  return runs;
}

/// Which points of a run to draw: all, or, where hundreds share a pixel column, the first, lowest, highest
/// and last of each column, which gives the same picture (Jugel et al. 2014, "M4").
std::vector<std::size_t> worth_drawing(const plane& p, std::span<const double> xs, std::span<const double> ys,
                                       run r) {
  std::vector<std::size_t> kept;
  if (r.last - r.first <= 2000) {
    for (std::size_t i = r.first; i < r.last; ++i) kept.push_back(i);
    return kept;
  }
  const auto column = [&](std::size_t i) { return std::floor(p.x(xs[i])); };
  for (std::size_t i = r.first; i < r.last;) {
    std::size_t end = i;
    std::size_t low = i;
    std::size_t high = i;
    for (; end < r.last && column(end) == column(i); ++end) {
      if (ys[end] < ys[low]) low = end;
      if (ys[end] > ys[high]) high = end;
    }
    for (const std::size_t k : {i, std::min(low, high), std::max(low, high), end - 1}) {
      if (kept.empty() || kept.back() < k) kept.push_back(k);
    }
    i = end;
  }
  return kept;
}

std::string line_class(int slot, int order) { return "l " + slot_class("s", slot) + dash_class(order); }

}  // namespace

void draw_line(const plane& p, std::span<const double> xs, std::span<const double> ys, int slot, int order,
               bool several) {
  const auto present = [&](std::size_t i) { return p.x.shows(xs[i]) && p.y.shows(ys[i]); };
  const std::vector<run> runs = runs_of(xs.size(), present);
  path_builder path;
  path_builder lonely;
  for (const run r : runs) {
    // A value between two gaps has no line to be seen by.
    if (r.last - r.first == 1) {
      lonely.move(p.x(xs[r.first]), p.y(ys[r.first]));
      lonely.raw(marker_shape(slot));
      continue;
    }
    const std::vector<std::size_t> kept = worth_drawing(p, xs, ys, r);
    path.move(p.x(xs[kept.front()]), p.y(ys[kept.front()]));
    for (std::size_t k = 1; k < kept.size(); ++k) path.line(p.x(xs[kept[k]]), p.y(ys[kept[k]]));
  }
  const bool marked = xs.size() <= most_markers;
  p.c.path(path, line_class(slot, marked ? 0 : order));
  const std::string marker = "m " + slot_class("s", slot) + " " + slot_class("f", slot);
  p.c.path(lonely, marker);
  if (!marked || !several) return;
  path_builder markers;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    if (!present(i)) continue;
    markers.move(p.x(xs[i]), p.y(ys[i]));
    markers.raw(marker_shape(slot));
  }
  p.c.path(markers, marker);
}

void draw_step(const plane& p, std::span<const double> xs, std::span<const double> ys, int slot, int order,
               bool from_zero) {
  path_builder path;
  for (const run r :
       runs_of(xs.size(), [&](std::size_t i) { return p.x.shows(xs[i]) && p.y.shows(ys[i]); })) {
    path.move(p.x(xs[r.first]), p.y(from_zero ? 0 : ys[r.first]));
    if (from_zero) path.line(p.x(xs[r.first]), p.y(ys[r.first]));
    for (std::size_t i = r.first + 1; i < r.last; ++i) {
      path.line(p.x(xs[i]), p.y(ys[i - 1]));
      path.line(p.x(xs[i]), p.y(ys[i]));
    }
    // The last value holds too: as far as the one before it did.
    if (!from_zero && r.last - r.first > 1) {
      path.line(p.x(xs[r.last - 1] + (xs[r.last - 1] - xs[r.last - 2])), p.y(ys[r.last - 1]));
    } else if (from_zero) {
      path.line(p.plot.right, p.y(ys[r.last - 1]));
    }
  }
  p.c.path(path, line_class(slot, order));
}

void draw_points(const plane& p, std::span<const double> xs, std::span<const double> ys, int slot) {
  path_builder path;
  for (std::size_t i = 0; i < xs.size(); ++i) {
    if (!p.x.shows(xs[i]) || !p.y.shows(ys[i])) continue;
    path.move(p.x(xs[i]), p.y(ys[i]));
    path.raw(marker_shape(slot));
  }
  p.c.path(path, "m p " + slot_class("s", slot) + " " + slot_class("f", slot));
}

void draw_band(const plane& p, std::span<const double> xs, std::span<const double> lower,
               std::span<const double> upper, std::string_view css_class) {
  const auto present = [&](std::size_t i) {
    return p.x.shows(xs[i]) && p.y.shows(lower[i]) && p.y.shows(upper[i]);
  };
  path_builder path;
  for (const run r : runs_of(xs.size(), present)) {
    path.move(p.x(xs[r.first]), p.y(upper[r.first]));
    for (std::size_t i = r.first + 1; i < r.last; ++i) path.line(p.x(xs[i]), p.y(upper[i]));
    for (std::size_t i = r.last; i-- > r.first;) path.line(p.x(xs[i]), p.y(lower[i]));
    path.close();
  }
  p.c.path(path, css_class);
}

void draw_bars(const plane& p, std::span<const double> base, std::span<const double> values,
               std::size_t place, std::size_t places, int slot) {
  const double room =
      (p.plot.right - p.plot.left) / static_cast<double>(std::max<std::size_t>(values.size(), 1));
  const double group = std::min(room * 0.78, 56.0 * static_cast<double>(places));
  const double width = group / static_cast<double>(places);
  const double gap = places > 1 && width > 6 ? 1.0 : 0.0;
  path_builder path;
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!p.y.shows(values[i])) continue;
    const double left = p.x(static_cast<double>(i)) - group / 2 + width * static_cast<double>(place);
    const double from = p.y(base[i]);
    const double to = p.y(base[i] + values[i]);
    path.rect(left + gap / 2, std::min(from, to), width - gap, std::fabs(from - to));
  }
  p.c.path(path, "bar " + slot_class("f", slot));
}

void draw_bins(const plane& p, std::span<const double> edges, std::span<const double> counts, int slot,
               int order, bool several) {
  path_builder path;
  if (several) {
    // Histograms over each other: filled outlines without inner walls.
    path.move(p.x(edges.front()), p.y(0));
    for (std::size_t i = 0; i < counts.size(); ++i) {
      path.line(p.x(edges[i]), p.y(counts[i]));
      path.line(p.x(edges[i + 1]), p.y(counts[i]));
    }
    path.line(p.x(edges.back()), p.y(0));
    p.c.path(path, "h e " + slot_class("s", slot) + " " + slot_class("f", slot) + dash_class(order));
    return;
  }
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double left = p.x(edges[i]);
    const double width = p.x(edges[i + 1]) - left;
    const double gap = width > 4 ? 1.0 : 0.0;
    if (counts[i] > 0) path.rect(left + gap / 2, p.y(counts[i]), width - gap, p.y(0) - p.y(counts[i]));
  }
  p.c.path(path, "bar " + slot_class("f", slot));
}

}  // namespace twill::report::detail
