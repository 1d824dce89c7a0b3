// SPDX-License-Identifier: Apache-2.0
#include "twill/dmm/special.hpp"

#include "kernel/kernels.hpp"
#include "kernel/series.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace twill::dmm {
namespace {

using detail::stirling_from;

// ln Gamma(2 + t) = (1 - Euler's gamma) t + sum over k >= 2 of (-1)^k (zeta(k) - 1) t^k / k: exact zeros at 1
// and 2, and terms below 1e-18 for |t| <= 1/2 beyond these.
constexpr std::array<double, 29> around_two{
    0.42278433509846713939,     0.32246703342411321824,    -0.067352301053198095133,
    0.020580808427784547879,    -0.0073855510286739852663, 0.0028905103307415232858,
    -0.0011927539117032609771,  0.00050966952474304242234, -0.00022315475845357937976,
    0.000099457512781808533715, -0.0000449262367381331417, 0.000020507212775670691553,
    -9.439488275268395904e-6,   4.3748667899074878042e-6,  -2.0392157538013662368e-6,
    9.5514121304074198329e-7,   -4.4924691987645660433e-7, 2.1207184805554665869e-7,
    -1.0043224823968099609e-7,  4.7698101693639805658e-8,  -2.271109460894316491e-8,
    1.0838659214896954091e-8,   -5.1834750419700466551e-9, 2.4836745438024783172e-9,
    -1.1921401405860912074e-9,  5.7313672416788620133e-10, -2.7595228851242331452e-10,
    1.3304764374244489481e-10,  -6.4229645638381000221e-11};

double log_of(double x) noexcept {
  double out = 0;
  detail::baseline_kernels.logs(1, &x, &out);
  return out;
}

double log_gamma_two_plus(double t) noexcept {
  double sum = 0;
  for (std::size_t i = around_two.size(); i-- > 0;) sum = sum * t + around_two[i];
  return sum * t;
}

double log_gamma(double x) noexcept {
  if (x < 0.5) return log_gamma_two_plus(x) - std::log1p(x) - std::log(x);
  if (x < 1.5) return log_gamma_two_plus(x - 1) - std::log1p(x - 1);
  if (x < stirling_from) {
    double product = 1;
    while (x > 2.5) product *= (x -= 1);
    return log_gamma_two_plus(x - 2) + log_of(product);
  }
  const double u = 1 / x;
  double series = 0;
  for (std::size_t i = detail::log_gamma_series.size(); i-- > 0;)
    series = series * (u * u) + detail::log_gamma_series[i];
  constexpr double half_ln_2pi = 0.91893853320467274178;
  // x - x would cancel where x is large; (x - 1/2)(ln x - 1) keeps what counts.
  return (x - 0.5) * (log_of(x) - 1) + ((half_ln_2pi - 0.5) + series * u);
}

}  // namespace

gamma_values gamma_at(double x) noexcept {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  if (!(x > 0) || std::isinf(x)) return {nan, nan, nan};
  gamma_values out{log_gamma(x), 0, 0};
  // psi and psi' of a point from 16 on, then down by the recurrence, small terms first.
  const int steps = x < stirling_from ? static_cast<int>(std::ceil(stirling_from - x)) : 0;
  const double y = x + steps;
  const double u = 1 / y;
  const double uu = u * u;
  double psi = 0;
  for (std::size_t i = detail::digamma_series.size(); i-- > 0;) psi = psi * uu + detail::digamma_series[i];
  double psi1 = 0;
  for (std::size_t i = detail::trigamma_series.size(); i-- > 0;)
    psi1 = psi1 * uu + detail::trigamma_series[i];
  double below = 0;
  double below1 = 0;
  for (int m = steps - 1; m >= 0; --m) {
    const double inverse = 1 / (x + m);
    below += inverse;
    below1 += inverse * inverse;
  }
  out.digamma = log_of(y) - (0.5 * u + uu * psi) - below;
  out.trigamma = (u + uu * (0.5 + u * psi1)) + below1;
  return out;
}

void gamma_differences(std::span<const double> a, std::span<const double> n, std::span<gamma_values> out) {
  const detail::kernels& run = detail::active_kernels();
  constexpr std::size_t block = 64;
  constexpr auto most = static_cast<std::size_t>(stirling_from);
  std::array<double, block * most> x{};
  std::array<double, block * most> ones{};
  std::array<double, block * most> f{};
  std::array<double, block * most> g{};
  std::array<double, block * most> h{};
  ones.fill(1);
  for (std::size_t first = 0; first < a.size(); first += block) {
    const std::size_t size = std::min(block, a.size() - first);
    std::array<std::size_t, block> near{};
    std::size_t used = 0;
    for (std::size_t i = 0; i < size; ++i) {
      near[i] = static_cast<std::size_t>(std::min(n[first + i], static_cast<double>(stirling_from)));
      for (std::size_t m = 0; m < near[i]; ++m) x[used++] = a[first + i] + static_cast<double>(m);
    }
    run.near(used, x.data(), ones.data(), f.data(), g.data(), h.data());
    used = 0;
    std::array<std::size_t, block> far{};
    std::array<double, block> fx{};
    std::array<double, block> fv{};
    std::array<double, block> fl{};
    std::array<double, block> fd{};
    std::size_t fars = 0;
    for (std::size_t i = 0; i < size; ++i) {
      gamma_values sum;
      for (std::size_t m = near[i]; m-- > 0;) {
        sum.log_gamma += f[used + m];
        sum.digamma += g[used + m];
        sum.trigamma -= h[used + m];
      }
      used += near[i];
      out[first + i] = sum;
      if (n[first + i] > stirling_from) {
        far[fars] = first + i;
        fx[fars] = a[first + i] + stirling_from;
        fv[fars] = 1 / fx[fars];
        fd[fars] = n[first + i] - stirling_from;
        ++fars;
      }
    }
    if (fars == 0) continue;
    run.logs(fars, fx.data(), fl.data());
    run.far(fars, {fx.data(), fv.data(), fl.data(), fd.data()}, ones.data(), f.data(), g.data(), h.data());
    for (std::size_t i = 0; i < fars; ++i) {
      out[far[i]].log_gamma += f[i];
      out[far[i]].digamma += g[i];
      out[far[i]].trigamma -= h[i];
    }
  }
}

gamma_values gamma_difference(double a, double n) noexcept {
  gamma_values out;
  gamma_differences({&a, 1}, {&n, 1}, {&out, 1});
  return out;
}

}  // namespace twill::dmm
