// SPDX-License-Identifier: Apache-2.0
#include "canvas.hpp"
#include "text.hpp"
#include "twill/report/chart.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <vector>

namespace twill::report {
namespace {

using detail::box;
using detail::canvas;
using detail::tick_font;

/// Names in the order of their first appearance.
class name_order {
 public:
  std::size_t index_of(const std::string& name) {
    const auto [place, fresh] = places_.try_emplace(name, names_.size());
    if (fresh) names_.push_back(name);
    return place->second;
  }
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }

 private:
  std::unordered_map<std::string, std::size_t> places_;
  std::vector<std::string> names_;
};

data_table table_of(const gantt& g, const std::vector<gantt_task>& shown) {
  data_column lane{.name = g.lane_label.empty() ? "lane" : g.lane_label, .kind = column_kind::text};
  data_column kind{.name = "kind", .kind = column_kind::text};
  const column_kind times = g.x.kind == scale_kind::time ? column_kind::time : column_kind::number;
  const std::string unit = times == column_kind::time ? std::string() : g.x.unit;
  data_column start{.name = "start", .unit = unit, .kind = times, .decimals = g.x.decimals};
  data_column end{.name = "end", .unit = unit, .kind = times, .decimals = g.x.decimals};
  for (const gantt_task& task : shown) {
    lane.texts.push_back(task.lane);
    kind.texts.push_back(task.kind);
    start.numbers.push_back(task.start);
    end.numbers.push_back(task.end);
  }
  data_table t(g.title);
  t.add(std::move(lane)).add(std::move(kind)).add(std::move(start)).add(std::move(end));
  return t;
}

}  // namespace

figure gantt::draw() const {
  std::vector<gantt_task> shown;
  name_order lanes;
  name_order kinds;
  double lo = std::nan("");
  double hi = lo;
  for (const gantt_task& task : tasks) {
    if (!std::isfinite(task.start) || !std::isfinite(task.end)) continue;
    if (x.kind == scale_kind::logarithmic && (task.start <= 0 || task.end <= 0)) continue;
    shown.push_back(task);
    lanes.index_of(task.lane);
    kinds.index_of(task.kind);
    lo = std::fmin(lo, std::fmin(task.start, task.end));
    hi = std::fmax(hi, std::fmax(task.start, task.end));
  }
  lo = x.min.value_or(lo);
  hi = x.max.value_or(hi);
  const detail::interval domain =
      x.kind == scale_kind::logarithmic ? detail::usable_log(lo, hi) : detail::usable(lo, hi);

  canvas c;
  double top = detail::draw_heading(c, title, subtitle);
  std::vector<detail::legend_entry> legend;
  for (std::size_t k = 0; k < kinds.names().size(); ++k) {
    if (kinds.names().size() > 1 && !kinds.names()[k].empty()) {
      legend.push_back({kinds.names()[k], detail::key_shape::area, static_cast<int>(k) + 1});
    }
  }
  top = detail::draw_legend(c, legend, top);
  if (!lane_label.empty()) {
    top += 14;
    c.text(detail::margin, top, "al", detail::anchor::start, lane_label);
  }

  constexpr double most_name = 150;
  double widest = 20;
  for (const std::string& name : lanes.names())
    widest = std::max(widest, detail::pixel_width(name, tick_font));
  const auto count = static_cast<double>(std::max<std::size_t>(lanes.names().size(), 1));
  const double row = std::clamp(360.0 / count, 6.0, 26.0);
  box plot;
  plot.left = detail::margin + std::min(widest, most_name) + 8;
  plot.right = detail::picture_width - 16;
  plot.top = top + 8;
  plot.bottom = plot.top + row * count + 4;
  const detail::scale along{.kind = x.kind, .domain = domain, .from = plot.left, .to = plot.right};
  detail::tick_set ticks = detail::ticks_of(x, domain, 10);
  ticks = detail::ticks_of(x, domain,
                           static_cast<int>((plot.right - plot.left) / (detail::widest_label(ticks) + 26)));
  const double axis_height = detail::draw_x_axis(c, plot, ticks, along, true);

  const auto middle_of = [&](std::size_t lane) {
    return plot.top + row * (static_cast<double>(lane) + 0.5) + 2;
  };
  c.begin("ax");
  const auto stride = static_cast<std::size_t>(std::ceil(13 / row));
  for (std::size_t i = 0; i < lanes.names().size(); i += std::max<std::size_t>(stride, 1)) {
    c.text(plot.left - 7, middle_of(i) + 4, "k", detail::anchor::end,
           detail::shortened(lanes.names()[i], tick_font, most_name));
  }
  c.end();
  // One rectangle a task, in the order of the table: the script finds the row by counting.
  c.begin_clip(plot.left, plot.top, plot.right, plot.bottom);
  c.begin("cells");
  const double thick = row * 0.72;
  for (const gantt_task& task : shown) {
    const double from = along(std::min(task.start, task.end));
    const double to = along(std::max(task.start, task.end));
    c.rect(from, middle_of(lanes.index_of(task.lane)) - thick / 2, std::max(to - from, 0.5), thick,
           detail::slot_class("f", static_cast<int>(kinds.index_of(task.kind)) + 1));
  }
  c.end();
  c.end_clip();
  if (shown.empty()) {
    c.text((plot.left + plot.right) / 2, plot.top + row / 2 + 6, "note", detail::anchor::middle, "no data");
  }

  double height = plot.bottom + axis_height;
  const std::string caption = detail::axis_caption(x, ticks.power);
  if (!caption.empty()) {
    height += 14;
    c.text(plot.right, height, "al", detail::anchor::end, caption);
  }
  height += 8;
  std::string what = description;
  if (what.empty()) {
    what = std::to_string(shown.size()) + " tasks of " + std::to_string(kinds.names().size()) + " kinds in " +
           std::to_string(lanes.names().size()) + " lanes.";
  }
  detail::hover_spec hover;
  if (!shown.empty()) hover = {.mode = "cells", .plot = plot, .x = along.spec(), .y = {}, .series = {}};
  return detail::finish(table_of(*this, shown), height, hover, what, c);
}

}  // namespace twill::report
