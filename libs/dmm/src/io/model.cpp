// SPDX-License-Identifier: Apache-2.0
#include "twill/base/file.hpp"
#include "twill/base/json_writer.hpp"
#include "twill/dmm/error.hpp"
#include "twill/dmm/io.hpp"
#include "twill/table/json.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <span>
#include <utility>

namespace twill::dmm {
namespace {

using table::json::value;

void numbers(json_writer& w, std::string_view key, std::span<const double> values) {
  w.key(key).begin_array();
  for (const double x : values) w.value(x);
  w.end_array();
}

// Reads members and collects what is wrong with them.
class members {
 public:
  members(const value& of, table::findings& out) : of_(of), out_(out) {}

  [[nodiscard]] std::optional<value> member(std::string_view key) const {
    auto v = of_.find(key);
    if (!v) {
      out_.error(table::rule::missing_key,
                 {.what = fmt::format("\"{}\" is missing", key), .where = of_.where()});
    }
    return v;
  }
  [[nodiscard]] double number(std::string_view key) const {
    const auto v = member(key);
    return v ? number_of(*v) : 0;
  }
  [[nodiscard]] std::uint64_t whole(std::string_view key, std::uint64_t most) const {
    const auto v = member(key);
    if (!v) return 0;
    const auto x = v->as_uint64();
    if (!x || *x > most) {
      out_.error(table::rule::wrong_type, {.what = "a whole number is expected",
                                           .where = v->where(),
                                           .found = v->summary(),
                                           .expected = fmt::format("0 to {}", most)});
      return 0;
    }
    return *x;
  }
  [[nodiscard]] std::vector<double> list(std::string_view key, std::size_t size) const {
    std::vector<double> out;
    const auto v = member(key);
    if (!v) return out;
    if (!v->is_array() || v->size() != size) {
      out_.error(table::rule::wrong_type, {.what = "a list of another length is expected",
                                           .where = v->where(),
                                           .found = v->summary(),
                                           .expected = fmt::format("{} numbers", size)});
      return out;
    }
    for (const value one : *v) out.push_back(number_of(one));
    return out;
  }

 private:
  // null stands for what is no number: intervals that do not exist.
  [[nodiscard]] double number_of(const value& v) const {
    if (v.is_null()) return std::numeric_limits<double>::quiet_NaN();
    const auto x = v.as_double();
    if (!x) {
      out_.error(table::rule::wrong_type,
                 {.what = "a number is expected", .where = v.where(), .found = v.summary()});
    }
    return x.value_or(0);
  }

  value of_;
  table::findings& out_;
};

}  // namespace

std::string format_model(const saved_model& model) {
  const mixture_fit& f = model.fit;
  json_writer w(json_style::indented);
  w.begin_object();
  w.member("format", "twill.dmm.model").member("version", 1);
  w.member("components", f.components).member("samples", f.samples);
  w.member("seed", model.seed).member("start", f.diag.start);
  w.member("eta", f.eta).member("nu", f.nu);
  w.member("nle", f.nle).member("log_likelihood", f.log_likelihood);
  w.member("log_det", f.log_det).member("log_det_symmetric", f.log_det_symmetric);
  w.member("laplace", f.laplace).member("laplace_symmetric", f.laplace_symmetric);
  w.member("bic", f.bic).member("aic", f.aic);
  w.member("iterations", f.diag.em_iterations).member("kmeans_rounds", f.diag.kmeans_rounds);
  w.member("converged", f.diag.converged).member("reseeded", f.diag.reseeded);
  w.key("taxa").begin_array();
  for (const std::string& name : model.taxa) w.value(name);
  w.end_array();
  numbers(w, "weights", f.weights);
  w.key("theta").begin_array();
  for (int c = 0; c < f.components; ++c) w.value(f.theta(c));
  w.end_array();
  numbers(w, "gradient", f.diag.gradient);
  numbers(w, "alpha", f.alpha);
  numbers(w, "lower", f.lower);
  numbers(w, "upper", f.upper);
  w.end_object();
  return w.take() + '\n';
}

saved_model parse_model(std::string text, const std::string& name) {
  const auto document = table::json::parse(std::move(text), name);
  const value root = document.root();
  table::findings found;
  const auto format = root.find("format");
  if (!format || format->as_string() != "twill.dmm.model") {
    throw error(errc::malformed_model, {.what = "this is no model of ours",
                                        .where = root.where(),
                                        .expected = "\"format\": \"twill.dmm.model\""});
  }
  const members m(root, found);
  saved_model out;
  mixture_fit& f = out.fit;
  constexpr std::uint64_t most = std::numeric_limits<std::int32_t>::max();
  static_cast<void>(m.whole("version", 1));
  f.components = static_cast<int>(m.whole("components", most));
  f.samples = m.whole("samples", std::uint64_t{1} << 53U);
  out.seed = static_cast<std::uint32_t>(m.whole("seed", std::numeric_limits<std::uint32_t>::max()));
  f.diag.start = static_cast<int>(m.whole("start", most));
  f.eta = m.number("eta");
  f.nu = m.number("nu");
  f.nle = m.number("nle");
  f.log_likelihood = m.number("log_likelihood");
  f.log_det = m.number("log_det");
  f.log_det_symmetric = m.number("log_det_symmetric");
  f.laplace = m.number("laplace");
  f.laplace_symmetric = m.number("laplace_symmetric");
  f.bic = m.number("bic");
  f.aic = m.number("aic");
  f.diag.em_iterations = static_cast<int>(m.whole("iterations", most));
  f.diag.kmeans_rounds = static_cast<int>(m.whole("kmeans_rounds", most));
  f.diag.reseeded = static_cast<int>(m.whole("reseeded", most));
  if (const auto v = m.member("converged")) f.diag.converged = v->as_bool().value_or(false);
  if (const auto names = m.member("taxa"); names && names->is_array()) {
    for (const value one : *names) out.taxa.emplace_back(one.as_string().value_or(""));
  }
  f.taxa = out.taxa.size();
  const auto k = static_cast<std::size_t>(f.components);
  f.weights = m.list("weights", k);
  f.diag.gradient = m.list("gradient", k);
  f.alpha = m.list("alpha", k * f.taxa);
  f.lower = m.list("lower", k * f.taxa);
  f.upper = m.list("upper", k * f.taxa);
  found.throw_if_errors();
  double sum = 0;
  bool sound = k >= 1 && f.taxa >= 1 && f.eta > 0 && f.nu > 0;
  for (const double x : f.weights) {
    sound = sound && x >= 0;
    sum += x;
  }
  for (const double a : f.alpha) sound = sound && a > 0 && std::isfinite(a);
  if (!sound || !(std::abs(sum - 1) < 1e-6)) {
    throw error(errc::malformed_model, {.what = "the figures of a model contradict each other",
                                        .where = location{.file = name},
                                        .found = fmt::format("weights with sum {}", sum),
                                        .expected = "weights with sum 1, alpha, eta and nu above 0"});
  }
  return out;
}

saved_model read_model(const std::string& path) {
  return parse_model(read_file(path, {.expected = "a model", .refuse_empty = true}), path);
}

}  // namespace twill::dmm
