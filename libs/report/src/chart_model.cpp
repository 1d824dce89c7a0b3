// SPDX-License-Identifier: Apache-2.0
#include "chart_model.hpp"

#include "histogram.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace twill::report::detail {
namespace {

using kind = chart::layer_kind;

/// Bounds of values, finite ones only; positive ones only for a logarithmic axis.
class extent {
 public:
  explicit extent(bool positive_only) : positive_only_(positive_only) {}

  void add(double v) {
    if (!std::isfinite(v)) return;
    if (positive_only_ && v <= 0) {
      ++refused_;
      return;
    }
    whole_ = whole_ && std::trunc(v) == v;
    lo_ = std::min(lo_, v);
    hi_ = std::max(hi_, v);
  }
  void add_all(const std::vector<double>& values) {
    for (const double v : values) add(v);
  }
  [[nodiscard]] bool any() const noexcept { return lo_ <= hi_; }
  [[nodiscard]] double lo() const noexcept { return lo_; }
  [[nodiscard]] double hi() const noexcept { return hi_; }
  [[nodiscard]] bool whole() const noexcept { return whole_; }
  [[nodiscard]] std::size_t refused() const noexcept { return refused_; }

 private:
  bool positive_only_;
  bool whole_ = true;
  double lo_ = std::numeric_limits<double>::infinity();
  double hi_ = -std::numeric_limits<double>::infinity();
  std::size_t refused_ = 0;
};

interval usable_for(const axis& a, const extent& e) {
  const double lo = a.min.value_or(e.any() ? e.lo() : std::nan(""));
  const double hi = a.max.value_or(e.any() ? e.hi() : std::nan(""));
  return a.kind == scale_kind::logarithmic ? usable_log(lo, hi) : usable(lo, hi);
}

double zero_if_missing(double v) noexcept { return std::isfinite(v) ? v : 0.0; }

bool same(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](double u, double v) { return u == v || (std::isnan(u) && std::isnan(v)); });
}

std::vector<double> padded(std::vector<double> values, std::size_t rows) {
  values.resize(rows, std::numeric_limits<double>::quiet_NaN());
  return values;
}

std::string name_or(const std::string& name, const char* otherwise) {
  return name.empty() ? otherwise : name;
}

}  // namespace

chart_model::chart_model(const chart_options& o, const std::vector<chart::layer>& l,
                         const std::vector<chart::mark>& m)
    : options(o), layers(l), marks(m) {
  std::vector<double> pooled;
  std::size_t bins = 0;
  for (const chart::layer& layer : layers) {
    if (layer.kind != kind::histogram) continue;
    pooled.insert(pooled.end(), layer.y.begin(), layer.y.end());
    bins = std::max(bins, layer.bins);
  }
  if (!pooled.empty()) edges = bin_edges(pooled, bins);
  counts.resize(layers.size());
  base.resize(layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (layers[i].kind != kind::histogram) continue;
    if (edges.empty()) edges = {0, 1};
    counts[i] = bin_counts(layers[i].y, edges);
  }
  stack();
  count_lines();
  find_domain();
}

void chart_model::stack() {
  std::vector<double> areas;
  // Negative bars hang below zero, so that they do not hide positive ones.
  std::vector<double> above(options.categories.size(), 0.0);
  std::vector<double> below(options.categories.size(), 0.0);
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const chart::layer& layer = layers[i];
    if (layer.kind == kind::area) {
      areas.resize(layer.y.size(), 0.0);
      base[i] = areas;
      for (std::size_t k = 0; k < areas.size(); ++k) areas[k] += zero_if_missing(layer.y[k]);
    } else if (layer.kind == kind::bars) {
      base[i].assign(layer.y.size(), 0.0);
      if (!options.stack_bars) {
        ++bar_places;
        continue;
      }
      bar_places = 1;
      for (std::size_t k = 0; k < layer.y.size(); ++k) {
        const double v = zero_if_missing(layer.y[k]);
        std::vector<double>& side = v < 0 ? below : above;
        base[i][k] = side[k];
        side[k] += v;
      }
    }
  }
}

void chart_model::count_lines() {
  int lines = 0;
  int bands = 0;
  for (const chart::layer& layer : layers) {
    const bool stroked = layer.kind == kind::line || layer.kind == kind::step || layer.kind == kind::ecdf ||
                         layer.kind == kind::histogram;
    order.push_back(stroked ? lines++ : layer.in_fan ? bands++ : 0);
    if (!layer.in_fan) bands = 0;
  }
}

