// SPDX-License-Identifier: Apache-2.0
#include "canvas.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace twill::report::detail {
namespace {

constexpr double title_font = 15;
constexpr double subtitle_font = 12;
constexpr double key_width = 24;
constexpr double turned_cos = 0.819;  // of 35 degrees
constexpr double turned_sin = 0.574;

/// Breaks a text into at most `most` lines at spaces; the last is shortened where the rest does not fit.
std::vector<std::string> wrapped(std::string_view text, double font, double pixels, std::size_t most) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    std::size_t end = text.size();
    if (lines.size() + 1 < most) {
      while (end > 0 && pixel_width(text.substr(0, end), font) > pixels) {
        end = text.rfind(' ', end - 1);
        if (end == std::string_view::npos) end = 0;
      }
      if (end == 0) end = text.size();
    }
    lines.push_back(shortened(text.substr(0, end), font, pixels));
    text.remove_prefix(end);
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  }
  return lines;
}

void draw_key(canvas& c, const legend_entry& entry, double x, double y) {
  const std::string stroke = slot_class("s", entry.slot);
  const std::string fill = slot_class("f", entry.slot);
  const auto marker = [&] {
    path_builder p;
    p.move(x + key_width / 2 - 2, y);
    p.raw(marker_shape(entry.slot));
    c.path(p, "m " + stroke + " " + fill);
  };
  switch (entry.shape) {
    case key_shape::line: c.line(x, y, x + key_width - 4, y, "l " + stroke + dash_class(entry.order)); break;
    case key_shape::marked_line:
      c.line(x, y, x + key_width - 4, y, "l " + stroke);
      marker();
      break;
    case key_shape::area: c.rect(x + 4, y - 6, 12, 12, "a " + fill); break;
    case key_shape::band:
      // The inner bands of a fan lie on the outer ones, and so are darker.
      for (int depth = 0; depth <= entry.order; ++depth) {
        c.rect(x, y - 6, key_width - 4, 12, "b " + fill + " " + stroke);
      }
      break;
    case key_shape::point: marker(); break;
  }
}

}  // namespace

std::string dash_class(int order) { return order % 8 == 0 ? "" : " z" + std::to_string(order % 8); }

int palette_slot(int slot) noexcept { return (slot - 1) % 8 + 1; }

std::string slot_class(std::string_view prefix, int slot) {
  return std::string(prefix) + std::to_string(palette_slot(slot));
}

std::string_view marker_shape(int slot) noexcept {
  // Zero-length strokes with round and square ends are the shortest circles and squares; see the style sheet.
  constexpr std::array<std::string_view, 8> shapes{
      "h0",                                                               // disc
      "m-3-3h6v6h-6zm3 3",                                                // square
      "m0-4.4l4.2 7.6h-8.4zm0 4.4",                                       // triangle
      "m0-4.6l4.2 4.6-4.2 4.6-4.2-4.6zm0 4.6",                            // diamond
      "m0 4.4l4.2-7.6h-8.4zm0-4.4",                                       // triangle upside down
      "m-1.2-4h2.4v2.8h2.8v2.4h-2.8v2.8h-2.4v-2.8h-2.8v-2.4h2.8zm1.2 4",  // plus
      "m-4.4 0l7.6-4.2v8.4zm4.4 0",                                       // triangle to the left
      "m4.4 0l-7.6-4.2v8.4zm-4.4 0"};                                     // triangle to the right
  return shapes[static_cast<std::size_t>(palette_slot(slot) - 1)];
}

double draw_heading(canvas& c, std::string_view title, std::string_view subtitle) {
  double y = 6;
  constexpr double room = picture_width - 2 * margin;
  for (const std::string& line : wrapped(title, title_font * 1.06, room, 2)) {
    y += 18;
    c.text(margin, y, "t", anchor::start, line);
  }
  for (const std::string& line : wrapped(subtitle, subtitle_font, room, 2)) {
    y += 16;
    c.text(margin, y, "st", anchor::start, line);
  }
  return y + 8;
}

double draw_legend(canvas& c, const std::vector<legend_entry>& entries, double y) {
  if (entries.empty()) return y;
  constexpr double row = 20;
  double x = margin;
  double middle = y + 10;
  c.begin("lg");
  for (const legend_entry& entry : entries) {
    const std::string name = shortened(entry.name, legend_font, 300);
    const double width = key_width + pixel_width(name, legend_font) + 16;
    if (x > margin && x + width - 16 > picture_width - margin) {
      x = margin;
      middle += row;
    }
    draw_key(c, entry, x, middle);
    c.text(x + key_width + 1, middle + 4, "k", anchor::start, name);
    x += width;
  }
  c.end();
  return middle + 14;
}

std::string axis_caption(const axis& a, int power) {
  std::string unit = a.unit;
  if (power != 0) {
    if (a.si_prefix) {
      unit = si_prefix_of(power) + unit;
    } else {
      unit = power_of_ten_text(power) + (unit.empty() ? "" : "\u202f" + unit);
    }
  }
  if (unit.empty()) return a.label;
  return a.label.empty() ? unit : a.label + " (" + unit + ")";
}

