// SPDX-License-Identifier: Apache-2.0
#include "stochastic/selective.hpp"

#include "twill/base/philox.hpp"

#include <algorithm>
#include <limits>
#include <vector>

namespace twill::sddp {

namespace {

constexpr int most_rounds = 50;

// The square of the distance, or something above `enough` where it is above that.
double distance_below(std::span<const double> a, std::span<const double> b, double enough) {
  double sum = 0.0;
  for (std::size_t i = 0; i < a.size();) {
    for (const std::size_t end = std::min(a.size(), i + 16); i < end; ++i)
      sum += (a[i] - b[i]) * (a[i] - b[i]);
    if (sum > enough) break;
  }
  return sum;
}

class k_means {
 public:
  k_means(std::span<const double> candidates, std::size_t dimension, std::span<double> centres)
      : candidates_(candidates), dimension_(dimension), centres_(centres) {
    owner_.assign(candidates.size() / dimension, 0);
    distance_.assign(owner_.size(), std::numeric_limits<double>::infinity());
    members_.assign(centres.size() / dimension, 0);
  }

  // Each new centre is a candidate, drawn by the square of its distance to the centres that are there.
  void begin(noise_key key) {
    for (std::size_t j = 0; j < members_.size(); ++j) {
      key.scenario = static_cast<std::uint32_t>(owner_.size() + j);
      const std::size_t chosen = j == 0 ? static_cast<std::size_t>(noise_below(key, owner_.size()))
                                        : by_distance(uniform_from_bits(noise_bits(key, 0)));
      const std::span<const double> at = candidate(chosen);
      std::copy(at.begin(), at.end(), centre(j).begin());
      for (std::size_t c = 0; c < owner_.size(); ++c) {
        const double d = distance_below(candidate(c), at, distance_[c]);
        if (d < distance_[c]) distance_[c] = d, owner_[c] = j;
      }
    }
    move_centres();
  }

  // Whether a candidate has gone to another centre.
  bool round() {
    bool changed = false;
    for (std::size_t c = 0; c < owner_.size(); ++c) {
      const std::size_t before = owner_[c];
      distance_[c] = distance_below(candidate(c), centre(before), std::numeric_limits<double>::infinity());
      for (std::size_t j = 0; j < members_.size(); ++j) {
        const double d = distance_below(candidate(c), centre(j), distance_[c]);
        if (d < distance_[c]) distance_[c] = d, owner_[c] = j;
      }
      changed = changed || owner_[c] != before;
    }
    if (changed) move_centres();
    return changed;
  }

  [[nodiscard]] double share(std::size_t j) const {
    return static_cast<double>(members_[j]) / static_cast<double>(owner_.size());
  }

 private:
  [[nodiscard]] std::span<const double> candidate(std::size_t c) const {
    return candidates_.subspan(c * dimension_, dimension_);
  }
  [[nodiscard]] std::span<double> centre(std::size_t j) const {
    return centres_.subspan(j * dimension_, dimension_);
  }

  [[nodiscard]] std::size_t by_distance(double u) const {
    double total = 0.0;
    for (const double d : distance_) total += d;
    double left = u * total;
    std::size_t last = 0;
    for (std::size_t c = 0; c < distance_.size(); ++c) {
      if (distance_[c] == 0.0) continue;
      last = c;
      left -= distance_[c];
      if (left < 0.0) break;
    }
    return last;
  }

  // Every centre becomes the mean of its candidates. A cluster that lost all of them takes the candidate that
  // is farthest from its own centre, so that no opening has the probability zero.
  void move_centres() {
    std::fill(members_.begin(), members_.end(), std::size_t{0});
    for (const std::size_t j : owner_) ++members_[j];
    for (std::size_t j = 0; j < members_.size(); ++j) {
      if (members_[j] != 0) continue;
      std::size_t farthest = owner_.size();
      for (std::size_t c = 0; c < owner_.size(); ++c) {
        if (members_[owner_[c]] < 2) continue;
        if (farthest == owner_.size() || distance_[c] > distance_[farthest]) farthest = c;
      }
      --members_[owner_[farthest]];
      owner_[farthest] = j;
      distance_[farthest] = 0.0;
      members_[j] = 1;
    }
    std::fill(centres_.begin(), centres_.end(), 0.0);
    for (std::size_t c = 0; c < owner_.size(); ++c) {
      const std::span<double> sum = centre(owner_[c]);
      for (std::size_t i = 0; i < dimension_; ++i) sum[i] += candidate(c)[i];
    }
    for (std::size_t j = 0; j < members_.size(); ++j) {
      for (double& x : centre(j)) x /= static_cast<double>(members_[j]);
    }
  }

  std::span<const double> candidates_;
  std::size_t dimension_;
  std::span<double> centres_;
  std::vector<std::size_t> owner_;    // of each candidate
  std::vector<double> distance_;      // of each candidate to its centre, squared
  std::vector<std::size_t> members_;  // of each centre
};

}  // namespace

void select_openings(std::span<const double> candidates, std::size_t dimension, noise_key key,
                     std::span<double> centres, std::span<double> shares) {
  key.purpose = static_cast<std::uint32_t>(draw::opening_tree);
  k_means clusters(candidates, dimension, centres);
  clusters.begin(key);
  for (int i = 0; i < most_rounds && clusters.round(); ++i) continue;
  for (std::size_t j = 0; j < shares.size(); ++j) shares[j] = clusters.share(j);
}

}  // namespace twill::sddp
