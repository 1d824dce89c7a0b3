// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/report/data.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace twill::report {

/// How values lie along an axis.
enum class scale_kind : std::uint8_t {
  linear,
  logarithmic,  ///< values that are not positive are left out, and the chart says how many
  time          ///< values are days from 1970-01-01, see `day_number`
};

/// What stands along one side of a chart.
struct axis {
  std::string label{};                   ///< what the axis shows
  std::string unit{};                    ///< of its values
  scale_kind kind = scale_kind::linear;  ///< linear, logarithmic or time
  bool si_prefix = false;                ///< large and small values get a prefix before the unit: GWh, ms
  bool from_zero = false;                ///< zero is shown although no value is near it
  std::optional<double> min{};           ///< the bounds, where the data shall not decide
  std::optional<double> max{};           ///< the upper bound
  std::optional<int>
      decimals{};  ///< decimals of the values shown on hover and in tables; nothing: all digits
};

/// A drawn chart: its picture and the numbers in it. Equal input gives equal bytes.
class figure {
 public:
  /// For the drawing functions: attributes and content of the svg element.
  figure(data_table data, int width, int height, std::string attributes, std::string content)
      : data_(std::move(data)),
        width_(width),
        height_(height),
        attributes_(std::move(attributes)),
        content_(std::move(content)) {}

  [[nodiscard]] const std::string& title() const noexcept { return data_.title(); }
  [[nodiscard]] const data_table& data() const noexcept { return data_; }
  [[nodiscard]] int width() const noexcept { return width_; }
  [[nodiscard]] int height() const noexcept { return height_; }
  /// A whole SVG file with its style sheet, light or dark as the viewer prefers.
  [[nodiscard]] std::string svg() const;
  /// The svg element alone, for a page that has the style sheet.
  [[nodiscard]] std::string element() const;

 private:
  data_table data_;
  int width_;
  int height_;
  std::string attributes_;
  std::string content_;
};

}  // namespace twill::report
