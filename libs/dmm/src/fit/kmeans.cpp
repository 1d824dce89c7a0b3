// SPDX-License-Identifier: Apache-2.0
#include "fit/kmeans.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <utility>

namespace twill::dmm::detail {
namespace {

class centres {
 public:
  centres(const problem& p, std::size_t k) : p_(p), k_(k) {
    const dataset& d = p.data;
    const kernels& run = active_kernels();
    inverse_.resize(d.n);
    std::vector<double> squares(d.buckets());
    for (std::size_t b = 0; b < d.buckets(); ++b) squares[b] = d.bucket_count[b] * d.bucket_count[b];
    length_.resize(d.n);
    p.team.pieces(d.n, 512, 10.0 * static_cast<double>(d.n), [&](std::size_t first, std::size_t last) {
      std::fill(length_.begin() + static_cast<std::ptrdiff_t>(first),
                length_.begin() + static_cast<std::ptrdiff_t>(last), 0.0);
      run.gather_rows(d.row_bucket.data(), d.row_ptr.data(), first, last, squares.data(), 1, length_.data());
      for (std::size_t i = first; i < last; ++i) {
        inverse_[i] = 1 / d.total_count[d.row_total[i]];
        length_[i] *= inverse_[i] * inverse_[i];
      }
    });
  }

  // The means of the rows' proportions with the weights z, and the sums of z. Returns the largest move.
  double update(const std::vector<double>& z) {
    const dataset& d = p_.data;
    weight_ = p_.row_sums(z.data(), k_);
    if (!scaled_is_of_z_) {
      scaled_.resize(d.n * k_);
      p_.team.pieces(d.n, 1024, static_cast<double>(d.n * k_),
                     [&](std::size_t first, std::size_t last) { scale(z, first, last); });
    }
    scaled_is_of_z_ = false;
    p_.bucket_sums(scaled_.data(), k_, sums_);
    std::vector<double> old(d.s * k_);
    old.swap(mean_);
    if (old.empty()) old.assign(d.s * k_, 0.0);
    mean_.assign(d.s * k_, 0.0);
    table_.resize(d.buckets() * k_);
    p_.team.pieces(d.s, 4, 2.0 * static_cast<double>(d.buckets() * k_),
                   [&](std::size_t first, std::size_t last) {
                     for (std::size_t j = first; j < last; ++j) update_taxon(j);
                   });
    std::vector<double> moved(k_, 0.0);
    mean_length_.assign(k_, 0.0);
    for (std::size_t j = 0; j < d.s; ++j) {
      for (std::size_t c = 0; c < k_; ++c) {
        const double m = mean_[j * k_ + c];
        const double by = m - old[j * k_ + c];
        moved[c] += by * by;
        mean_length_[c] += m * m;
      }
    }
    return std::sqrt(*std::max_element(moved.begin(), moved.end()));
  }

  // Distances of every row to every centre.
  void distances(std::vector<double>& out) {
    const std::size_t n = p_.data.n;
    out.resize(n * k_);
    p_.team.pieces(n, 256, row_cost(),
                   [&](std::size_t first, std::size_t last) { measure(first, last, out); });
  }

  // The weights of every row by its distances: softmax of -beta times them. Leaves what `update` needs of z.
  void assign(double beta, std::vector<double>& z, std::vector<double>& norm) {
    const kernels& run = active_kernels();
    const std::size_t n = p_.data.n;
    z.resize(n * k_);
    scaled_.resize(n * k_);
    const double cost = row_cost() + 6.0 * static_cast<double>(n * k_);
    p_.team.pieces(n, 256, cost, [&](std::size_t first, std::size_t last) {
      measure(first, last, z);
      for (std::size_t i = first * k_; i < last * k_; ++i) z[i] *= -beta;
      run.softmax(last - first, k_, z.data() + first * k_, norm.data() + first);
      scale(z, first, last);
    });
    scaled_is_of_z_ = true;
  }

  void forget() noexcept { mean_.clear(); }
  [[nodiscard]] double mean(std::size_t taxon, std::size_t c) const noexcept { return mean_[taxon * k_ + c]; }

 private:
  [[nodiscard]] double row_cost() const noexcept {
    return static_cast<double>(k_) *
           (0.5 * static_cast<double>(p_.data.nonzeros()) + 3.0 * static_cast<double>(p_.data.n));
  }

  void scale(const std::vector<double>& z, std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      for (std::size_t c = 0; c < k_; ++c) scaled_[i * k_ + c] = z[i * k_ + c] * inverse_[i];
    }
  }

  // The means of one taxon, and what each of its counts adds to a scalar product with them.
  void update_taxon(std::size_t j) {
    const dataset& d = p_.data;
    double* const to = mean_.data() + j * k_;
    for (std::uint32_t b = d.taxon_ptr[j]; b < d.taxon_ptr[j + 1]; ++b) {
      for (std::size_t c = 0; c < k_; ++c) to[c] += d.bucket_count[b] * sums_[b * k_ + c];
    }
    for (std::size_t c = 0; c < k_; ++c) to[c] = weight_[c] > 0 ? to[c] / weight_[c] : 0;
    for (std::uint32_t b = d.taxon_ptr[j]; b < d.taxon_ptr[j + 1]; ++b) {
      for (std::size_t c = 0; c < k_; ++c) table_[b * k_ + c] = d.bucket_count[b] * to[c];
    }
  }

