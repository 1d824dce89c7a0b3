// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/sort/partition.hpp"
#include "twill/par/detail/sort/radix_digit.hpp"
#include "twill/par/detail/sort/scratch.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace twill::par::detail {

/// The buffer of the last pass, on the stack of whoever sorts a run of buckets.
template <class T>
struct radix_buffer {
  static constexpr std::size_t size = std::min<std::size_t>(16384 / sizeof(T), 8192);
  alignas(std::max<std::size_t>(alignof(T), 64)) std::byte bytes[size * sizeof(T)];
  [[nodiscard]] T* data() noexcept { return reinterpret_cast<T*>(bytes); }
};

/// Where each bucket starts; one more entry holds the end.
using bucket_starts = std::array<std::size_t, radix_buckets + 1>;

/// Elements one by one to their sorted place in `to`, which may be where they come from. Stable. Linear when
/// every element is near its place.
template <class T, class Key>
void insertion_pass(const T* from, T* to, std::size_t n, const Key& key_of) noexcept {
  if (n == 0) return;
  to[0] = from[0];
  for (std::size_t i = 1; i < n; ++i) {
    const T moving = from[i];
    const auto key = key_of(moving);
    std::size_t at = i;
    for (; at > 0 && key < key_of(to[at - 1]); --at) to[at] = to[at - 1];
    to[at] = moving;
  }
}

/// The last pass: digits so fine that a bucket holds one or two elements, then insertion. Stable.
/// Requires: n <= radix_buffer<T>::size.
template <class T, class Key, class U>
void radix_leaf_sort(const T* from, T* to, std::size_t n, key_window<U> window, const Key& key_of,
                     T* buffer) noexcept {
  if (n <= radix_tiny) return insertion_pass(from, to, n, key_of);
  if (!window.known()) window = serial_key_range(from, n, key_of).window();
  if (window.bits == 0) {
    if (from != to) std::copy_n(from, n, to);
    return;
  }
  constexpr int most = 11;
  const bit_digit digit{&key_of, window,
                        std::min({window.bits, static_cast<int>(std::bit_width(n)) - 1, most})};
  std::array<std::uint16_t, std::size_t{1} << most> ends;
  std::fill_n(ends.begin(), digit.buckets(), std::uint16_t{0});
  for (std::size_t i = 0; i < n; ++i) ++ends[digit(from[i])];
  std::size_t sum = 0;
  std::size_t largest = 0;
  for (std::size_t b = 0; b < digit.buckets(); ++b) {
    const std::size_t count = ends[b];
    largest = std::max(largest, count);
    ends[b] = static_cast<std::uint16_t>(sum);
    sum += count;
  }
  if (largest == n)
    return radix_leaf_sort(from, to, n, serial_key_range(from, n, key_of).window(), key_of, buffer);
  for (std::size_t i = 0; i < n; ++i) buffer[ends[digit(from[i])]++] = from[i];
  if (largest <= radix_tiny) return insertion_pass(buffer, to, n, key_of);
  std::copy_n(buffer, n, to);
  if (digit.shift() == 0) return;
  std::size_t begin = 0;
  for (std::size_t b = 0; b < digit.buckets(); ++b) {
    const std::size_t end = ends[b];
    if (end - begin > 1)
      radix_leaf_sort(to + begin, to + begin, end - begin, key_window<U>{}, key_of, buffer);
    begin = end;
  }
}

/// One after another; a function of its own, so that the frames of the forks above hold no buffer.
template <class T, class F>
[[gnu::noinline]] void sort_buckets_here(const bucket_starts& starts, std::size_t first, std::size_t last,
                                         const F& sort_bucket) {
  radix_buffer<T> buffer;
  for (std::size_t b = first; b < last; ++b) {
    if (starts[b + 1] != starts[b]) sort_bucket(b, starts[b], starts[b + 1] - starts[b], buffer.data());
  }
}

/// `sort_bucket(bucket, begin, size, buffer)` for buckets [first, last), forked where they hold much.
template <class T, class F>
void sort_buckets(const bucket_starts& starts, std::size_t first, std::size_t last, const F& sort_bucket) {
  const std::size_t begin = starts[first];
  const std::size_t end = starts[last];
  if (end - begin >= 4 * fork_elements && last - first > 1) {
    const auto* const half =
        std::lower_bound(&starts[first + 1], &starts[last - 1], begin + (end - begin) / 2);
    const std::size_t middle = static_cast<std::size_t>(half - starts.data());
    fork_both([&] { sort_buckets<T>(starts, first, middle, sort_bucket); },
              [&] { sort_buckets<T>(starts, middle, last, sort_bucket); });
  } else {
    sort_buckets_here<T>(starts, first, last, sort_bucket);
  }
}

