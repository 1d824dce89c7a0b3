// SPDX-License-Identifier: Apache-2.0
#include "chart_model.hpp"
#include "text.hpp"
#include "xy_marks.hpp"

#include <algorithm>
#include <cmath>

namespace twill::report {
namespace {

using detail::box;
using detail::canvas;
using detail::chart_model;
using detail::scale;
using kind = chart::layer_kind;

constexpr double mark_font = 11;

std::vector<detail::legend_entry> legend_of(const chart_model& m) {
  std::vector<detail::legend_entry> entries;
  std::size_t lines = 0;
  for (const chart::layer& layer : m.layers) lines += layer.kind == kind::line ? 1 : 0;
  for (std::size_t i = 0; i < m.layers.size(); ++i) {
    const chart::layer& layer = m.layers[i];
    if (layer.name.empty()) continue;
    detail::key_shape shape = detail::key_shape::line;
    switch (layer.kind) {
      case kind::line:
        if (lines > 1 && layer.x.size() <= detail::most_markers) shape = detail::key_shape::marked_line;
        break;
      case kind::scatter: shape = detail::key_shape::point; break;
      case kind::band: shape = detail::key_shape::band; break;
      case kind::area:
      case kind::bars:
      case kind::histogram: shape = detail::key_shape::area; break;
      case kind::step:
      case kind::ecdf: break;
    }
    entries.push_back({layer.name, shape, layer.slot, m.order[i]});
  }
  // One layer is named by the title and the axis.
  if (entries.size() == 1 && m.layers.size() == 1) entries.clear();
  return entries;
}

void draw_layers(const chart_model& m, const detail::plane& p) {
  std::size_t lines = 0;
  std::size_t histograms = 0;
  for (const chart::layer& layer : m.layers) {
    lines += layer.kind == kind::line ? 1 : 0;
    histograms += layer.kind == kind::histogram ? 1 : 0;
  }
  std::size_t place = 0;
  for (std::size_t i = 0; i < m.layers.size(); ++i) {
    const chart::layer& layer = m.layers[i];
    switch (layer.kind) {
      case kind::line: detail::draw_line(p, layer.x, layer.y, layer.slot, m.order[i], lines > 1); break;
      case kind::step: detail::draw_step(p, layer.x, layer.y, layer.slot, m.order[i], false); break;
      case kind::ecdf: detail::draw_step(p, layer.x, layer.y, layer.slot, m.order[i], true); break;
      case kind::scatter: detail::draw_points(p, layer.x, layer.y, layer.slot); break;
      case kind::band:
        detail::draw_band(
            p, layer.x, layer.y, layer.upper,
            "b " + detail::slot_class("f", layer.slot) + " " + detail::slot_class("s", layer.slot));
        break;
      case kind::area: {
        std::vector<double> top = m.base[i];
        for (std::size_t k = 0; k < top.size(); ++k) top[k] += std::isfinite(layer.y[k]) ? layer.y[k] : 0.0;
        detail::draw_band(p, layer.x, m.base[i], top, "a " + detail::slot_class("f", layer.slot));
        break;
      }
      case kind::bars:
        detail::draw_bars(p, m.base[i], layer.y, m.options.stack_bars ? 0 : place, m.bar_places, layer.slot);
        ++place;
        break;
      case kind::histogram:
        detail::draw_bins(p, m.edges, m.counts[i], layer.slot, m.order[i], histograms > 1);
        break;
    }
  }
}

/// Names of vertical marks stand above the plot, each in the first row where it meets no other.
struct mark_row {
  std::size_t row;
  double at;
};

std::vector<mark_row> rows_above(const chart_model& m, const scale& x, const box& plot) {
  std::vector<double> taken;
  std::vector<mark_row> rows;
  for (const chart::mark& mark : m.marks) {
    if (!mark.along_x) continue;
    const double half = detail::pixel_width(mark.name, mark_font) / 2;
    const double at =
        std::clamp(x(mark.value), plot.left + half - 20, std::max(plot.right - half, plot.left));
    std::size_t row = 0;
    while (row < taken.size() && taken[row] > at - half) ++row;
    if (row == taken.size()) taken.push_back(0);
    taken[row] = at + half + 8;
    rows.push_back({row, at});
  }
  return rows;
}

void draw_marks(const chart_model& m, const detail::plane& p, const std::vector<mark_row>& above) {
  canvas& c = p.c;
  std::size_t vertical = 0;
  std::vector<std::pair<double, std::string>> beside;
  for (const chart::mark& mark : m.marks) {
    if (mark.along_x) {
      const mark_row place = above[vertical++];
      if (!p.x.shows(mark.value)) continue;
      const double y = p.plot.top - 5 - 14 * static_cast<double>(place.row);
      c.line(p.x(mark.value), p.plot.top - 2, p.x(mark.value), p.plot.bottom, "mk");
      c.text(place.at, y, "k", detail::anchor::middle, mark.name);
    } else if (p.y.shows(mark.value)) {
      c.line(p.plot.left, p.y(mark.value), p.plot.right, p.y(mark.value), "mk");
      beside.emplace_back(p.y(mark.value) + 4, mark.name);
    }
  }
  std::sort(beside.begin(), beside.end());
  double free_from = p.plot.top;
  for (auto& [y, name] : beside) {
    y = std::max(y, free_from);
    free_from = y + 13;
    c.text(p.plot.right + 6, y, "k", detail::anchor::start, detail::shortened(name, mark_font, 120));
  }
}

}  // namespace

figure chart::draw() const {
  const chart_model m(options_, layers_, marks_);
  canvas c;
  const int most_y = chart_model::most_y_ticks(options_);
  const detail::tick_set y_ticks = detail::ticks_of(options_.y, m.y, most_y, m.whole_y);

  double top = detail::draw_heading(c, options_.title, options_.subtitle);
  top = detail::draw_legend(c, legend_of(m), top);

  box plot;
  plot.left = detail::margin + std::max(14.0, detail::widest_label(y_ticks)) + 8;
  plot.right = detail::picture_width - 16;
  for (const mark& k : marks_) {
    if (k.along_x) continue;
    const double width = std::min(120.0, detail::pixel_width(k.name, mark_font));
    plot.right = std::min(plot.right, detail::picture_width - detail::margin - 6 - width);
  }

  scale x{.kind = options_.x.kind,
          .domain = m.x,
          .from = plot.left,
          .to = plot.right,
          .categories = options_.categories.size()};
  detail::tick_set x_ticks;
  if (!m.categorical()) {
    x_ticks = detail::ticks_of(options_.x, m.x, 10, m.whole_x);
    const double room = detail::widest_label(x_ticks) + 26;
    x_ticks = detail::ticks_of(options_.x, m.x, static_cast<int>((plot.right - plot.left) / room), m.whole_x);
  }

  const std::string y_caption = detail::axis_caption(options_.y, y_ticks.power);
  if (!y_caption.empty()) {
    top += 14;
    c.text(detail::margin, top, "al", detail::anchor::start, y_caption);
    top += 2;
  }
  const std::vector<mark_row> above = rows_above(m, x, plot);
  std::size_t rows = 0;
  for (const mark_row& r : above) rows = std::max(rows, r.row + 1);
  plot.top = top + 8 + 14 * static_cast<double>(rows);
  plot.bottom = plot.top + std::max(60, options_.plot_height);
  const scale y{.kind = options_.y.kind, .domain = m.y, .from = plot.bottom, .to = plot.top};

  detail::draw_y_axis(c, plot, y_ticks, y);
  const detail::plane p{c, plot, x, y};
  if (m.any) {
    c.begin_clip(plot.left - 5, plot.top - 5, plot.right + 5, plot.bottom + 5);
    draw_layers(m, p);
    c.end_clip();
  } else {
    c.text((plot.left + plot.right) / 2, (plot.top + plot.bottom) / 2, "note", detail::anchor::middle,
           "no data");
  }
  double height = plot.bottom;
  height += m.categorical() ? detail::draw_category_axis(c, plot, options_.categories)
                            : detail::draw_x_axis(c, plot, x_ticks, x, false);
  // The zero line of a chart with values on both sides.
  if (options_.y.kind == scale_kind::linear && m.y.lo < 0 && m.y.hi > 0) {
    c.line(plot.left, y(0), plot.right, y(0), "base");
  }
  draw_marks(m, p, above);

  const std::string x_caption = detail::axis_caption(options_.x, x_ticks.power);
  if (!x_caption.empty() || m.left_out > 0) height += 14;
  if (!x_caption.empty()) c.text(plot.right, height, "al", detail::anchor::end, x_caption);
  if (m.left_out > 0) {
    c.text(plot.left, height, "note", detail::anchor::start,
           std::to_string(m.left_out) + (m.left_out == 1 ? " value" : " values") +
               " not above zero: not on a logarithmic axis");
  }
  height += 8;

  chart_model::table_view view = m.table();
  bool points_only = !layers_.empty();
  for (const layer& l : layers_) points_only = points_only && l.kind == kind::scatter;
  detail::hover_spec hover{.mode = points_only ? "xy" : "x",
                           .plot = plot,
                           .x = x.spec(),
                           .y = y.spec(),
                           .series = std::move(view.series)};
  if (!m.any) hover = {};
  return detail::finish(std::move(view.table), height, hover, m.description(), c);
}

}  // namespace twill::report