tick_set ticks_of(const axis& a, interval domain, int most, bool whole) {
  switch (a.kind) {
    case scale_kind::logarithmic: return log_ticks(domain, most, a.si_prefix);
    case scale_kind::time: return time_ticks(domain, most);
    case scale_kind::linear: break;
  }
  return linear_ticks(domain, most, a.si_prefix, whole);
}

double widest_label(const tick_set& set) {
  double width = 0;
  for (const tick& t : set.ticks) {
    width = std::max({width, pixel_width(t.label, tick_font), pixel_width(t.below, tick_font)});
  }
  return width;
}

void draw_y_axis(canvas& c, const box& plot, const tick_set& set, const scale& y) {
  path_builder grid;
  path_builder minor;
  for (const tick& t : set.ticks) {
    path_builder& lines = t.label.empty() ? minor : grid;
    const double at = y(t.value);
    lines.move(plot.left, at);
    lines.line(plot.right, at);
  }
  c.path(minor, "gm");
  c.path(grid, "g");
  c.begin("ax");
  for (const tick& t : set.ticks) {
    if (!t.label.empty()) c.text(plot.left - 7, y(t.value) + 4, "k", anchor::end, t.label);
  }
  c.end();
}

double draw_x_axis(canvas& c, const box& plot, const tick_set& set, const scale& x, bool grid) {
  path_builder lines;
  path_builder dashes;
  for (const tick& t : set.ticks) {
    const double at = x(t.value);
    if (grid) {
      lines.move(at, plot.top);
      lines.line(at, plot.bottom);
    }
    if (t.label.empty()) continue;
    dashes.move(at, plot.bottom);
    dashes.line(at, plot.bottom + 4);
  }
  c.path(lines, "gm");
  c.line(plot.left, plot.bottom, plot.right, plot.bottom, "base");
  c.path(dashes, "base");

  c.begin("ax");
  double free_from = -1e9;
  for (const tick& t : set.ticks) {
    const double half = pixel_width(t.label, tick_font) / 2;
    if (t.label.empty() || x(t.value) - half < free_from) continue;
    c.text(x(t.value), plot.bottom + 17, "k", anchor::middle, t.label);
    free_from = x(t.value) + half + 6;
  }
  bool second = false;
  // From the right: where two texts of the second line meet, the one that begins a full year or day stays.
  double free_to = 1e9;
  for (auto t = set.ticks.rbegin(); t != set.ticks.rend(); ++t) {
    if (t->below.empty()) continue;
    const double half = pixel_width(t->below, tick_font) / 2;
    if (x(t->value) + half > free_to) continue;
    c.text(x(t->value), plot.bottom + 31, "k yr", anchor::middle, t->below);
    free_to = x(t->value) - half - 8;
    second = true;
  }
  c.end();
  return second ? 36 : 22;
}

double draw_category_axis(canvas& c, const box& plot, const std::vector<std::string>& names) {
  c.line(plot.left, plot.bottom, plot.right, plot.bottom, "base");
  if (names.empty()) return 10;
  const double room = (plot.right - plot.left) / static_cast<double>(names.size());
  double widest = 0;
  for (const std::string& name : names) widest = std::max(widest, pixel_width(name, tick_font));
  const auto centre = [&](std::size_t i) { return plot.left + room * (static_cast<double>(i) + 0.5); };
  c.begin("ax");
  double used = 24;
  // Long names over few places, or short ones over many, still lie flat: every so many names is enough for
  // the latter.
  const auto stride = static_cast<std::size_t>(std::ceil((widest + 8) / room));
  if (stride <= 1 || widest <= 32) {
    for (std::size_t i = 0; i < names.size(); i += std::max<std::size_t>(stride, 1)) {
      c.text(centre(i), plot.bottom + 17, "k", anchor::middle, names[i]);
    }
  } else {
    const auto turned = static_cast<std::size_t>(std::ceil(15 / room));
    for (std::size_t i = 0; i < names.size(); i += std::max<std::size_t>(turned, 1)) {
      const double most = std::min(130.0, (centre(i) + 4 - margin) / turned_cos);
      const std::string name = shortened(names[i], tick_font, most);
      c.turned_text(centre(i) + 4, plot.bottom + 15, "k", name);
      used = std::max(used, 20 + pixel_width(name, tick_font) * turned_sin);
    }
  }
  c.end();
  return used;
}

figure finish(data_table data, double height, const hover_spec& hover, std::string_view description,
              canvas& c) {
  std::string attributes;
  const auto attribute = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    attributes += ' ';
    attributes += name;
    attributes += "=\"";
    append_escaped(attributes, value);
    attributes += '"';
  };
  std::string plot;
  for (const double side : {hover.plot.left, hover.plot.top, hover.plot.right, hover.plot.bottom}) {
    if (!plot.empty()) plot += ' ';
    append_tenths(plot, to_tenths(side));
  }
  attribute("data-mode", hover.mode);
  attribute("data-box", plot);
  attribute("data-x", hover.x);
  attribute("data-y", hover.y);
  attribute("data-series", hover.series);
  std::string content;
  content += "<title>" + escaped(data.title()) + "</title><desc>" + escaped(description) + "</desc>";
  content += c.take();
  return {std::move(data), picture_width, static_cast<int>(std::lround(height)), std::move(attributes),
          std::move(content)};
}

}  // namespace twill::report::detail
