// SPDX-License-Identifier: Apache-2.0
#include "canvas.hpp"
#include "text.hpp"
#include "twill/base/error.hpp"
#include "twill/report/chart.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <vector>

namespace twill::report {
namespace {

using detail::box;
using detail::canvas;
using detail::tick_font;

constexpr int plain_shades = 16;
constexpr int two_sided_shades = 17;

/// Which shade a value has.
struct shading {
  detail::interval domain;
  bool two_sided;

  [[nodiscard]] int shades() const noexcept { return two_sided ? two_sided_shades : plain_shades; }
  [[nodiscard]] int operator()(double v) const noexcept {
    const double share = (v / 2 - domain.lo / 2) / (domain.hi / 2 - domain.lo / 2);
    return static_cast<int>(std::clamp(share * shades(), 0.0, shades() - 1.0));
  }
  [[nodiscard]] std::string css(int shade) const { return (two_sided ? "d" : "q") + std::to_string(shade); }
  /// What reads best on a shade: the ink near the middle or the low end, the paper's colour further out, and
  /// between the two, by day and by night, the darker of both.
  [[nodiscard]] const char* text_class(int shade) const noexcept {
    if (!two_sided) return shade < 8 ? "out" : "in";
    const int from_centre = std::abs(shade - 8);
    return from_centre < 5 ? "out" : from_centre == 5 ? "dim" : "in";
  }
};

shading shading_of(const heat_map& h) {
  double lo = std::nan("");
  double hi = lo;
  for (const double v : h.values) {
    if (!std::isfinite(v)) continue;
    lo = std::isnan(lo) ? v : std::min(lo, v);
    hi = std::isnan(hi) ? v : std::max(hi, v);
  }
  lo = h.min.value_or(lo);
  hi = h.max.value_or(hi);
  if (h.centre && std::isfinite(lo)) {
    const double reach = std::max(std::fabs(hi - *h.centre), std::fabs(*h.centre - lo));
    return {detail::usable(*h.centre - reach, *h.centre + reach), true};
  }
  return {detail::usable(lo, hi), h.centre.has_value()};
}

/// Three digits, or the decimals asked for: what fits into a cell.
std::string short_text(double v, std::optional<int> decimals) {
  if (decimals) return number_text(v, *decimals);
  std::array<char, 32> buffer{};
  const auto end =
      std::to_chars(buffer.data(), buffer.data() + buffer.size(), v, std::chars_format::general, 3).ptr;
  return {buffer.data(), end};
}

/// The shades with the values at their ends and between, at the right above the plot.
void draw_colour_bar(canvas& c, const shading& shade, const heat_map& h, const box& plot, double y) {
  const double width = std::min(260.0, plot.right - plot.left);
  const double left = plot.right - width;
  const double each = width / shade.shades();
  for (int i = 0; i < shade.shades(); ++i) c.rect(left + each * i, y, each + 0.3, 9, shade.css(i));
  const detail::scale place{.domain = shade.domain, .from = left, .to = plot.right};
  const detail::tick_set ticks = detail::linear_ticks(shade.domain, 5, false);
  c.begin("ax");
  double free_from = detail::margin;
  for (const detail::tick& t : ticks.ticks) {
    const double half = detail::pixel_width(t.label, tick_font) / 2;
    if (place(t.value) - half < free_from) continue;
    c.text(place(t.value), y + 21, "k", detail::anchor::middle, t.label);
    free_from = place(t.value) + half + 8;
  }
  c.end();
  const std::string caption = detail::axis_caption({.label = h.value_label, .unit = h.unit}, ticks.power);
  c.text(left - 8, y + 9, "al", detail::anchor::end, caption);
}

void draw_cells(canvas& c, const heat_map& h, const shading& shade, const box& plot) {
  const double width = (plot.right - plot.left) / static_cast<double>(h.columns.size());
  const double height = (plot.bottom - plot.top) / static_cast<double>(h.rows.size());
  const double gap = width > 10 && height > 10 ? 1 : 0;
  // One path a shade, not one rectangle a cell: a fifth of the bytes.
  std::vector<detail::path_builder> cells(static_cast<std::size_t>(shade.shades()));
  detail::path_builder missing;
  for (std::size_t r = 0; r < h.rows.size(); ++r) {
    for (std::size_t k = 0; k < h.columns.size(); ++k) {
      const double v = h.values[r * h.columns.size() + k];
      detail::path_builder& path = std::isfinite(v) ? cells[static_cast<std::size_t>(shade(v))] : missing;
      const double left = plot.left + width * static_cast<double>(k);
      const double top = plot.top + height * static_cast<double>(r);
      path.rect(left, top, width - gap, height - gap);
      if (std::isfinite(v)) continue;
      path.move(left, top + height - gap);
      path.line(left + width - gap, top);
    }
  }
  for (int i = 0; i < shade.shades(); ++i) c.path(cells[static_cast<std::size_t>(i)], shade.css(i));
  c.path(missing, "miss");
  if (!h.show_values || height < 15) return;
  double widest = 0;
  for (const double v : h.values)
    widest = std::max(widest, detail::pixel_width(short_text(v, h.decimals), tick_font));
  if (widest + 6 > width) return;
  for (std::size_t i = 0; i < h.values.size(); ++i) {
    const double v = h.values[i];
    if (!std::isfinite(v)) continue;
    const auto row = static_cast<double>(i / h.columns.size());
    const auto column = static_cast<double>(i % h.columns.size());
    c.text(plot.left + width * (column + 0.5), plot.top + height * (row + 0.5) + 4,
           shade.text_class(shade(v)), detail::anchor::middle, short_text(v, h.decimals));
  }
}

void draw_row_names(canvas& c, const heat_map& h, const box& plot, double room) {
  const double height = (plot.bottom - plot.top) / static_cast<double>(h.rows.size());
  const auto stride = static_cast<std::size_t>(std::ceil(13 / height));
  c.begin("ax");
  for (std::size_t r = 0; r < h.rows.size(); r += std::max<std::size_t>(stride, 1)) {
    c.text(plot.left - 7, plot.top + height * (static_cast<double>(r) + 0.5) + 4, "k", detail::anchor::end,
           detail::shortened(h.rows[r], tick_font, room));
  }
  c.end();
}

data_table table_of(const heat_map& h) {
  data_table t(h.title);
  t.add_texts(h.row_label.empty() ? "row" : h.row_label, h.rows);
  for (std::size_t k = 0; k < h.columns.size(); ++k) {
    std::vector<double> column;
    for (std::size_t r = 0; r < h.rows.size(); ++r) column.push_back(h.values[r * h.columns.size() + k]);
    t.add_numbers(h.columns[k], h.unit, column, h.decimals);
  }
  return t;
}

}  // namespace

figure heat_map::draw() const {
  if (values.size() != rows.size() * columns.size()) {
    throw error(errc::invalid_value,
                {.what = "a heat map has not one value for each row and column",
                 .where = twill::location{.field = title},
                 .found = std::to_string(values.size()) + " values",
                 .expected = std::to_string(rows.size()) + " times " + std::to_string(columns.size())});
  }
  canvas c;
  const shading shade = shading_of(*this);
  const bool any = !values.empty();
  double top = detail::draw_heading(c, title, subtitle);

  constexpr double most_name = 150;
  double widest = 20;
  for (const std::string& name : rows) widest = std::max(widest, detail::pixel_width(name, tick_font));
  box plot;
  plot.left = detail::margin + std::min(widest, most_name) + 8;
  plot.right = detail::picture_width - 16;
  if (any) {
    draw_colour_bar(c, shade, *this, plot, top + 2);
    top += 30;
  }
  if (!row_label.empty()) c.text(detail::margin, top, "al", detail::anchor::start, row_label);
  plot.top = top + 6;
  const double cell =
      std::clamp(300.0 / static_cast<double>(std::max<std::size_t>(rows.size(), 1)), 3.0, 26.0);
  plot.bottom = plot.top + (any ? cell * static_cast<double>(rows.size()) : 60);
  if (any) {
    draw_cells(c, *this, shade, plot);
    draw_row_names(c, *this, plot, most_name);
  } else {
    c.text((plot.left + plot.right) / 2, plot.top + 30, "note", detail::anchor::middle, "no data");
  }
  double height = plot.bottom + detail::draw_category_axis(c, plot, columns);
  if (!column_label.empty()) {
    height += 14;
    c.text(plot.right, height, "al", detail::anchor::end, column_label);
  }
  height += 8;
  std::string what = description;
  if (what.empty()) {
    what = std::to_string(rows.size()) + " rows by " + std::to_string(columns.size()) +
           " columns, values from " + number_text(shade.domain.lo) + " to " + number_text(shade.domain.hi) +
           (unit.empty() ? "." : " " + unit + ".");
  }
  detail::hover_spec hover;
  if (any) {
    hover = {.mode = "grid",
             .plot = plot,
             .x = std::to_string(columns.size()),
             .y = std::to_string(rows.size()),
             .series = {}};
  }
  return detail::finish(table_of(*this), height, hover, what, c);
}

}  // namespace twill::report
