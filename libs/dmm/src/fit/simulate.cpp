// SPDX-License-Identifier: Apache-2.0
#include "parallel.hpp"
#include "twill/base/philox.hpp"
#include "twill/dmm/error.hpp"
#include "twill/dmm/fit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace twill::dmm {
namespace {

// ln of a Gamma(shape, 1) number: G. Marsaglia, W. W. Tsang, "A simple method for generating gamma
// variables", ACM TOMS 26 (2000); below 1 by the power of a uniform number, in logarithms so that tiny shapes
// do not underflow.
double log_gamma_draw(philox& stream, double shape) {
  double boost = 0;
  if (shape < 1) {
    boost = std::log(uniform_from_bits(stream())) / shape;
    shape += 1;
  }
  const double d = shape - 1.0 / 3;
  const double c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = normal_quantile(uniform_from_bits(stream()));
    const double u = uniform_from_bits(stream());
    const double v = (1 + c * x) * (1 + c * x) * (1 + c * x);
    if (v > 0 && std::log(u) < 0.5 * x * x + d - d * v + d * std::log(v)) return boost + std::log(d * v);
  }
}

void draw_sample(const mixture_fit& model, philox stream, std::int64_t depth, int& component,
                 std::span<std::int64_t> counts) {
  const double u = uniform_from_bits(stream());
  double sum = 0;
  component = model.components - 1;
  for (int c = 0; c + 1 < model.components; ++c) {
    sum += model.weights[static_cast<std::size_t>(c)];
    if (u < sum) {
      component = c;
      break;
    }
  }
  const std::span<const double> alpha = model.alpha_of(component);
  std::vector<double> p(alpha.size());
  double most = -std::numeric_limits<double>::infinity();
  for (std::size_t j = 0; j < p.size(); ++j) {
    p[j] = log_gamma_draw(stream, alpha[j]);
    most = std::max(most, p[j]);
  }
  double total = 0;
  for (double& x : p) x = total += std::exp(x - most);
  std::fill(counts.begin(), counts.end(), 0);
  for (std::int64_t i = 0; i < depth; ++i) {
    const double at = uniform_from_bits(stream()) * total;
    const auto j = std::upper_bound(p.begin(), p.end(), at) - p.begin();
    ++counts[std::min(static_cast<std::size_t>(j), p.size() - 1)];
  }
}

}  // namespace

simulated simulate(const mixture_fit& model, std::span<const std::int64_t> depth, std::uint64_t seed,
                   int threads) {
  for (std::size_t i = 0; i < depth.size(); ++i) {
    if (depth[i] >= 1) continue;
    throw error(errc::bad_option, {.what = "a sample would have no counts",
                                   .where = location{.file = "depth", .row = i + 1},
                                   .found = fmt::format("{}", depth[i]),
                                   .expected = "1 or more"});
  }
  simulated out;
  out.counts.resize(depth.size() * model.taxa);
  out.component.resize(depth.size());
  detail::with_crew(threads, [&](const detail::crew& team) {
    team.pieces(depth.size(), 16, 5e3 * static_cast<double>(depth.size()), [&](std::size_t a, std::size_t b) {
      for (std::size_t i = a; i < b; ++i) {
        draw_sample(model, philox(philox_key(seed, i, std::uint64_t{0x73'696d})), depth[i], out.component[i],
                    std::span(out.counts).subspan(i * model.taxa, model.taxa));
      }
    });
  });
  return out;
}

}  // namespace twill::dmm
