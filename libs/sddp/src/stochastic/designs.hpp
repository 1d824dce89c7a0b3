// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stochastic/noise.hpp"
#include "stochastic/sobol.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace twill::sddp {

/// Puts 0 to out.size() - 1 in an order that the place decides (Fisher and Yates).
void shuffle(std::span<std::uint32_t> out, const noise_key& key) noexcept;
/// Prime number n, from 0.
[[nodiscard]] std::uint32_t prime(std::size_t n) noexcept;
/// The standard normal number at u of [0, 1], kept off both ends.
[[nodiscard]] double normal_at(double u) noexcept;
/// Point i of one dimension of a Halton sequence whose digits are permuted; the base is the permutation's
/// size.
[[nodiscard]] double radical_inverse(std::uint64_t i, std::span<const std::uint32_t> permutation) noexcept;
/// The permutation of the digits of dimension d.
[[nodiscard]] std::vector<std::uint32_t> halton_permutation(std::size_t d, noise_key key);

/// Fresh noise for trajectories: those of one pass are together a design of each stage's own method, and a
/// vector can be asked for by itself.
///
/// saa: independent numbers. lhs: in every quantity of every stage one trajectory in each of M strata. Sobol
/// and Halton points: one of the first M points a trajectory, in another order at each stage, or the stages
/// of a trajectory would go up and down together (Latin supercube sampling, Owen 1998); a scramble, for
/// Halton a rotation, makes the points of each pass and stage others. selective: as saa, since clusters stand
/// for independent draws. A pass is a place of its own: nothing has to be kept from one to the next.
class fresh_noise {
 public:
  /// Throws: as require_sobol_dimension.
  fresh_noise(const system& s, std::size_t dimension);

  /// Begins a pass of `scenarios` trajectories: seed and iteration (from 0) of the key count. `phase` is 0 or
  /// simulation_phase. prepare() must follow for every stage.
  void begin(const noise_key& key, std::uint32_t phase, std::size_t scenarios);
  /// Makes the orders of stage t. Calls for different stages may run beside each other.
  void prepare(std::size_t t);
  /// The vector of trajectory m at stage t, not correlated yet.
  void fill(std::size_t t, std::size_t m, std::span<double> out) const noexcept;

 private:
  struct of_stage {
    sampling_method method = sampling_method::saa;
    std::uint32_t group = 0;
    // lhs: (quantity, trajectory), strata; Sobol and Halton: the point of each trajectory.
    std::vector<std::uint32_t> order{};
  };
  // The place of what `purpose` draws at stage t of this pass.
  [[nodiscard]] noise_key place(std::size_t t, draw purpose, std::size_t scenario) const noexcept;

  std::size_t dimension_;
  std::vector<of_stage> stages_;
  std::vector<sobol_dimension> sobol_;              // of each quantity, if any stage takes Sobol points
  std::vector<std::vector<std::uint32_t>> halton_;  // likewise
  noise_key key_{};
  std::uint32_t phase_ = 0;
  std::size_t scenarios_ = 0;
};

}  // namespace twill::sddp