void chart_model::find_domain() {
  const bool log_x = options.x.kind == scale_kind::logarithmic && !categorical();
  const bool log_y = options.y.kind == scale_kind::logarithmic;
  extent ex(log_x);
  extent ey(log_y);
  bool from_zero = options.y.from_zero;
  bool points = false;
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const chart::layer& layer = layers[i];
    switch (layer.kind) {
      case kind::histogram:
        ex.add(edges.front());
        ex.add(edges.back());
        ey.add_all(counts[i]);
        from_zero = true;
        break;
      case kind::area:
      case kind::bars:
        ex.add_all(layer.x);
        for (std::size_t k = 0; k < layer.y.size(); ++k) {
          if (std::isfinite(layer.y[k])) ey.add(base[i][k] + layer.y[k]);
        }
        from_zero = true;
        break;
      case kind::band:
        ex.add_all(layer.x);
        ey.add_all(layer.y);
        ey.add_all(layer.upper);
        break;
      case kind::ecdf:
        ey.add(1);
        ey.add_all(layer.y);
        from_zero = true;
        ex.add_all(layer.x);
        break;
      case kind::step:
        if (layer.x.size() > 1) ex.add(layer.x.back() + (layer.x.back() - layer.x[layer.x.size() - 2]));
        ex.add_all(layer.x);
        ey.add_all(layer.y);
        break;
      case kind::scatter: points = true; [[fallthrough]];
      case kind::line:
        ex.add_all(layer.x);
        ey.add_all(layer.y);
        break;
    }
  }
  any = ex.any() && ey.any();
  left_out = ex.refused() + ey.refused();
  for (const chart::mark& m : marks) (m.along_x ? ex : ey).add(m.value);
  // A line not far above zero is read against zero whether zero is drawn or not.
  if (!log_y && ey.any() && (from_zero || (ey.lo() > 0 && ey.lo() < 0.3 * ey.hi()))) ey.add(0);
  if (!log_x && options.x.from_zero) ex.add(0);
  whole_x = ex.any() && ex.whole();
  whole_y = ey.any() && ey.whole();
  x = usable_for(options.x, ex);
  // Points at the edge would be cut.
  if (points && !log_x) {
    const double room = (x.hi - x.lo) * 0.02;
    if (!options.x.min) x.lo = x.lo >= 0 && x.lo < room ? 0 : x.lo - room;
    if (!options.x.max) x.hi += room;
  }
  y = usable_for(options.y, ey);
  if (log_y) return;
  const interval grown = rounded_out(y, most_y_ticks(options), whole_y);
  if (!options.y.min) y.lo = grown.lo;
  if (!options.y.max) y.hi = grown.hi;
}

chart_model::table_view chart_model::table() const {
  std::size_t rows = categorical() ? options.categories.size() : 0;
  for (const chart::layer& layer : layers) {
    rows = std::max(rows, layer.kind == kind::histogram ? edges.size() - 1 : layer.x.size());
  }
  table_view view{data_table(options.title), {}};
  data_table& t = view.table;
  const std::string x_name = name_or(options.x.label, "x");
  struct known_x {
    const std::vector<double>* values;
    std::string spec;
  };
  std::vector<known_x> seen;
  std::string bins;
  if (categorical()) {
    std::vector<std::string> names = options.categories;
    names.resize(rows);
    t.add_texts(name_or(options.x.label, "category"), std::move(names));
  }
  const auto x_of = [&](const chart::layer& layer) -> std::string {
    if (categorical()) return "0";
    if (layer.kind == kind::histogram) {
      if (bins.empty()) {
        bins = std::to_string(t.columns().size()) + "-" + std::to_string(t.columns().size() + 1);
        t.add_numbers(x_name + " from", options.x.unit, padded({edges.begin(), edges.end() - 1}, rows),
                      options.x.decimals);
        t.add_numbers(x_name + " to", options.x.unit, padded({edges.begin() + 1, edges.end()}, rows),
                      options.x.decimals);
      }
      return bins;
    }
    for (const known_x& k : seen) {
      if (same(*k.values, layer.x)) return k.spec;
    }
    seen.push_back({&layer.x, std::to_string(t.columns().size())});
    if (options.x.kind == scale_kind::time) {
      t.add_times(x_name, padded(layer.x, rows));
    } else {
      t.add_numbers(x_name, options.x.unit, padded(layer.x, rows), options.x.decimals);
    }
    return seen.back().spec;
  };
  for (std::size_t i = 0; i < layers.size(); ++i) {
    const chart::layer& layer = layers[i];
    // `x_of` may add columns: it comes before the count.
    std::string entry = x_of(layer) + ":";
    entry += std::to_string(t.columns().size());
    const std::string name = name_or(layer.name, name_or(options.y.label, "y").c_str());
    const auto add = [&](const std::string& column, const std::vector<double>& values) {
      t.add_numbers(column, options.y.unit, padded(values, rows), options.y.decimals);
    };
    char how = 'p';
    if (layer.kind == kind::band) {
      entry += "-" + std::to_string(t.columns().size() + 1);
      add(name + " lower", layer.y);
      add(name + " upper", layer.upper);
    } else {
      add(name, layer.kind == kind::histogram ? counts[i] : layer.y);
    }
    if (layer.kind == kind::area || (layer.kind == kind::bars && options.stack_bars)) how = 's';
    if (layer.kind == kind::bars && !options.stack_bars) how = 'n';
    if (!view.series.empty()) view.series += ' ';
    view.series += entry + ":" + std::to_string(palette_slot(layer.slot)) + ":" + how;
  }
  return view;
}

std::string chart_model::description() const {
  if (!options.description.empty()) return options.description;
  if (!any) return "No data.";
  std::string text = std::to_string(layers.size()) + (layers.size() == 1 ? " layer: " : " layers: ");
  for (const chart::layer& layer : layers) {
    if (&layer != layers.data()) text += ", ";
    text += name_or(layer.name, "unnamed");
  }
  const auto range = [](const axis& a, interval i) {
    std::string r = name_or(a.label, "values") + " from ";
    if (a.kind == scale_kind::time) return r + time_text(i.lo) + " to " + time_text(i.hi);
    r += number_text(i.lo) + " to " + number_text(i.hi);
    return a.unit.empty() ? r : r + " " + a.unit;
  };
  text += ". Horizontal: ";
  text += categorical() ? std::to_string(options.categories.size()) + " categories" : range(options.x, x);
  return text + ". Vertical: " + range(options.y, y) + ".";
}

}  // namespace twill::report::detail
