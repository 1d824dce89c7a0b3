// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stochastic/noise.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace twill::sddp {

/// Dimensions of the table of Joe and Kuo (2008).
inline constexpr std::size_t max_sobol_dimension = 21201;

/// Throws: error(errc::unsupported) where a Sobol sequence of so many dimensions does not exist.
void require_sobol_dimension(std::size_t dimension);

/// One dimension of the Sobol sequence in Gray-code order.
///
/// A point is 32 binary digits, the first one the highest bit. The first 2^k points have one in each of 2^k
/// intervals of equal length.
class sobol_dimension {
 public:
  /// Requires: d < max_sobol_dimension.
  explicit sobol_dimension(std::size_t d) noexcept;

  /// Point i by itself: the sum modulo 2 of the direction numbers of the digits of i's Gray code.
  [[nodiscard]] std::uint32_t point(std::uint32_t i) const noexcept;
  /// Points 0, 1, ...: each differs from the one before by one direction number.
  void first_points(std::span<std::uint32_t> out) const noexcept;

 private:
  std::array<std::uint32_t, 32> direction_{};
};

/// A random linear scramble of the digits of one dimension (Matousek 1998): x' = a x + b modulo 2^32, a odd,
/// where x is the number whose LOWEST bit is the first digit.
///
/// Digits so depend on those before them alone, and every interval of 2^-k is mapped to one of the same
/// length: the points keep the balance of the sequence in all dimensions together, which the same formula
/// with the first digit as the highest bit would destroy.
struct sobol_scramble {
  std::uint32_t factor = 1;  ///< odd
  std::uint32_t shift = 0;   ///< any
  /// Of dimension d; the iteration and the stage of the key choose it as well, and the
  /// phase: 0 or simulation_phase.
  [[nodiscard]] static sobol_scramble drawn(noise_key key, std::size_t d, std::uint32_t phase = 0) noexcept;
  [[nodiscard]] std::uint32_t operator()(std::uint32_t point) const noexcept;
};

/// The standard normal number in the middle of a point's interval of 2^-32.
[[nodiscard]] double sobol_normal(std::uint32_t point) noexcept;

/// Openings by Sobol points, row by row. Throws: as require_sobol_dimension.
void fill_sobol(std::span<double> values, std::size_t openings, std::size_t dimension, const noise_key& key);

}  // namespace twill::sddp
