// SPDX-License-Identifier: Apache-2.0
#include "stochastic/designs.hpp"

#include "twill/base/philox.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace twill::sddp {

void shuffle(std::span<std::uint32_t> out, const noise_key& key) noexcept {
  std::iota(out.begin(), out.end(), 0U);
  for (std::size_t i = out.size(); i > 1; --i) {
    const std::uint64_t j = bounded_from_bits(noise_bits(key, static_cast<std::uint32_t>(i)), i);
    std::swap(out[i - 1], out[static_cast<std::size_t>(j)]);
  }
}

std::uint32_t prime(std::size_t n) noexcept {
  std::uint32_t candidate = 1;
  for (std::size_t found = 0; found <= n;) {
    ++candidate;
    bool is_prime = true;
    for (std::uint32_t d = 2; d * d <= candidate && is_prime; ++d) is_prime = candidate % d != 0;
    if (is_prime) ++found;
  }
  return candidate;
}

double normal_at(double u) noexcept { return normal_quantile(std::clamp(u, 0x1p-54, 1.0 - 0x1p-53)); }

double radical_inverse(std::uint64_t i, std::span<const std::uint32_t> permutation) noexcept {
  const std::uint64_t base = permutation.size();
  double value = 0.0;
  double place = 1.0 / static_cast<double>(base);
  // Digits beyond the resolution of a double do not matter; leading zeros are permuted as well.
  for (int digit = 0; place > 1e-16 && digit < 54; ++digit) {
    value += static_cast<double>(permutation[i % base]) * place;
    i /= base;
    place /= static_cast<double>(base);
  }
  return value;
}

std::vector<std::uint32_t> halton_permutation(std::size_t d, noise_key key) {
  key.purpose = static_cast<std::uint32_t>(draw::halton_permutation);
  key.scenario = static_cast<std::uint32_t>(d);
  std::vector<std::uint32_t> out(prime(d));
  shuffle(out, key);
  return out;
}

fresh_noise::fresh_noise(const system& s, std::size_t dimension) : dimension_(dimension) {
  bool sobol = false;
  bool halton = false;
  for (const stage& at : s.stages) {
    stages_.push_back({.method = at.sampling, .group = static_cast<std::uint32_t>(at.noise_group.value())});
    sobol = sobol || at.sampling == sampling_method::qmc_sobol;
    halton = halton || at.sampling == sampling_method::qmc_halton;
  }
  if (sobol) require_sobol_dimension(dimension);
  for (std::size_t d = 0; d < dimension; ++d) {
    if (sobol) sobol_.emplace_back(d);
    // Of no seed: what is random of the points is their rotation.
    if (halton) halton_.push_back(halton_permutation(d, {}));
  }
}

noise_key fresh_noise::place(std::size_t t, draw purpose, std::size_t scenario) const noexcept {
  noise_key key = key_;
  key.purpose = static_cast<std::uint32_t>(purpose) + phase_;
  key.scenario = static_cast<std::uint32_t>(scenario);
  key.stage = stages_[t].group;
  return key;
}

void fresh_noise::begin(const noise_key& key, std::uint32_t phase, std::size_t scenarios) {
  key_ = key;
  phase_ = phase;
  scenarios_ = scenarios;
}

void fresh_noise::prepare(std::size_t t) {
  of_stage& at = stages_[t];
  // Iteration 0 of the orders is the opening tree's, which no pass may repeat.
  const auto order_place = [&](std::size_t which) {
    noise_key key = place(t, draw::lhs_permutation, which);
    ++key.iteration;
    return key;
  };
  switch (at.method) {
    case sampling_method::lhs:
      at.order.resize(dimension_ * scenarios_);
      for (std::size_t d = 0; d < dimension_; ++d) {
        shuffle(std::span(at.order).subspan(d * scenarios_, scenarios_), order_place(d));
      }
      break;
    case sampling_method::qmc_sobol:
    case sampling_method::qmc_halton:
      at.order.resize(scenarios_);
      shuffle(at.order, order_place(dimension_));
      break;
    case sampling_method::saa:
    case sampling_method::selective:
    case sampling_method::historical_residuals: break;
  }
}

void fresh_noise::fill(std::size_t t, std::size_t m, std::span<double> out) const noexcept {
  const of_stage& at = stages_[t];
  const auto uniform = [&](draw purpose, std::size_t d, std::size_t n) {
    noise_key key = place(t, purpose, d);
    ++key.iteration;
    return uniform_from_bits(noise_bits(key, static_cast<std::uint32_t>(n)));
  };
  const auto each = [&](auto value) {
    for (std::size_t d = 0; d < out.size(); ++d) out[d] = value(d);
  };
  switch (at.method) {
    case sampling_method::lhs:
      each([&](std::size_t d) {
        const double stratum = at.order[d * scenarios_ + m];
        return normal_at((stratum + uniform(draw::lhs_offset, d, m)) / static_cast<double>(scenarios_));
      });
      break;
    case sampling_method::qmc_sobol: {
      noise_key key = place(t, draw::sobol_scramble, 0);
      ++key.iteration;
      each([&](std::size_t d) {
        return sobol_normal(sobol_scramble::drawn(key, d, phase_)(sobol_[d].point(at.order[m])));
      });
      break;
    }
    case sampling_method::qmc_halton:
      each([&](std::size_t d) {
        const double u =
            radical_inverse(at.order[m] + 1U, halton_[d]) + uniform(draw::halton_permutation, d, 0);
        return normal_at(u < 1.0 ? u : u - 1.0);
      });
      break;
    case sampling_method::saa:
    case sampling_method::selective:
    case sampling_method::historical_residuals: {
      const noise_key key = place(t, draw::out_of_sample, m);
      each([&](std::size_t d) { return noise_normal(key, static_cast<std::uint32_t>(d)); });
      break;
    }
  }
}

}  // namespace twill::sddp
