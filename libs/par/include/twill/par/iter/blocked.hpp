// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/generate.hpp"

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>

namespace twill::par {

/// The indices from `begin` up to but not including `end`.
struct index_block {
  std::size_t begin = 0;
  std::size_t end = 0;
  [[nodiscard]] constexpr std::size_t size() const noexcept { return end - begin; }
  friend constexpr bool operator==(const index_block&, const index_block&) = default;
};
/// A tile of a matrix.
struct index_block2d {
  index_block rows;
  index_block cols;
  friend constexpr bool operator==(const index_block2d&, const index_block2d&) = default;
};
/// A brick of a volume.
struct index_block3d {
  index_block pages;
  index_block rows;
  index_block cols;
  friend constexpr bool operator==(const index_block3d&, const index_block3d&) = default;
};

namespace detail {

/// One axis cut into blocks of `grain`, the last one shorter.
struct block_axis {
  std::size_t size;
  std::size_t grain;
  block_axis(const char* who, std::size_t n, std::size_t g) : size(n), grain(g) {
    if (g == 0) throw std::invalid_argument(std::string(who) + ": the block size is 0, expected at least 1");
  }
  [[nodiscard]] std::size_t blocks() const noexcept { return size / grain + (size % grain != 0 ? 1 : 0); }
  [[nodiscard]] index_block at(std::size_t i) const noexcept {
    return {i * grain, std::min(size, (i + 1) * grain)};
  }
};

}  // namespace detail

/// The indices below `n` in blocks of `grain`. Throws: `std::invalid_argument` when `grain` is 0.
[[nodiscard]] inline auto blocked(std::size_t n, std::size_t grain) {
  const detail::block_axis axis("par::blocked", n, grain);
  return generate(axis.blocks(), [axis](std::size_t i) { return axis.at(i); });
}

/// Tiles of a matrix of `rows` times `cols`, row by row. Throws: as `blocked`.
[[nodiscard]] inline auto blocked2d(std::size_t rows, std::size_t cols, std::size_t row_grain,
                                    std::size_t col_grain) {
  const detail::block_axis r("par::blocked2d", rows, row_grain);
  const detail::block_axis c("par::blocked2d", cols, col_grain);
  return generate(r.blocks() * c.blocks(), [r, c](std::size_t i) {
    return index_block2d{r.at(i / c.blocks()), c.at(i % c.blocks())};
  });
}

/// Bricks of a volume, page by page, row by row. Throws: as `blocked`.
[[nodiscard]] inline auto blocked3d(std::size_t pages, std::size_t rows, std::size_t cols,
                                    std::size_t page_grain, std::size_t row_grain, std::size_t col_grain) {
  const detail::block_axis p("par::blocked3d", pages, page_grain);
  const detail::block_axis r("par::blocked3d", rows, row_grain);
  const detail::block_axis c("par::blocked3d", cols, col_grain);
  return generate(p.blocks() * r.blocks() * c.blocks(), [p, r, c](std::size_t i) {
    const std::size_t row = i / c.blocks();
    return index_block3d{p.at(row / r.blocks()), r.at(row % r.blocks()), c.at(i % c.blocks())};
  });
}

}  // namespace twill::par