/// How many elements each bucket gets, as starts.
template <class T, class Digit>
void count_buckets(const T* a, std::size_t n, const Digit& digit, bucket_starts& starts) noexcept {
  starts.fill(0);
  for (std::size_t i = 0; i < n; ++i) ++starts[digit(a[i]) + 1];
  for (std::size_t b = 0; b < radix_buckets; ++b) starts[b + 1] += starts[b];
}

/// Every element into its bucket by exchanges (American flag sort, McIlroy, Bostic and McIlroy 1993). The
/// exchanges of one sweep do not wait for each other; each sweep leaves only the buckets that are not full.
template <class T, class Digit>
void permute_in_place(T* a, const Digit& digit, const bucket_starts& starts) noexcept {
  std::array<std::size_t, radix_buckets> head;
  std::array<std::uint16_t, radix_buckets> open;
  std::size_t open_count = 0;
  for (std::size_t b = 0; b < digit.buckets(); ++b) {
    head[b] = starts[b];
    if (starts[b] != starts[b + 1]) open[open_count++] = static_cast<std::uint16_t>(b);
  }
  while (open_count > 1) {
    std::size_t kept = 0;
    for (std::size_t j = 0; j < open_count; ++j) {
      const std::size_t bucket = open[j];
      const std::size_t end = starts[bucket + 1];
      const auto place = [&](std::size_t i) { std::swap(a[i], a[head[digit(a[i])]++]); };
      std::size_t i = head[bucket];
      for (; i + 4 <= end; i += 4) {
        place(i);
        place(i + 1);
        place(i + 2);
        place(i + 3);
      }
      for (; i < end; ++i) place(i);
      if (head[bucket] != end) open[kept++] = static_cast<std::uint16_t>(bucket);
    }
    open_count = kept;
  }
}

/// In place, not stable; allocates nothing.
template <class T, class Key, class U>
void radix_sort_in_place(T* a, std::size_t n, key_window<U> window, const Key& key_of, T* buffer) {
  if (n <= radix_buffer<T>::size) return radix_leaf_sort(a, a, n, window, key_of, buffer);
  const auto range = find_key_range(a, n, key_of);
  if (range.least == range.greatest) return;
  with_digit(a, n, range, key_of, [&](const auto& digit) {
    bucket_starts starts;
    count_buckets(a, n, digit, starts);
    permute_in_place(a, digit, starts);
    sort_buckets<T>(starts, 0, digit.buckets(),
                    [&](std::size_t bucket, std::size_t begin, std::size_t size, T* own) {
                      radix_sort_in_place(a + begin, size, digit.inside(bucket), key_of, own);
                    });
  });
}

/// The median of a sample of the keys.
template <class T, class Key>
[[nodiscard]] auto sample_median(const T* a, std::size_t n, const Key& key_of) noexcept {
  constexpr std::size_t wanted = 1023;
  std::array<decltype(key_of(a[0])), wanted> sample;
  const std::size_t stride = n / wanted;
  for (std::size_t i = 0; i < wanted; ++i) sample[i] = key_of(a[i * stride + (i * 11) % stride]);
  std::nth_element(sample.begin(), sample.begin() + wanted / 2, sample.end());
  return sample[wanted / 2];
}

/// Partitions by value until there is a piece for every thread. Which pieces there are does not show in the
/// result when equal keys mean equal bits.
template <class T, class Key>
void radix_sort_in_pieces(T* a, std::size_t n, std::size_t pieces, const Key& key_of) {
  if (pieces > 1 && n >= parallel_partition_size / 4) {
    const auto pivot = sample_median(a, n, key_of);
    const std::size_t left = partition_by(a, n, [&](const T& x) noexcept { return key_of(x) < pivot; });
    if (left != 0) {
      fork_both([&] { radix_sort_in_pieces(a, left, (pieces + 1) / 2, key_of); },
                [&] { radix_sort_in_pieces(a + left, n - left, (pieces + 1) / 2, key_of); });
      return;
    }
  }
  radix_buffer<T> buffer;
  radix_sort_in_place(a, n, key_window<decltype(key_of(*a))>{}, key_of, buffer.data());
}

