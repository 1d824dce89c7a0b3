// SPDX-License-Identifier: Apache-2.0
#include "policy/selection.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>
#include <vector>

namespace twill::sddp {

namespace {

// True for each cut that is within epsilon of the best active cut at some trial point of the pool.
std::vector<bool> near_the_best(const cut_pool& pool, double epsilon) {
  std::vector<bool> near(pool.size(), false);
  std::vector<double> values(pool.size());
  for (std::size_t point = 0; point < pool.size(); ++point) {
    const std::span<const double> state = pool[point].trial_point;
    double best = -std::numeric_limits<double>::infinity();
    for (std::size_t slot = 0; slot < pool.size(); ++slot) {
      if (!pool.is_active(slot)) continue;
      values[slot] = pool.value_of(slot, state);
      best = std::max(best, values[slot]);
    }
    const double least = best - epsilon * std::max(1.0, std::fabs(best));
    for (std::size_t slot = 0; slot < pool.size(); ++slot) {
      if (pool.is_active(slot) && values[slot] >= least) near[slot] = true;
    }
  }
  return near;
}

std::size_t by_method(cut_pool& pool, const cut_selection& how, std::uint32_t iteration) {
  std::vector<bool> near;
  if (how.method == cut_selection_method::domination) near = near_the_best(pool, how.domination_epsilon);
  std::size_t count = 0;
  for (std::size_t slot = 0; slot < pool.size(); ++slot) {
    const cut_view cut = pool[slot];
    if (!cut.active || cut.iteration == iteration) continue;
    bool useless = false;
    switch (how.method) {
      case cut_selection_method::level1: useless = cut.uses <= how.threshold; break;
      case cut_selection_method::lml1: useless = iteration - cut.last_use > how.memory_window; break;
      case cut_selection_method::domination: useless = !near[slot]; break;
    }
    if (!useless) continue;
    pool.set_active(slot, false);
    ++count;
  }
  return count;
}

std::size_t by_limit(cut_pool& pool, std::size_t limit, std::uint32_t iteration) {
  if (pool.active() <= limit) return 0;
  std::vector<std::tuple<std::uint32_t, std::uint64_t, std::size_t>> candidates;
  for (std::size_t slot = 0; slot < pool.size(); ++slot) {
    const cut_view cut = pool[slot];
    if (cut.active && cut.iteration != iteration) candidates.emplace_back(cut.last_use, cut.uses, slot);
  }
  std::sort(candidates.begin(), candidates.end());
  const std::size_t surplus = std::min(pool.active() - limit, candidates.size());
  for (std::size_t i = 0; i < surplus; ++i) pool.set_active(std::get<2>(candidates[i]), false);
  return surplus;
}

}  // namespace

selection_result select_cuts(cut_pool& pool, const cut_selection& how, std::uint32_t iteration) {
  selection_result done;
  if (how.enabled && how.check_frequency > 0 && iteration % how.check_frequency == 0) {
    done.laid_aside = by_method(pool, how, iteration);
  }
  if (how.max_active_per_stage) done.evicted = by_limit(pool, *how.max_active_per_stage, iteration);
  return done;
}

}  // namespace twill::sddp
