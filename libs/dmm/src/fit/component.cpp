// SPDX-License-Identifier: Apache-2.0
#include "fit/component.hpp"

#include <algorithm>
#include <array>

namespace twill::dmm::detail {
namespace {

constexpr double negligible = 1e-20;

// Four partial sums by index, so that neither the compiler's nor our vectors change the order.
double sum_in_four(const double* x, std::size_t n) noexcept {
  std::array<double, 4> s{};
  std::size_t i = 0;
  for (; i + 4 <= n; i += 4) {
    for (std::size_t c = 0; c < 4; ++c) s[c] += x[i + c];
  }
  for (; i < n; ++i) s[i % 4] += x[i];
  return (s[0] + s[2]) + (s[1] + s[3]);
}

}  // namespace

void component_terms::add_taxon(std::uint32_t taxon, std::span<const double> counts, const double* weights,
                                std::size_t stride) {
  const auto near = static_cast<std::uint32_t>(near_weight_.size());
  const auto far = static_cast<std::uint32_t>(far_weight_.size());
  // Weight of each count up to 16, then of all beyond.
  std::array<double, stirling_from + 1> of_count{};
  double beyond = 0;
  for (std::size_t b = 0; b < counts.size(); ++b) {
    const double w = weights[b * stride];
    if (counts[b] <= stirling_from) {
      of_count[static_cast<std::size_t>(counts[b])] += w;
    } else {
      beyond += w;
      if (w >= negligible) {
        far_weight_.push_back(w);
        far_d_.push_back(counts[b] - stirling_from);
      }
    }
  }
  std::array<double, stirling_from> tail{};
  for (std::size_t m = stirling_from; m-- > 0;) tail[m] = beyond += of_count[m + 1];
  for (std::size_t m = 0; m < stirling_from && tail[m] >= negligible; ++m) {
    near_weight_.push_back(tail[m]);
    near_step_.push_back(static_cast<double>(m));
  }
  if (near_weight_.size() != near || far_weight_.size() != far) runs_.push_back({taxon, near, far});
}

component_terms::component_terms(const problem& p, const double* weights, std::size_t stride,
                                 std::size_t component) {
  const dataset& d = p.data;
  const double* w = weights + component;
  const std::span<const double> counts(d.bucket_count);
  for (std::size_t j = 0; j < d.s; ++j) {
    const std::uint32_t first = d.taxon_ptr[j];
    add_taxon(static_cast<std::uint32_t>(j), counts.subspan(first, d.taxon_ptr[j + 1] - first),
              w + first * stride, stride);
  }
  add_taxon(static_cast<std::uint32_t>(d.s), d.total_count, w + d.buckets() * stride, stride);
  runs_.push_back(
      {0, static_cast<std::uint32_t>(near_weight_.size()), static_cast<std::uint32_t>(far_weight_.size())});
  cuts_.push_back(0);
  for (std::size_t i = 0; i + 1 < runs_.size(); ++i) {
    const run& start = runs_[cuts_.back()];
    const run& next = runs_[i + 1];
    if ((next.near - start.near) + (next.far - start.far) >= 4096) cuts_.push_back(i + 1);
  }
  if (cuts_.back() != runs_.size() - 1) cuts_.push_back(runs_.size() - 1);
  const std::size_t near = near_weight_.size();
  const std::size_t far = far_weight_.size();
  near_x_.resize(near);
  for (auto* a : {&far_x_, &far_v_, &far_l_}) a->resize(far);
  for (auto* a : {&f_, &g_, &h_}) a->resize(near + far);
}

void component_terms::evaluate_runs(std::size_t first, std::size_t last, std::span<const double> alpha,
                                    double theta, std::vector<taxon_sums>& out) {
  const kernels& kernel = active_kernels();
  const std::size_t far_base = near_weight_.size();
  std::vector<double> start(last - first);
  std::vector<double> ln_start(last - first);
  for (std::size_t r = first; r < last; ++r) {
    const double a = runs_[r].taxon < alpha.size() ? alpha[runs_[r].taxon] : theta;
    start[r - first] = a + stirling_from;
    for (std::size_t i = runs_[r].near; i < runs_[r + 1].near; ++i) near_x_[i] = a + near_step_[i];
  }
  kernel.logs(start.size(), start.data(), ln_start.data());
  for (std::size_t r = first; r < last; ++r) {
    const double inverse = 1 / start[r - first];
    for (std::size_t i = runs_[r].far; i < runs_[r + 1].far; ++i) {
      far_x_[i] = start[r - first];
      far_v_[i] = inverse;
      far_l_[i] = ln_start[r - first];
    }
  }
  const std::size_t n0 = runs_[first].near;
  const std::size_t f0 = runs_[first].far;
  kernel.near(runs_[last].near - n0, near_x_.data() + n0, near_weight_.data() + n0, f_.data() + n0,
              g_.data() + n0, h_.data() + n0);
  const std::size_t at = far_base + f0;
  kernel.far(runs_[last].far - f0,
             {far_x_.data() + f0, far_v_.data() + f0, far_l_.data() + f0, far_d_.data() + f0},
             far_weight_.data() + f0, f_.data() + at, g_.data() + at, h_.data() + at);
  for (std::size_t r = first; r < last; ++r) {
    const std::size_t near = runs_[r].near;
    const std::size_t nears = runs_[r + 1].near - near;
    const std::size_t far = far_base + runs_[r].far;
    const std::size_t fars = runs_[r + 1].far - runs_[r].far;
    taxon_sums& to = out[runs_[r].taxon];
    to.f = sum_in_four(f_.data() + near, nears) + sum_in_four(f_.data() + far, fars);
    to.g = sum_in_four(g_.data() + near, nears) + sum_in_four(g_.data() + far, fars);
    to.r = sum_in_four(h_.data() + near, nears) + sum_in_four(h_.data() + far, fars);
  }
}

double component_terms::evaluate(const problem& p, std::span<const double> alpha,
                                 std::vector<taxon_sums>& out) {
  out.assign(alpha.size() + 1, {});
  const double theta = sum_in_four(alpha.data(), alpha.size());
  p.team.each(cuts_.size() - 1, 4.0 * static_cast<double>(f_.size()),
              [&](std::size_t i) { evaluate_runs(cuts_[i], cuts_[i + 1], alpha, theta, out); });
  return theta;
}

}  // namespace twill::dmm::detail
