// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/report/figure.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace twill::report {

/// One band of a fan: values between two lines.
struct fan_band {
  std::string name{};               ///< in the legend
  std::span<const double> lower{};  ///< one a position
  std::span<const double> upper{};  ///< one a position
};

/// What is set once for a chart.
struct chart_options {
  std::string title{};     ///< above the picture
  std::string subtitle{};  ///< below the title
  std::string
      description{};  ///< for those who cannot see the picture; by default the names, counts and ranges
  axis x{};           ///< the horizontal axis
  axis y{};           ///< the vertical axis
  /// Names instead of numbers along x: bars have one value each, other layers use 0, 1, 2 ... as their x.
  std::vector<std::string> categories{};
  bool stack_bars = false;  ///< bars of one category on top of each other, not beside
  int plot_height = 240;    ///< of the area within the axes; the picture is 720 wide
};

/// A chart of layers over two axes. Layers are drawn in the order of their calls and copied when added.
///
/// NaN and infinite values are missing: lines and bands have gaps there. Every layer call throws twill::error
/// when its lengths differ. Colours, dashes and markers follow the order of the layers.
class chart {
 public:
  /// A chart without layers.
  explicit chart(chart_options options) : options_(std::move(options)) {}

  chart& line(std::string name, std::span<const double> x, std::span<const double> y);
  /// A value holds from its x to the next.
  chart& step(std::string name, std::span<const double> x, std::span<const double> y);
  chart& scatter(std::string name, std::span<const double> x, std::span<const double> y);
  chart& band(std::string name, std::span<const double> x, std::span<const double> lower,
              std::span<const double> upper);
  /// Bands around a line, all in one colour; give the widest first.
  chart& fan(std::string name, std::span<const double> x, std::span<const fan_band> bands,
             std::span<const double> centre);
  /// Areas stand on the areas before them; all have the same x. A missing value counts as zero.
  chart& area(std::string name, std::span<const double> x, std::span<const double> y);
  /// One value a category, beside or on the bars before it.
  chart& bars(std::string name, std::span<const double> values);
  /// Counts of values in equal bins, which all histograms of a chart share. `bins` 0: a round width near that
  /// of Freedman and Diaconis (1981).
  chart& histogram(std::string name, std::span<const double> values, std::size_t bins = 0);
  /// The share of values that are at most x.
  chart& ecdf(std::string name, std::span<const double> values);
  /// A line across the chart with its name at the edge.
  chart& mark_x(double value, std::string name);
  chart& mark_y(double value, std::string name);

  [[nodiscard]] figure draw() const;

  /// How a layer is drawn.
  enum class layer_kind : std::uint8_t { line, step, scatter, band, area, bars, histogram, ecdf };
  /// A layer as it was added.
  struct layer {
    layer_kind kind;            ///< how it is drawn
    std::string name;           ///< in the legend
    std::vector<double> x;      ///< positions
    std::vector<double> y;      ///< for a band its lower line, for a histogram its values
    std::vector<double> upper;  ///< a band's upper line
    int slot;                   ///< colour, from 1
    std::size_t bins;           ///< of a histogram
    bool in_fan;                ///< a band that belongs to the line after it
  };
  /// A line across the plot with a name.
  struct mark {
    double value;      ///< where it stands
    std::string name;  ///< written beside it
    bool along_x;      ///< the value is an x
  };

 private:
  chart& add(layer_kind kind, std::string name, std::span<const double> x, std::span<const double> y,
             std::span<const double> upper, int slot, std::size_t bins = 0);
  [[nodiscard]] int next_slot() noexcept { return ++slots_; }

  chart_options options_;
  std::vector<layer> layers_;
  std::vector<mark> marks_;
  int slots_ = 0;
};

/// A table of values as colours.
struct heat_map {
  std::string title{};                 ///< above the picture
  std::string subtitle{};              ///< below the title
  std::string description{};           ///< for those who cannot see it
  std::string row_label{};             ///< what the rows are: the heading of their names
  std::string column_label{};          ///< what the columns are
  std::string value_label{};           ///< what the colours show
  std::string unit{};                  ///< of the values
  std::vector<std::string> rows{};     ///< names, from the top
  std::vector<std::string> columns{};  ///< names, from the left
  std::vector<double> values{};        ///< row by row; NaN is missing
  std::optional<double> min{};         ///< the value of the first colour; the least value by default
  std::optional<double> max{};         ///< the value of the last colour; the greatest value by default
  std::optional<double> centre{};      ///< two colours meet here: for correlations and changes
  std::optional<int> decimals{};       ///< shown decimals of the values; nothing: all digits
  bool show_values = true;             ///< write the values where they fit

  /// Throws: twill::error when there are not rows times columns values.
  [[nodiscard]] figure draw() const;
};

/// A bar of a Gantt chart.
struct gantt_task {
  std::string lane{};  ///< the row: a worker, a rank
  std::string kind{};  ///< the colour: a phase
  double start = 0;    ///< on the axis
  double end = 0;      ///< on the axis, not before the start
};

/// What ran where and when. Lanes and kinds appear in the order of their first task; a task without finite
/// bounds is left out.
struct gantt {
  std::string title{};              ///< above the picture
  std::string subtitle{};           ///< below the title
  std::string description{};        ///< for those who cannot see it
  std::string lane_label{};         ///< what the rows are
  axis x{};                         ///< the axis of time
  std::vector<gantt_task> tasks{};  ///< in any order

  [[nodiscard]] figure draw() const;
};

}  // namespace twill::report