/// Every element to its bucket in `to`, stable; large ranges by chunks in parallel.
template <class T, class Digit>
void scatter(const T* from, T* to, std::size_t n, const Digit& digit, bucket_starts& starts) {
  constexpr std::size_t most_chunks = 64;
  constexpr std::size_t least_chunk = std::size_t{1} << 15;
  const fixed_blocks chunks{n, std::max((n + most_chunks - 1) / most_chunks, least_chunk)};
  using counts = std::array<std::size_t, radix_buckets>;
  const scratch<counts> memory(chunks.count());
  const bool in_chunks = chunks.count() >= 8 && memory;
  if (!in_chunks) {
    count_buckets(from, n, digit, starts);
    counts next;
    std::copy_n(starts.begin(), radix_buckets, next.begin());
    for (std::size_t i = 0; i < n; ++i) to[next[digit(from[i])]++] = from[i];
    return;
  }
  counts* const count = memory.data();
  chunks.for_each([&](std::size_t c, std::size_t begin, std::size_t end) {
    counts& mine = *new (static_cast<void*>(count + c)) counts{};
    for (std::size_t i = begin; i < end; ++i) ++mine[digit(from[i])];
  });
  std::size_t sum = 0;
  for (std::size_t b = 0; b < radix_buckets; ++b) {
    starts[b] = sum;
    for (std::size_t c = 0; c < chunks.count(); ++c) sum += std::exchange(count[c][b], sum);
  }
  starts[radix_buckets] = sum;
  chunks.for_each([&](std::size_t c, std::size_t begin, std::size_t end) {
    counts next = count[c];
    for (std::size_t i = begin; i < end; ++i) to[next[digit(from[i])]++] = from[i];
  });
}

/// Stable, between two arrays; the elements are in `from` and end there when `stay`, else in `other`.
template <class T, class Key, class U>
void radix_sort_between(T* from, T* other, std::size_t n, bool stay, key_window<U> window, const Key& key_of,
                        T* buffer) {
  T* const target = stay ? from : other;
  if (n <= radix_buffer<T>::size) return radix_leaf_sort(from, target, n, window, key_of, buffer);
  const auto range = find_key_range(from, n, key_of);
  if (range.least == range.greatest) {
    if (!stay) std::copy_n(from, n, other);
    return;
  }
  with_digit(from, n, range, key_of, [&](const auto& digit) {
    bucket_starts starts;
    scatter(from, other, n, digit, starts);
    sort_buckets<T>(
        starts, 0, digit.buckets(), [&](std::size_t bucket, std::size_t begin, std::size_t size, T* own) {
          radix_sort_between(other + begin, from + begin, size, !stay, digit.inside(bucket), key_of, own);
        });
  });
}

/// Whether the keys do not descend; if they strictly descend, reverses the range and says true as well.
template <class T, class Key>
[[nodiscard]] bool already_sorted(T* a, std::size_t n, const Key& key_of) noexcept {
  if (n < 2) return true;
  std::size_t i = 1;
  if (key_of(a[1]) < key_of(a[0])) {
    for (i = 2; i < n && key_of(a[i]) < key_of(a[i - 1]);) ++i;
    if (i == n) std::reverse(a, a + n);
  } else {
    for (i = 2; i < n && !(key_of(a[i]) < key_of(a[i - 1]));) ++i;
  }
  return i == n;
}

/// Stable sort of elements with a radix key. False when there is no memory: nothing happened then.
template <class T, class Key>
[[nodiscard]] bool stable_radix_sort(T* a, std::size_t n, const Key& key_of) {
  if (already_sorted(a, n, key_of)) return true;
  constexpr key_window<decltype(key_of(*a))> unknown{};
  if (n <= radix_buffer<T>::size) {
    radix_buffer<T> buffer;
    radix_leaf_sort(a, a, n, unknown, key_of, buffer.data());
    return true;
  }
  const scratch<T> other(n);
  if (!other) return false;
  in_pool(n, [&] {
    radix_buffer<T> buffer;
    radix_sort_between(a, other.data(), n, true, unknown, key_of, buffer.data());
  });
  return true;
}

/// In-place sort of numbers; the result depends on the multiset of the numbers alone.
template <class T, class Key>
void unstable_radix_sort(T* a, std::size_t n, const Key& key_of) {
  if (already_sorted(a, n, key_of)) return;
  const std::size_t threads = n < parallel_partition_size / 4 ? 1 : fork_width();
  in_pool(n, [&] { radix_sort_in_pieces(a, n, threads == 1 ? 1 : 2 * threads, key_of); });
}

}  // namespace twill::par::detail
