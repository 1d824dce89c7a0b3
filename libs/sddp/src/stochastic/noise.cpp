// SPDX-License-Identifier: Apache-2.0
#include "stochastic/noise.hpp"

#include "stochastic/designs.hpp"
#include "stochastic/selective.hpp"
#include "stochastic/sobol.hpp"
#include "twill/base/error.hpp"
#include "twill/base/philox.hpp"
#include "twill/sddp/case.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace twill::sddp {

std::uint64_t noise_bits(const noise_key& key, std::uint32_t n) noexcept {
  const philox_block counter{key.iteration, key.scenario, key.stage, key.purpose << 24U | n / 2};
  const std::array<std::uint32_t, 2> seed{static_cast<std::uint32_t>(key.seed),
                                          static_cast<std::uint32_t>(key.seed >> 32U)};
  return philox_word64(philox4x32(counter, seed), n % 2);
}

double noise_normal(const noise_key& key, std::uint32_t n) noexcept {
  return normal_quantile(uniform_from_bits(noise_bits(key, n)));
}

std::uint64_t noise_below(const noise_key& key, std::uint64_t bound) noexcept {
  return bounded_from_bits(noise_bits(key, 0), bound);
}

namespace {

// One-sided in effect, two-sided in form: rotations in the order (0,1), (0,2), ..., so that the bits do not
// depend on a library.
void jacobi(std::vector<double>& a, std::vector<double>& v, std::size_t n) {
  v.assign(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) v[i * n + i] = 1.0;
  double norm = 0.0;
  for (const double x : a) norm += x * x;
  const double tolerance = 1e-14 * std::sqrt(norm);
  for (int sweep = 0; sweep < 60; ++sweep) {
    double off = 0.0;
    for (std::size_t p = 0; p < n; ++p) {
      for (std::size_t q = p + 1; q < n; ++q) off = std::max(off, std::fabs(a[p * n + q]));
    }
    if (off <= tolerance) return;
    for (std::size_t p = 0; p < n; ++p) {
      for (std::size_t q = p + 1; q < n; ++q) {
        const double apq = a[p * n + q];
        if (apq == 0.0) continue;
        const double theta = (a[q * n + q] - a[p * n + p]) / (2.0 * apq);
        const double t = (theta >= 0.0 ? 1.0 : -1.0) / (std::fabs(theta) + std::sqrt(theta * theta + 1.0));
        const double c = 1.0 / std::sqrt(t * t + 1.0);
        const double s = t * c;
        for (std::size_t k = 0; k < n; ++k) {
          const double x = a[k * n + p];
          const double y = a[k * n + q];
          a[k * n + p] = c * x - s * y;
          a[k * n + q] = s * x + c * y;
        }
        for (std::size_t k = 0; k < n; ++k) {
          const double x = a[p * n + k];
          const double y = a[q * n + k];
          a[p * n + k] = c * x - s * y;
          a[q * n + k] = s * x + c * y;
        }
        for (std::size_t k = 0; k < n; ++k) {
          const double x = v[k * n + p];
          const double y = v[k * n + q];
          v[k * n + p] = c * x - s * y;
          v[k * n + q] = s * x + c * y;
        }
      }
    }
  }
}

std::vector<double> spectral(std::span<const double> matrix, std::size_t n) {
  std::vector<double> a(matrix.begin(), matrix.end());
  std::vector<double> v;
  jacobi(a, v, n);
  std::vector<double> f(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      double sum = 0.0;
      for (std::size_t k = 0; k < n; ++k) {
        sum += v[i * n + k] * std::sqrt(std::max(a[k * n + k], 0.0)) * v[j * n + k];
      }
      f[i * n + j] = sum;
    }
  }
  return f;
}

bool cholesky(std::span<const double> matrix, std::size_t n, std::vector<double>& f) {
  f.assign(n * n, 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = matrix[i * n + j];
      for (std::size_t k = 0; k < j; ++k) sum -= f[i * n + k] * f[j * n + k];
      if (i == j && sum <= 0.0) return false;
      f[i * n + j] = i == j ? std::sqrt(sum) : sum / f[j * n + j];
    }
  }
  return true;
}

}  // namespace

std::vector<double> correlation_factor(std::span<const double> matrix, std::size_t size,
                                       correlation_method method) {
  std::vector<double> f;
  if (method == correlation_method::cholesky && cholesky(matrix, size, f)) return f;
  return spectral(matrix, size);
}

correlator::correlator(const system& s) : profile_of_stage_(s.noise.profile_of_stage) {
  for (const correlation_profile& p : s.noise.profiles) {
    std::vector<group>& groups = profiles_.emplace_back();
    for (const correlation_group& g : p.groups) {
      groups.push_back({g.positions, correlation_factor(g.matrix, g.positions.size(), s.noise.method)});
    }
  }
}

