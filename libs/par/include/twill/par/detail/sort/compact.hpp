// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/sort/fork.hpp"
#include "twill/par/detail/sort/less.hpp"
#include "twill/par/detail/sort/merge.hpp"
#include "twill/par/detail/sort/merge_in_place.hpp"
#include "twill/par/detail/sort/scratch.hpp"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <vector>

namespace twill::par::detail {

inline constexpr std::size_t compact_block = std::size_t{1} << 14;

/// A piece of a range that is kept.
struct kept_piece {
  std::size_t begin = 0;
  std::size_t size = 0;
  std::size_t target = 0;
};

/// Moves the pieces, which ascend, to the front without gaps; returns their total size.
///
/// A round moves in parallel all pieces whose targets lie before the first of their sources; what a round
/// frees makes the next one longer. A piece that overlaps its own target is moved alone. Allocates nothing.
template <class I>
std::size_t close_gaps(I first, std::vector<kept_piece>& pieces) {
  std::size_t total = 0;
  for (kept_piece& piece : pieces) {
    piece.target = total;
    total += piece.size;
  }
  const auto move_piece = [&](std::size_t i) {
    const kept_piece& piece = pieces[i];
    const I source = ahead(first, piece.begin);
    if (piece.target != piece.begin)
      move_range(source, ahead(source, piece.size), ahead(first, piece.target));
  };
  for (std::size_t i = 0; i < pieces.size();) {
    std::size_t end = i;
    while (end < pieces.size() && pieces[end].target + pieces[end].size <= pieces[i].begin) ++end;
    if (end == i) end = i + 1;
    fork_indices(i, end, move_piece);
    i = end;
  }
  return total;
}

/// `keep(begin, end)` moves what stays of a block to its front and returns the piece. Returns the number
/// kept.
template <class I, class Keep>
std::size_t compact(I first, std::size_t n, const Keep& keep) {
  const fixed_blocks blocks{n, compact_block};
  std::vector<kept_piece> pieces(blocks.count());
  blocks.for_each([&](std::size_t b, std::size_t begin, std::size_t end) { pieces[b] = keep(begin, end); });
  return close_gaps(first, pieces);
}

/// For each block, whether its first element repeats the last one of the block before.
template <class I, class Equal>
[[nodiscard]] std::vector<unsigned char> repeats_at_cuts(I first, fixed_blocks blocks, const Equal& equal) {
  std::vector<unsigned char> repeats(blocks.count());
  if (blocks.count() > 1) {
    fork_indices(1, blocks.count(), [&](std::size_t b) {
      const I at = ahead(first, blocks.begin(b));
      repeats[b] = static_cast<unsigned char>(static_cast<bool>(equal(*(at - 1), *at)));
    });
  }
  return repeats;
}

/// Stable partition by rotations: no memory, and a permutation whenever `pred` is called. `pred` once for
/// each element.
template <class I, class Pred>
std::size_t stable_partition_in_place(I first, std::size_t n, const Pred& pred) {
  if (n == 0) return 0;
  if (n == 1) return pred(*first) ? 1 : 0;
  const std::size_t half = n / 2;
  std::size_t left = 0;
  std::size_t right = 0;
  fork_if(
      n >= 2 * fork_elements, [&] { left = stable_partition_in_place(first, half, pred); },
      [&] { right = stable_partition_in_place(ahead(first, half), n - half, pred); });
  parallel_rotate(ahead(first, left), half - left, half - left + right);
  return left + right;
}

/// Stable partition of one block with room for as many elements beside it; a throwing `pred` leaves a
/// permutation.
template <class I, class Pred>
std::size_t stable_partition_block(I first, std::size_t n, std::iter_value_t<I>* side, const Pred& pred) {
  using value = std::iter_value_t<I>;
  struct rejected {
    value* begin;
    std::size_t count;
    I* back_to;
    ~rejected() {
      move_range(begin, begin + count, *back_to);
      std::destroy_n(begin, count);
    }
  };
  I kept = first;
  {
    // However the loop ends, as many places are free behind `kept` as elements were set aside.
    rejected aside{side, 0, &kept};
    for (I at = first, end = ahead(first, n); at != end; ++at) {
      if (pred(*at)) {
        if (kept != at) *kept = std::ranges::iter_move(at);
        ++kept;
      } else {
        std::construct_at(side + aside.count, std::ranges::iter_move(at));
        ++aside.count;
      }
    }
  }
  return span_of(first, kept);
}

template <class I, class Pred>
std::size_t stable_partition_by(I first, std::size_t n, const Pred& pred) {
  using value = std::iter_value_t<I>;
  if (n <= 64) return stable_partition_in_place(first, n, pred);
  const scratch<value> memory(n);
  if (!memory) return stable_partition_in_place(first, n, pred);
  value* const side = memory.data();
  const fixed_blocks blocks{n, compact_block};
  if (blocks.count() == 1) return stable_partition_block(first, n, side, pred);
  std::vector<kept_piece> kept(blocks.count());
  std::vector<std::size_t> rejected_before(blocks.count() + 1);
  blocks.for_each([&](std::size_t b, std::size_t begin, std::size_t end) {
    kept[b] = {begin, stable_partition_block(ahead(first, begin), end - begin, side + begin, pred), 0};
    rejected_before[b + 1] = end - begin - kept[b].size;
  });
  for (std::size_t b = 0; b < blocks.count(); ++b) rejected_before[b + 1] += rejected_before[b];
  blocks.for_each([&](std::size_t b, std::size_t begin, std::size_t end) {
    value* out = side + rejected_before[b];
    for (std::size_t i = begin + kept[b].size; i < end; ++i, ++out) {
      std::construct_at(out, std::ranges::iter_move(ahead(first, i)));
    }
  });
  const std::size_t boundary = close_gaps(first, kept);
  fixed_blocks{n - boundary, compact_block}.for_each([&](std::size_t, std::size_t begin, std::size_t end) {
    move_range(side + begin, side + end, ahead(first, boundary + begin));
    std::destroy(side + begin, side + end);
  });
  return boundary;
}

}  // namespace twill::par::detail
