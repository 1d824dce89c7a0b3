// SPDX-License-Identifier: Apache-2.0
#include "twill/sddp/policy.hpp"

#include <algorithm>
#include <cmath>

namespace twill::sddp {

namespace {
// Far above the rounding of a cut, far below what a solver tells apart: cuts of real trainings that differ by
// less than 1e-8 agree to 1e-14.
constexpr double same_cut = 1e-12;
}  // namespace

cut_view cut_pool::operator[](std::size_t slot) const noexcept {
  const entry& e = meta_[slot];
  return {.slot = static_cast<std::uint32_t>(slot),
          .iteration = e.iteration,
          .forward_pass = e.forward_pass,
          .intercept = e.intercept,
          .coefficients = coefficients(slot),
          .trial_point = std::span(trial_points_).subspan(slot * width_, width_),
          .active = e.active,
          .uses = e.uses,
          .last_use = e.last_use};
}

double cut_pool::value_of(std::size_t slot, std::span<const double> state) const noexcept {
  const double* const c = coefficients_.data() + slot * width_;
  double sum = meta_[slot].intercept;
  for (std::size_t i = 0; i < width_; ++i) sum += c[i] * state[i];
  return sum;
}

double cut_pool::value(std::span<const double> state, double floor) const noexcept {
  double best = floor;
  for (std::size_t slot = 0; slot < meta_.size(); ++slot) {
    if (meta_[slot].active) best = std::max(best, value_of(slot, state));
  }
  return best;
}

bool cut_pool::repeats(std::size_t slot) const noexcept {
  const double intercept = meta_[slot].intercept;
  const double intercept_slack = same_cut * std::abs(intercept);
  const double* const own = coefficients_.data() + slot * width_;
  double slack = 0.0;
  for (std::size_t i = 0; i < width_; ++i) slack = std::max(slack, same_cut * std::abs(own[i]));
  // The newest first: a training that has converged makes the cuts of its last iterations again.
  for (std::size_t older = slot; older-- > 0;) {
    if (!meta_[older].active || !(std::abs(meta_[older].intercept - intercept) <= intercept_slack)) continue;
    const double* const other = coefficients_.data() + older * width_;
    std::size_t i = 0;
    while (i < width_ && std::abs(other[i] - own[i]) <= slack) ++i;
    if (i == width_) return true;
  }
  return false;
}

std::uint32_t cut_pool::add(std::uint32_t iteration, std::uint32_t forward_pass, double intercept,
                            std::span<const double> coefficients, std::span<const double> trial_point) {
  meta_.push_back(
      {.intercept = intercept, .iteration = iteration, .forward_pass = forward_pass, .last_use = iteration});
  coefficients_.insert(coefficients_.end(), coefficients.begin(), coefficients.end());
  trial_points_.insert(trial_points_.end(), trial_point.begin(), trial_point.end());
  ++active_;
  return static_cast<std::uint32_t>(meta_.size() - 1);
}

void cut_pool::set_active(std::size_t slot, bool active) noexcept {
  entry& e = meta_[slot];
  if (e.active == active) return;
  e.active = active;
  active ? ++active_ : --active_;
}

void cut_pool::count_uses(std::size_t slot, std::uint64_t uses, std::uint32_t iteration) noexcept {
  if (uses == 0) return;
  meta_[slot].uses += uses;
  meta_[slot].last_use = iteration;
}

void cut_pool::reserve_more(std::size_t cuts) {
  // By doubling: a pool that grows by a few cuts an iteration moves rarely.
  const std::size_t wanted = meta_.size() + cuts;
  if (wanted <= meta_.capacity()) return;
  const std::size_t room = std::max(wanted, 2 * meta_.capacity());
  meta_.reserve(room);
  coefficients_.reserve(room * width_);
  trial_points_.reserve(room * width_);
}

}  // namespace twill::sddp
