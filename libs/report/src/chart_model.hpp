// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "canvas.hpp"
#include "twill/report/chart.hpp"

#include <algorithm>
#include <string>
#include <vector>

namespace twill::report::detail {

/// A chart's layers once the stacks are summed and the bins are counted, and what follows from them.
struct chart_model {
  const chart_options& options;
  const std::vector<chart::layer>& layers;
  const std::vector<chart::mark>& marks;
  std::vector<double> edges{};                ///< of the bins of all histograms
  std::vector<std::vector<double>> base{};    ///< a layer: where its areas or bars stand
  std::vector<std::vector<double>> counts{};  ///< a layer: of a histogram
  std::vector<int> order{};                   ///< a layer: which line it is, or how deep in its fan
  std::size_t bar_places = 0;                 ///< bars side by side in a category
  interval x{};
  interval y{};
  bool whole_x = false;  ///< all values along x are whole numbers
  bool whole_y = false;
  bool any = false;          ///< there is a value to draw
  std::size_t left_out = 0;  ///< values that a logarithmic axis cannot show

  chart_model(const chart_options& o, const std::vector<chart::layer>& l, const std::vector<chart::mark>& m);

  [[nodiscard]] static int most_y_ticks(const chart_options& o) noexcept {
    return std::max(2, o.plot_height / 34);
  }
  [[nodiscard]] bool categorical() const noexcept { return !options.categories.empty(); }
  /// The numbers of the chart as one table, and for the script which columns each layer is.
  struct table_view {
    data_table table;
    std::string series;
  };
  [[nodiscard]] table_view table() const;
  [[nodiscard]] std::string description() const;

 private:
  void stack();
  void count_lines();
  void find_domain();
};

}  // namespace twill::report::detail
