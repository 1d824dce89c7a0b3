// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/sddp/settings.hpp"
#include "twill/sddp/system.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace twill::sddp {

/// What random numbers are for. Streams of different purposes share nothing.
enum class draw : std::uint32_t {
  opening_tree = 1,
  opening_choice = 2,
  out_of_sample = 3,
  simulation_stop = 7,
  lhs_permutation = 8,
  lhs_offset = 9,
  sobol_scramble = 10,
  halton_permutation = 11
};
/// Added to a purpose inside the simulation phase.
inline constexpr std::uint32_t simulation_phase = 0x80;

/// The place of a number: every number of the study can be computed by itself.
///
/// Philox4x32-10 with the seed as key and the counter (iteration, scenario, stage, purpose << 24 | block).
struct noise_key {
  std::uint64_t seed = 42;      ///< of the case
  std::uint32_t purpose = 0;    ///< a `draw`, perhaps with `simulation_phase`
  std::uint32_t iteration = 0;  ///< from 0; 0 for trees
  std::uint32_t scenario = 0;   ///< forward pass, scenario or opening
  std::uint32_t stage = 0;      ///< noise group, as 32 bits of its id
};

/// 64 random bits: number `n` of the place.
[[nodiscard]] std::uint64_t noise_bits(const noise_key& key, std::uint32_t n) noexcept;
/// A standard normal number.
[[nodiscard]] double noise_normal(const noise_key& key, std::uint32_t n) noexcept;
/// A whole number below `bound`.
[[nodiscard]] std::uint64_t noise_below(const noise_key& key, std::uint64_t bound) noexcept;

/// Factor F of a correlation matrix, F F^T = matrix, row-major.
///
/// spectral: V sqrt(max(lambda, 0)) V^T by cyclic Jacobi sweeps in a fixed order. cholesky: lower triangle,
/// and the spectral factor where the matrix is not positive definite.
[[nodiscard]] std::vector<double> correlation_factor(std::span<const double> matrix, std::size_t size,
                                                     correlation_method method);

/// Correlates independent noise of every stage.
class correlator {
 public:
  explicit correlator(const system& s);
  /// Correlates a noise vector of stage t in place.
  void apply(std::size_t t, std::span<double> noise) const;

 private:
  struct group {
    std::vector<std::uint32_t> positions;
    std::vector<double> factor;
  };
  std::vector<std::vector<group>> profiles_;
  std::vector<std::optional<std::uint32_t>> profile_of_stage_;
};

/// The openings of every stage: those of the case, or drawn by the method of each stage from the seed.
/// Throws: error(errc::unsupported) for a method that is not built.
[[nodiscard]] opening_tree make_opening_tree(const system& s, std::uint64_t tree_seed);

/// The number of openings of stage t.
[[nodiscard]] inline std::size_t num_openings(const system& s, std::size_t t) { return s.stages[t].openings; }

}  // namespace twill::sddp
