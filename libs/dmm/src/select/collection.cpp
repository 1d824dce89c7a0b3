// SPDX-License-Identifier: Apache-2.0
#include "select/collection.hpp"

#include "fit/em.hpp"
#include "select/checkpoint.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace twill::dmm::detail {

std::vector<task> tasks_of(std::span<const int> ks, int starts) {
  std::vector<task> out;
  for (std::size_t i = 0; i < ks.size(); ++i) {
    for (int s = 0; s < starts; ++s) out.push_back({i, ks[i], s});
  }
  std::sort(out.begin(), out.end(), [](const task& a, const task& b) {
    if (a.components != b.components) return a.components > b.components;
    return a.k_index != b.k_index ? a.k_index < b.k_index : a.start < b.start;
  });
  return out;
}

void collection::add(const task& t, mixture_fit fit, double seconds, bool resumed) {
  const std::lock_guard lock(mutex_);
  runs_[t.k_index * starts_ + static_cast<std::size_t>(t.start)] = {
      .components = fit.components,
      .start = t.start,
      .nle = fit.nle,
      .laplace = fit.laplace,
      .laplace_symmetric = fit.laplace_symmetric,
      .bic = fit.bic,
      .aic = fit.aic,
      .log_det = fit.log_det,
      .iterations = fit.diag.em_iterations,
      .converged = fit.diag.converged,
      .finished = !fit.diag.cancelled,
      .resumed = resumed,
      .seconds = seconds};
  if (fit.diag.cancelled) return;
  auto& best = best_[t.k_index];
  if (!best || better(fit, *best)) best = std::move(fit);
}

void collection::unite(rank_link& link) {
  std::vector<std::size_t> counts;
  for (auto& best : best_) {
    const std::vector<double> numbers = best ? flatten(*best) : std::vector<double>{};
    const std::vector<double> all = exchange(link, numbers, counts);
    best.reset();
    std::size_t at = 0;
    for (const std::size_t n : counts) {
      auto one = unflatten(std::span<const double>(all).subspan(at, n));
      at += n;
      if (one && (!best || better(*one, *best))) best = std::move(one);
    }
  }
  std::vector<double> rows;
  constexpr std::size_t width = 13;
  for (const sweep_run& r : runs_) {
    for (const double x : {static_cast<double>(r.components), static_cast<double>(r.start), r.nle, r.laplace,
                           r.laplace_symmetric, r.bic, r.aic, r.log_det, static_cast<double>(r.iterations),
                           r.converged ? 1.0 : 0.0, r.finished ? 1.0 : 0.0, r.resumed ? 1.0 : 0.0, r.seconds})
      rows.push_back(x);
  }
  const std::vector<double> all = exchange(link, rows, counts);
  for (std::size_t rank = 0; rank < counts.size(); ++rank) {
    for (std::size_t i = 0; i < runs_.size(); ++i) {
      const double* x = all.data() + rank * rows.size() + i * width;
      if (x[0] == 0) continue;  // another rank's run
      runs_[i] = {.components = static_cast<int>(x[0]),
                  .start = static_cast<int>(x[1]),
                  .nle = x[2],
                  .laplace = x[3],
                  .laplace_symmetric = x[4],
                  .bic = x[5],
                  .aic = x[6],
                  .log_det = x[7],
                  .iterations = static_cast<int>(x[8]),
                  .converged = x[9] != 0,
                  .finished = x[10] != 0,
                  .resumed = x[11] != 0,
                  .seconds = x[12]};
    }
  }
}

sweep collection::take(std::span<const int> ks) {
  sweep out;
  for (auto& best : best_) {
    if (best) out.fits.push_back(std::move(*best));
  }
  out.runs = std::move(runs_);
  for (std::size_t i = 0; i < out.runs.size(); ++i) {
    sweep_run& r = out.runs[i];
    if (!r.finished) out.cancelled = true;
    r.components = ks[i / starts_];
    r.start = static_cast<int>(i % starts_);
  }
  return out;
}

std::vector<double> exchange(rank_link& link, std::span<const double> mine,
                             std::vector<std::size_t>& counts) {
  const auto size = static_cast<std::size_t>(link.size());
  std::vector<double> lengths(size);
  const std::vector<std::size_t> ones(size, 1);
  const auto length = static_cast<double>(mine.size());
  link.allgatherv(std::span<const double>(&length, 1), lengths, ones);
  counts.assign(size, 0);
  std::transform(lengths.begin(), lengths.end(), counts.begin(),
                 [](double n) { return static_cast<std::size_t>(n); });
  std::vector<double> all(std::accumulate(counts.begin(), counts.end(), std::size_t{0}));
  link.allgatherv(mine, all, counts);
  return all;
}

}  // namespace twill::dmm::detail