  void measure(std::size_t first, std::size_t last, std::vector<double>& out) const {
    const dataset& d = p_.data;
    std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(first * k_), (last - first) * k_, 0.0);
    active_kernels().gather_rows(d.row_bucket.data(), d.row_ptr.data(), first, last, table_.data(), k_,
                                 out.data());
    for (std::size_t i = first; i < last; ++i) {
      for (std::size_t c = 0; c < k_; ++c) {
        double& cell = out[i * k_ + c];
        const double lengths = mean_length_[c] + length_[i];
        const double square = lengths - 2 * (cell * inverse_[i]);
        // Below this the difference has lost most of its digits.
        cell = std::sqrt(square < 1e-9 * lengths ? direct_square(i, c) : square);
      }
    }
  }

  [[nodiscard]] double direct_square(std::size_t i, std::size_t c) const noexcept {
    const dataset& d = p_.data;
    std::uint64_t at = d.row_ptr[i];
    double sum = 0;
    for (std::size_t j = 0; j < d.s; ++j) {
      double by = mean_[j * k_ + c];
      if (at < d.row_ptr[i + 1] && d.row_bucket[at] < d.taxon_ptr[j + 1])
        by -= d.bucket_count[d.row_bucket[at++]] * inverse_[i];
      sum += by * by;
    }
    return sum;
  }

  const problem& p_;
  std::size_t k_;
  std::vector<double> inverse_;  // 1 / total of each row
  std::vector<double> length_;   // squared length of each row's proportions
  std::vector<double> scaled_, sums_, table_;
  std::vector<double> mean_;  // s x k
  std::vector<double> mean_length_, weight_;
  bool scaled_is_of_z_ = false;
};

void harden(const problem& p, const std::vector<int>& label, std::size_t k, std::vector<double>& z) {
  z.assign(p.rows() * k, 0.0);
  for (std::size_t i = 0; i < p.rows(); ++i)
    z[i * k + static_cast<std::size_t>(label[p.data.first_row + i])] = 1;
}

// The row of all ranks that is farthest from its nearest centre among components that have rows, and that is
// not the only one of its component; the lowest of equally far ones.
std::size_t farthest_row(const problem& p, const std::vector<double>& distance, const std::vector<int>& label,
                         const std::vector<std::size_t>& members) {
  const std::size_t k = members.size();
  double most = -1;
  double where = 0;
  for (std::size_t i = 0; i < p.rows(); ++i) {
    if (members[static_cast<std::size_t>(label[p.data.first_row + i])] < 2) continue;
    double nearest = std::numeric_limits<double>::infinity();
    for (std::size_t c = 0; c < k; ++c) {
      if (members[c] > 0) nearest = std::min(nearest, distance[i * k + c]);
    }
    if (nearest > most) {
      most = nearest;
      where = static_cast<double>(p.data.first_row + i);
    }
  }
  if (p.link != nullptr && p.link->size() > 1) {
    const auto size = static_cast<std::size_t>(p.link->size());
    std::vector<double> all(2 * size);
    const std::vector<std::size_t> counts(size, 2);
    const std::array<double, 2> mine{most, where};
    p.link->allgatherv(mine, all, counts);
    most = -1;
    for (std::size_t r = 0; r < size; ++r) {
      if (all[2 * r] > most) {
        most = all[2 * r];
        where = all[2 * r + 1];
      }
    }
  }
  return static_cast<std::size_t>(where);
}

}  // namespace

std::vector<int> draw_components(std::uint32_t seed, int k, std::size_t rows) {
  std::mt19937 engine(seed == 0 ? 4357U : seed);
  const auto n = static_cast<std::uint32_t>(k);
  const std::uint32_t quotient = std::numeric_limits<std::uint32_t>::max() / n;
  std::vector<int> out(rows);
  for (int& component : out) {
    std::uint32_t drawn = n;
    while (drawn >= n) drawn = static_cast<std::uint32_t>(engine()) / quotient;
    component = static_cast<int>(drawn);
  }
  return out;
}

kmeans_result soft_kmeans(const problem& p, int components, std::uint32_t seed, const kmeans_options& options,
                          const std::function<bool(int, double)>& told) {
  const auto k = static_cast<std::size_t>(components);
  const dataset& d = p.data;
  kmeans_result out;
  centres around(p, k);
  std::vector<int> label = draw_components(seed, components, p.all_rows());
  std::vector<std::size_t> members(k, 0);
  for (const int c : label) ++members[static_cast<std::size_t>(c)];
  harden(p, label, k, out.z);
  std::vector<double> distance;
  for (std::size_t c = 0; c < k; ++c) {
    if (members[c] > 0) continue;
    around.update(out.z);
    around.distances(distance);
    const std::size_t row = farthest_row(p, distance, label, members);
    --members[static_cast<std::size_t>(label[row])];
    label[row] = static_cast<int>(c);
    members[c] = 1;
    harden(p, label, k, out.z);
    ++out.reseeded;
  }
  around.forget();  // the first round's move counts from zero

  const kernels& run = active_kernels();
  std::vector<double> norm(d.n);
  for (double change = std::numeric_limits<double>::infinity();
       change > options.tol && out.rounds < options.max_iter;) {
    change = around.update(out.z);
    around.assign(options.beta, out.z, norm);
    ++out.rounds;
    if (!told(out.rounds, change)) break;
  }
  if (out.rounds == 0) around.update(out.z);
  out.lambda.resize(k * d.s);
  std::vector<double> means(d.s);
  std::vector<double> logs(d.s);
  for (std::size_t c = 0; c < k; ++c) {
    for (std::size_t j = 0; j < d.s; ++j) means[j] = std::max(around.mean(j, c), 1e-260);
    run.logs(d.s, means.data(), logs.data());
    for (std::size_t j = 0; j < d.s; ++j) out.lambda[c * d.s + j] = around.mean(j, c) > 0 ? logs[j] : -10;
  }
  out.weight = p.row_sums(out.z.data(), k);
  return out;
}

}  // namespace twill::dmm::detail