void correlator::apply(std::size_t t, std::span<double> noise) const {
  if (t >= profile_of_stage_.size() || !profile_of_stage_[t]) return;
  std::array<double, 512> room{};
  std::vector<double> more;
  for (const group& g : profiles_[*profile_of_stage_[t]]) {
    const std::size_t n = g.positions.size();
    if (n > room.size()) more.resize(n);
    const std::span<double> out = n > room.size() ? std::span<double>(more) : std::span<double>(room);
    for (std::size_t i = 0; i < n; ++i) {
      double sum = 0.0;
      for (std::size_t j = 0; j < n; ++j) sum += g.factor[i * n + j] * noise[g.positions[j]];
      out[i] = sum;
    }
    for (std::size_t i = 0; i < n; ++i) noise[g.positions[i]] = out[i];
  }
}

namespace {

// Latin hypercube: in every dimension one opening in each of N strata of equal probability.
void fill_lhs(std::span<double> values, std::size_t openings, std::size_t dimension, noise_key key) {
  std::vector<std::uint32_t> stratum(openings);
  for (std::size_t d = 0; d < dimension; ++d) {
    key.scenario = static_cast<std::uint32_t>(d);
    key.purpose = static_cast<std::uint32_t>(draw::lhs_permutation);
    shuffle(stratum, key);
    key.purpose = static_cast<std::uint32_t>(draw::lhs_offset);
    for (std::size_t w = 0; w < openings; ++w) {
      const double within = uniform_from_bits(noise_bits(key, static_cast<std::uint32_t>(w)));
      const double u = (static_cast<double>(stratum[w]) + within) / static_cast<double>(openings);
      values[w * dimension + d] = normal_at(u);
    }
  }
}

// Halton points with one permutation of the digits of each base.
void fill_halton(std::span<double> values, std::size_t openings, std::size_t dimension,
                 const noise_key& key) {
  for (std::size_t d = 0; d < dimension; ++d) {
    const std::vector<std::uint32_t> permutation = halton_permutation(d, key);
    for (std::size_t w = 0; w < openings; ++w) {
      values[w * dimension + d] = normal_at(radical_inverse(w + 1, permutation));
    }
  }
}

void fill_saa(std::span<double> values, std::size_t openings, std::size_t dimension, noise_key key) {
  key.purpose = static_cast<std::uint32_t>(draw::opening_tree);
  for (std::size_t w = 0; w < openings; ++w) {
    key.scenario = static_cast<std::uint32_t>(w);
    for (std::size_t d = 0; d < dimension; ++d) {
      values[w * dimension + d] = noise_normal(key, static_cast<std::uint32_t>(d));
    }
  }
}

// Clusters of vectors as the stage has them: what is correlated is spread less, and counts less.
void fill_selective(std::span<double> values, std::size_t openings, std::size_t dimension,
                    const noise_key& key, const correlator& correlate, std::size_t t,
                    std::vector<double>& shares) {
  const std::size_t count = candidates_per_opening * openings;
  std::vector<double> candidates(count * dimension);
  fill_saa(candidates, count, dimension, key);
  for (std::size_t c = 0; c < count; ++c) {
    correlate.apply(t, std::span(candidates).subspan(c * dimension, dimension));
  }
  shares.resize(openings);
  select_openings(candidates, dimension, key, values, shares);
}

}  // namespace

opening_tree make_opening_tree(const system& s, std::uint64_t tree_seed) {
  if (s.noise.tree) return *s.noise.tree;
  opening_tree tree{.dimension = s.noise.dimension(), .offsets = {0}, .values = {}, .probabilities = {}};
  if (tree.dimension != 0 && std::ranges::any_of(s.stages, [](const stage& at) {
        return at.sampling == sampling_method::selective;
      })) {
    tree.probabilities.resize(s.stages.size());
  }
  const correlator correlate(s);
  for (std::size_t t = 0; t < s.stages.size(); ++t) {
    const stage& at = s.stages[t];
    const std::size_t openings = at.openings;
    const std::size_t first = tree.values.size();
    tree.values.resize(first + openings * tree.dimension);
    tree.offsets.push_back(tree.values.size());
    const std::span<double> values = std::span(tree.values).subspan(first);
    const noise_key key{.seed = tree_seed, .stage = static_cast<std::uint32_t>(at.noise_group.value())};
    switch (at.sampling) {
      case sampling_method::saa: fill_saa(values, openings, tree.dimension, key); break;
      case sampling_method::lhs: fill_lhs(values, openings, tree.dimension, key); break;
      case sampling_method::qmc_halton: fill_halton(values, openings, tree.dimension, key); break;
      case sampling_method::qmc_sobol: fill_sobol(values, openings, tree.dimension, key); break;
      case sampling_method::selective:
        if (tree.dimension == 0) continue;
        fill_selective(values, openings, tree.dimension, key, correlate, t, tree.probabilities[t]);
        continue;  // correlated already
      case sampling_method::historical_residuals:
        throw error(sddp::make_error_code(sddp::errc::unsupported),
                    {.what = fmt::format("the sampling method of stage {} is not built", at.id.value()),
                     .expected = "another one, or scenarios/noise_openings"});
    }
    for (std::size_t w = 0; w < openings; ++w) {
      correlate.apply(t, values.subspan(w * tree.dimension, tree.dimension));
    }
  }
  return tree;
}

}  // namespace twill::sddp
