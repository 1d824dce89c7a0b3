// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "ticks.hpp"
#include "twill/report/figure.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace twill::report::detail {

/// A length in tenths of a pixel: what coordinates are rounded to, so that paths are short and bytes do not
/// depend on how a compiler rounds.
using tenths = std::int64_t;
[[nodiscard]] tenths to_tenths(double pixels) noexcept;
void append_tenths(std::string& out, tenths value);

/// Path data in relative coordinates. Each point is rounded before the difference is taken: errors do not add
/// up.
class path_builder {
 public:
  void move(double x, double y);
  void line(double x, double y);
  void close();
  /// Text in relative commands, with the pen where it is.
  void raw(std::string_view commands) { out_ += commands; }
  void rect(double x, double y, double width, double height);
  [[nodiscard]] bool empty() const noexcept { return out_.empty(); }
  [[nodiscard]] const std::string& text() const noexcept { return out_; }

 private:
  void pair(tenths a, tenths b);
  std::string out_;
  tenths x_ = 0;
  tenths y_ = 0;
  tenths start_x_ = 0;
  tenths start_y_ = 0;
  char last_ = 0;
};

enum class anchor : std::uint8_t { start, middle, end };

/// The content of an svg element.
class canvas {
 public:
  void begin(std::string_view group_class);
  void end() { out_ += "</g>"; }
  void text(double x, double y, std::string_view css_class, anchor where, std::string_view content);
  void turned_text(double x, double y, std::string_view css_class, std::string_view content);
  void line(double x1, double y1, double x2, double y2, std::string_view css_class);
  void rect(double x, double y, double width, double height, std::string_view css_class);
  void path(const path_builder& path, std::string_view css_class);
  /// An element that clips what is drawn up to `end_clip`; coordinates stay those of the picture.
  void begin_clip(double left, double top, double right, double bottom);
  void end_clip() { out_ += "</svg>"; }
  void element(std::string_view name, std::string_view content);
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void number(std::string_view name, double value);
  std::string out_;
};

/// From values to pixels.
struct scale {
  scale_kind kind = scale_kind::linear;
  interval domain{};
  double from = 0;
  double to = 1;
  std::size_t categories = 0;  ///< when not 0, values are 0 to categories - 1 and have room of their own

  [[nodiscard]] double operator()(double value) const noexcept;
  [[nodiscard]] bool shows(double value) const noexcept;
  /// For the script: `linear 0 10`, `category 12`.
  [[nodiscard]] std::string spec() const;
};

struct box {
  double left = 0;
  double top = 0;
  double right = 0;
  double bottom = 0;
};

constexpr int picture_width = 720;
constexpr double margin = 8;
constexpr double tick_font = 11;
constexpr double legend_font = 12;

enum class key_shape : std::uint8_t { line, area, band, point, marked_line };
struct legend_entry {
  std::string name;
  key_shape shape;
  int slot;
  int order = 0;  ///< among the lines, for their dashes; among the bands of a fan, for their depth
};

/// Title and subtitle from the top; returns where the next thing may begin.
[[nodiscard]] double draw_heading(canvas& c, std::string_view title, std::string_view subtitle);
/// The names of the layers in rows above the plot, where no data can be.
[[nodiscard]] double draw_legend(canvas& c, const std::vector<legend_entry>& entries, double y);

/// `Energy (GWh)`: label, prefix or power of ten, and unit of an axis.
[[nodiscard]] std::string axis_caption(const axis& a, int power);
[[nodiscard]] tick_set ticks_of(const axis& a, interval domain, int most, bool whole = false);
[[nodiscard]] double widest_label(const tick_set& set);

/// Grid lines and labels left of the plot.
void draw_y_axis(canvas& c, const box& plot, const tick_set& set, const scale& y);
/// Labels below the plot; returns the height used. Labels that would touch are left out.
[[nodiscard]] double draw_x_axis(canvas& c, const box& plot, const tick_set& set, const scale& x, bool grid);
/// Names below the plot, turned where they are long; returns the height used.
[[nodiscard]] double draw_category_axis(canvas& c, const box& plot, const std::vector<std::string>& names);

/// A marker of the colour's shape around the pen.
[[nodiscard]] std::string_view marker_shape(int slot) noexcept;
/// The class of the n-th dash pattern, the first of which is a full line.
[[nodiscard]] std::string dash_class(int order);
/// Colours repeat after eight.
[[nodiscard]] int palette_slot(int slot) noexcept;
/// `prefix` and the number of the colour: `s1`.
[[nodiscard]] std::string slot_class(std::string_view prefix, int slot);

/// What the script needs to find the value under the pointer.
struct hover_spec {
  std::string mode;
  box plot{};
  std::string x{};
  std::string y{};
  std::string series{};
};
[[nodiscard]] figure finish(data_table data, double height, const hover_spec& hover,
                            std::string_view description, canvas& c);

}  // namespace twill::report::detail
