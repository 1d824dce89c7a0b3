// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/sort/fork.hpp"
#include "twill/par/detail/sort/less.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <utility>

namespace twill::par::detail {

/// From this many elements on a partition is cut into chunks that run in parallel.
inline constexpr std::size_t parallel_partition_size = std::size_t{1} << 19;
/// The most chunks of one partition: their bounds live on the stack.
inline constexpr std::size_t partition_chunks = 64;

/// Elements that satisfy `pred` to the front; returns how many there are. Not stable.
///
/// Elements that are cheap to copy: every one is exchanged with the first of the other kind, and only the
/// step of that position depends on the answer (Lomuto's scheme without a branch). The range is a permutation
/// at every call of `pred`.
template <class I, class Pred>
  requires copies_cheaply<I>
[[nodiscard]] std::size_t serial_partition(I first, std::size_t n, const Pred& pred) {
  I boundary = first;
  for (I at = first; at != first + n; ++at) {
    const bool goes_left = pred(*at);
    const auto moving = *at;
    *at = *boundary;
    *boundary = moving;
    boundary += goes_left;
  }
  return span_of(first, boundary);
}

/// Elements that cost more to move: the answers for a block from either end are collected as offsets without
/// a branch, then as many misplaced pairs as there are are exchanged (BlockQuicksort, Edelkamp and Weiss
/// 2016).
template <class I, class Pred>
  requires(!copies_cheaply<I>)
[[nodiscard]] std::size_t serial_partition(I first, std::size_t n, const Pred& pred) {
  constexpr std::size_t block = 64;
  std::array<std::uint8_t, block> low_at{};
  std::array<std::uint8_t, block> high_at{};
  std::size_t low = 0;         // every element before it satisfies pred, except those noted in low_at
  std::size_t high = n;        // no element from it on satisfies pred, except those noted in high_at
  std::size_t low_begin = 0;   // the block that low_at refers to starts here and goes upwards
  std::size_t high_begin = n;  // the block that high_at refers to ends here and goes downwards
  std::size_t low_count = 0;
  std::size_t high_count = 0;
  std::size_t low_done = 0;
  std::size_t high_done = 0;
  for (;;) {
    const std::size_t unknown = high - low;
    if (unknown == 0) break;
    if (low_count == 0) {
      low_done = 0;
      low_begin = low;
      const std::size_t take = std::min(block, high_count == 0 ? unknown - unknown / 2 : unknown);
      for (std::size_t i = 0; i < take; ++i, ++low) {
        low_at[low_count] = static_cast<std::uint8_t>(i);
        low_count += !pred(*ahead(first, low));
      }
    }
    if (high_count == 0) {
      high_done = 0;
      high_begin = high;
      const std::size_t take = std::min(block, high - low);
      for (std::size_t i = 0; i < take; ++i) {
        --high;
        high_at[high_count] = static_cast<std::uint8_t>(i);
        high_count += static_cast<bool>(pred(*ahead(first, high)));
      }
    }
    const std::size_t pairs = std::min(low_count, high_count);
    for (std::size_t i = 0; i < pairs; ++i) {
      std::ranges::iter_swap(ahead(first, low_begin + low_at[low_done + i]),
                             ahead(first, high_begin - 1 - high_at[high_done + i]));
    }
    low_count -= pairs;
    high_count -= pairs;
    low_done += pairs;
    high_done += pairs;
  }
  // At most one side has noted elements left; from the far end they go next to the boundary.
  while (low_count != 0) {
    --low_count;
    --low;
    std::ranges::iter_swap(ahead(first, low_begin + low_at[low_done + low_count]), ahead(first, low));
  }
  while (high_count != 0) {
    --high_count;
    std::ranges::iter_swap(ahead(first, high_begin - 1 - high_at[high_done + high_count]), ahead(first, low));
    ++low;
  }
  return low;
}

/// Exchanges two ranges that do not overlap, in parallel pieces.
template <class I>
void swap_blocks(I a, I b, std::size_t n) {
  if (n > (std::size_t{1} << 16)) {
    const std::size_t half = n / 2;
    fork_both([=] { swap_blocks(a, b, half); },
              [=] { swap_blocks(ahead(a, half), ahead(b, half), n - half); });
  } else {
    std::swap_ranges(a, ahead(a, n), b);
  }
}

/// As `serial_partition`; a large range is partitioned chunk by chunk in parallel, then the misplaced pieces
/// (those that satisfy `pred` behind the boundary, the others before it: equally many) are exchanged.
///
/// The chunks depend on the length alone, so the result is the same for every number of threads.
template <class I, class Pred>
[[nodiscard]] std::size_t partition_by(I first, std::size_t n, const Pred& pred) {
  if (n < parallel_partition_size) return serial_partition(first, n, pred);
  const fixed_blocks chunks{
      n, std::max((n + partition_chunks - 1) / partition_chunks, parallel_partition_size / 8)};
  std::array<std::size_t, partition_chunks> matching{};
  chunks.for_each([&](std::size_t i, std::size_t begin, std::size_t end) {
    matching[i] = serial_partition(ahead(first, begin), end - begin, pred);
  });
  std::size_t boundary = 0;
  for (std::size_t i = 0; i < chunks.count(); ++i) boundary += matching[i];
  // Walks over the misplaced pieces of both sides at the same time.
  std::size_t low_chunk = 0;
  std::size_t high_chunk = 0;
  std::size_t low = 0;
  std::size_t low_end = 0;
  std::size_t high = 0;
  std::size_t high_end = 0;
  for (;;) {
    while (low == low_end && low_chunk < chunks.count() && chunks.begin(low_chunk) < boundary) {
      low = chunks.begin(low_chunk) + matching[low_chunk];
      low_end = std::min(chunks.end(low_chunk), boundary);
      low = std::min(low, low_end);
      ++low_chunk;
    }
    while (high == high_end && high_chunk < chunks.count()) {
      high = std::max(chunks.begin(high_chunk), boundary);
      high_end = std::max(chunks.begin(high_chunk) + matching[high_chunk], high);
      ++high_chunk;
    }
    const std::size_t pairs = std::min(low_end - low, high_end - high);
    if (pairs == 0) return boundary;
    swap_blocks(ahead(first, low), ahead(first, high), pairs);
    low += pairs;
    high += pairs;
  }
}

}  // namespace twill::par::detail
