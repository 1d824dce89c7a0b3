// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace twill::hybrid {

/// A run of indices.
struct index_block {
  std::size_t begin = 0;  ///< the first one
  std::size_t count = 0;  ///< how many

  /// One past the last.
  [[nodiscard]] constexpr std::size_t end() const noexcept { return begin + count; }
  friend constexpr bool operator==(const index_block&, const index_block&) noexcept = default;
};

/// Part `i` of `n` indices in `parts` contiguous blocks whose lengths differ by one at most, longer ones
/// first. Requires: i < parts.
[[nodiscard]] constexpr index_block block(std::size_t n, std::size_t parts, std::size_t i) noexcept {
  const std::size_t q = n / parts;
  const std::size_t r = n % parts;
  return {i * q + (i < r ? i : r), q + (i < r ? 1U : 0U)};
}

/// All blocks in the form that V-collectives take.
struct block_table {
  std::size_t items = 0;                 ///< indices in all
  std::size_t width = 1;                 ///< elements of an index
  std::vector<std::size_t> counts{};     ///< elements of each block
  std::vector<std::size_t> positions{};  ///< element at which each block begins

  /// Number of blocks.
  [[nodiscard]] std::size_t parts() const noexcept { return counts.size(); }
  /// Block `i` in indices.
  [[nodiscard]] index_block at(std::size_t i) const noexcept {
    return {positions[i] / width, counts[i] / width};
  }
  /// Elements in all.
  [[nodiscard]] std::size_t elements() const noexcept { return items * width; }
};

/// Counts and displacements of `n` indices of `width` elements each. Requires: parts > 0, width > 0.
[[nodiscard]] block_table blocks(std::size_t n, std::size_t parts, std::size_t width = 1);

/// Contiguous blocks of about equal weight: index i belongs to the block in which the middle of its weight
/// falls. Where weights are no positive numbers, blocks of equal length.
///
/// An assignment never enters arithmetic, so weights measured at run time change no result; all ranks must
/// pass the same ones.
[[nodiscard]] block_table weighted_blocks(std::span<const double> weights, std::size_t parts,
                                          std::size_t width = 1);

/// Whether the openings of a trial point are spread over workers.
enum class opening_split : std::uint8_t {
  never,     ///< one after the other, on the worker of their trial point
  always,    ///< each is a task of its own
  automatic  ///< where there are fewer trial points than workers
};

/// The decision; results do not depend on it as long as what a task starts from is chosen by index.
[[nodiscard]] constexpr bool splits_openings(opening_split how, std::size_t trial_points,
                                             std::size_t workers) noexcept {
  return how == opening_split::always || (how == opening_split::automatic && trial_points < workers);
}

}  // namespace twill::hybrid
