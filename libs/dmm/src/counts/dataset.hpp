// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace twill::dmm::detail {

// A vector whose resize leaves numbers unset: the loop that sets them, on many threads, is the first to touch
// their pages.
template <class T>
struct unset_allocator : std::allocator<T> {
  template <class U>
  struct rebind {
    using other = unset_allocator<U>;
  };
  template <class U>
  void construct(U* at) noexcept {
    ::new (static_cast<void*>(at)) U;
  }
  template <class U, class... Args>
  void construct(U* at, Args&&... args) {
    std::construct_at(at, std::forward<Args>(args)...);
  }
};
template <class T>
using unset_vector = std::vector<T, unset_allocator<T>>;

// A table of counts as fits read it. A bucket is a taxon with one of its distinct counts; the distinct sample
// totals are the buckets of one more, made-up taxon.
//
// Invariants: (1) buckets of a taxon are neighbours, by rising count; (2) bucket_row of a bucket rises;
// (3) row_bucket of a row rises, so its taxa do; (4) row_total[i] is a total of total_count.
struct dataset {
  std::size_t n = 0;
  std::size_t s = 0;
  std::vector<std::uint64_t> row_ptr;      // n + 1
  unset_vector<std::uint32_t> row_bucket;  // nonzeros
  std::vector<std::uint64_t> bucket_ptr;   // buckets + 1
  unset_vector<std::uint32_t> bucket_row;  // nonzeros
  std::vector<std::uint32_t> taxon_ptr;    // s + 1, into buckets
  std::vector<double> bucket_count;        // buckets
  std::vector<std::uint32_t> row_total;    // n, into total_count
  std::vector<double> total_count;  // distinct totals, rising; 0 is one of them where there are empty rows
  std::vector<std::uint64_t> total_ptr;  // totals + 1
  std::vector<std::uint32_t> total_row;  // n
  std::vector<double> coefficient;       // n: ln of the multinomial coefficient
  std::size_t first_row = 0;             // number of row 0 in a table split over ranks
  std::size_t all_rows = 0;              // of all ranks

  [[nodiscard]] std::size_t nonzeros() const noexcept { return row_bucket.size(); }
  [[nodiscard]] std::size_t buckets() const noexcept { return bucket_count.size(); }
  [[nodiscard]] std::size_t totals() const noexcept { return total_count.size(); }
};

// Sums over rows run over a fixed tree: rows in order within blocks of 2^shift rows, blocks as a binary tree
// over their number. The shift depends on the rows of the whole table alone: at most 64 blocks of at least
// 1024 rows.
[[nodiscard]] inline unsigned block_shift(std::size_t all_rows) noexcept {
  return std::max(10U,
                  static_cast<unsigned>(std::bit_width((all_rows + 63) / 64 - (all_rows == 0 ? 0U : 1U))));
}

}  // namespace twill::dmm::detail
