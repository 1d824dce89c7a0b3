// SPDX-License-Identifier: Apache-2.0
#include "twill/report/chart.hpp"

#include "twill/base/error.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace twill::report {
namespace {

void require_length(const std::string& name, std::string_view what, std::size_t found, std::size_t expected) {
  if (found == expected) return;
  throw error(errc::invalid_value, {.what = "the lengths of a chart's layer differ",
                                    .where = twill::location{.field = name},
                                    .found = std::to_string(found) + " " + std::string(what),
                                    .expected = std::to_string(expected)});
}

}  // namespace

chart& chart::add(layer_kind kind, std::string name, std::span<const double> x, std::span<const double> y,
                  std::span<const double> upper, int slot, std::size_t bins) {
  layers_.push_back({.kind = kind,
                     .name = std::move(name),
                     .x = {x.begin(), x.end()},
                     .y = {y.begin(), y.end()},
                     .upper = {upper.begin(), upper.end()},
                     .slot = slot,
                     .bins = bins,
                     .in_fan = false});
  return *this;
}

chart& chart::line(std::string name, std::span<const double> x, std::span<const double> y) {
  require_length(name, "y", y.size(), x.size());
  return add(layer_kind::line, std::move(name), x, y, {}, next_slot());
}

chart& chart::step(std::string name, std::span<const double> x, std::span<const double> y) {
  require_length(name, "y", y.size(), x.size());
  return add(layer_kind::step, std::move(name), x, y, {}, next_slot());
}

chart& chart::scatter(std::string name, std::span<const double> x, std::span<const double> y) {
  require_length(name, "y", y.size(), x.size());
  return add(layer_kind::scatter, std::move(name), x, y, {}, next_slot());
}

chart& chart::band(std::string name, std::span<const double> x, std::span<const double> lower,
                   std::span<const double> upper) {
  require_length(name, "lower values", lower.size(), x.size());
  require_length(name, "upper values", upper.size(), x.size());
  return add(layer_kind::band, std::move(name), x, lower, upper, next_slot());
}

chart& chart::fan(std::string name, std::span<const double> x, std::span<const fan_band> bands,
                  std::span<const double> centre) {
  require_length(name, "values", centre.size(), x.size());
  for (const fan_band& b : bands) {
    require_length(b.name, "lower values", b.lower.size(), x.size());
    require_length(b.name, "upper values", b.upper.size(), x.size());
  }
  const int slot = next_slot();
  for (const fan_band& b : bands) {
    add(layer_kind::band, b.name, x, b.lower, b.upper, slot);
    layers_.back().in_fan = true;
  }
  return add(layer_kind::line, std::move(name), x, centre, {}, slot);
}

chart& chart::area(std::string name, std::span<const double> x, std::span<const double> y) {
  require_length(name, "y", y.size(), x.size());
  for (const layer& before : layers_) {
    if (before.kind == layer_kind::area &&
        !std::equal(x.begin(), x.end(), before.x.begin(), before.x.end())) {
      throw error(errc::invalid_value, {.what = "stacked areas do not have the same x",
                                        .where = twill::location{.field = name},
                                        .expected = "the x of \"" + before.name + "\""});
    }
  }
  return add(layer_kind::area, std::move(name), x, y, {}, next_slot());
}

chart& chart::bars(std::string name, std::span<const double> values) {
  require_length(name, "values", values.size(), options_.categories.size());
  std::vector<double> x(values.size());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<double>(i);
  return add(layer_kind::bars, std::move(name), x, values, {}, next_slot());
}

chart& chart::histogram(std::string name, std::span<const double> values, std::size_t bins) {
  if (!options_.categories.empty()) {
    throw error(errc::invalid_value, {.what = "a histogram has no place among categories",
                                      .where = twill::location{.field = name}});
  }
  if (bins > 100000) {
    throw error(errc::invalid_value, {.what = "too many bins",
                                      .where = twill::location{.field = name},
                                      .found = std::to_string(bins),
                                      .expected = "at most 100000"});
  }
  return add(layer_kind::histogram, std::move(name), {}, values, {}, next_slot(), bins);
}

chart& chart::ecdf(std::string name, std::span<const double> values) {
  std::vector<double> sorted;
  for (const double v : values) {
    if (std::isfinite(v)) sorted.push_back(v);
  }
  std::sort(sorted.begin(), sorted.end());
  // One point a distinct value: the share of values up to it.
  std::vector<double> x;
  std::vector<double> y;
  const auto count = static_cast<double>(sorted.size());
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (i + 1 < sorted.size() && sorted[i + 1] == sorted[i]) continue;
    x.push_back(sorted[i]);
    y.push_back(static_cast<double>(i + 1) / count);
  }
  return add(layer_kind::ecdf, std::move(name), x, y, {}, next_slot());
}

chart& chart::mark_x(double value, std::string name) {
  marks_.push_back({value, std::move(name), true});
  return *this;
}

chart& chart::mark_y(double value, std::string name) {
  marks_.push_back({value, std::move(name), false});
  return *this;
}

}  // namespace twill::report
