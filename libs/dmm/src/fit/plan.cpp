// SPDX-License-Identifier: Apache-2.0
#include "fit/problem.hpp"

#include <algorithm>

namespace twill::dmm::detail {
namespace {

std::vector<std::size_t> cut_by_weight(const std::vector<std::uint64_t>& ptr, std::uint64_t weight) {
  std::vector<std::size_t> cuts{0};
  const std::size_t n = ptr.empty() ? 0 : ptr.size() - 1;
  for (std::size_t i = 0; i < n; ++i) {
    if (ptr[i + 1] - ptr[cuts.back()] >= weight) cuts.push_back(i + 1);
  }
  if (cuts.back() != n) cuts.push_back(n);
  return cuts;
}

}  // namespace

plan::plan(const dataset& d) {
  constexpr std::uint32_t most = 4096;
  const auto add = [&](std::uint32_t taxon, std::uint32_t first, std::uint32_t last) {
    for (; first < last; first += std::min(most, last - first))
      pieces.push_back({taxon, first, first + std::min(most, last - first)});
  };
  for (std::size_t j = 0; j < d.s; ++j)
    add(static_cast<std::uint32_t>(j), d.taxon_ptr[j], d.taxon_ptr[j + 1]);
  add(static_cast<std::uint32_t>(d.s), 0, static_cast<std::uint32_t>(d.totals()));
  piece_cuts.push_back(0);
  std::uint32_t buckets = 0;
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    buckets += pieces[i].last - pieces[i].first;
    if (buckets >= 1024) {
      piece_cuts.push_back(i + 1);
      buckets = 0;
    }
  }
  if (piece_cuts.back() != pieces.size()) piece_cuts.push_back(pieces.size());
  bucket_cuts = cut_by_weight(d.bucket_ptr, 8192);
  total_cuts = cut_by_weight(d.total_ptr, 8192);
}

void fold_ranks(std::span<double> parts, std::size_t width, int first, int last) {
  if (last - first < 2) return;
  const int middle = first + (last - first) / 2;
  fold_ranks(parts, width, first, middle);
  fold_ranks(parts, width, middle, last);
  double* left = parts.data() + static_cast<std::size_t>(first) * width;
  const double* right = parts.data() + static_cast<std::size_t>(middle) * width;
  for (std::size_t i = 0; i < width; ++i) left[i] += right[i];
}

row_range rows_of_rank(std::size_t all_rows, int rank, int size) {
  const std::size_t block = std::size_t{1} << block_shift(all_rows);
  std::size_t first = 0;
  // The whole tree: a power of two of blocks that covers all rows.
  std::size_t blocks = 1;
  while (blocks * block < all_rows) blocks *= 2;
  int low = 0;
  int high = size;
  while (high - low > 1) {
    const int middle = low + (high - low) / 2;
    const std::size_t half = blocks / 2;  // a single block goes to the left as a whole
    if (rank < middle) {
      high = middle;
      blocks = blocks == 1 ? 1 : half;
    } else {
      low = middle;
      first += blocks == 1 ? blocks : half;
      blocks = blocks <= 1 ? 0 : half;
    }
  }
  return {std::min(all_rows, first * block), std::min(all_rows, (first + blocks) * block)};
}

void problem::bucket_sums(const double* z, std::size_t k, std::vector<double>& out) const {
  const dataset& d = data;
  const kernels& run = active_kernels();
  const unsigned shift = block_shift(d.all_rows);
  const std::size_t buckets = d.buckets();
  out.resize((buckets + d.totals()) * k);
  const double per_add = 0.5 * static_cast<double>(k);
  const std::size_t groups = cuts.bucket_cuts.size() - 1;
  const std::size_t all = groups + cuts.total_cuts.size() - 1;
  team.each(all, per_add * static_cast<double>(d.nonzeros() + d.n), [&](std::size_t i) {
    if (i < groups) {
      run.gather_buckets(d.bucket_row.data(), d.bucket_ptr.data(), cuts.bucket_cuts[i],
                         cuts.bucket_cuts[i + 1], z, k, shift, out.data());
    } else {
      run.gather_buckets(d.total_row.data(), d.total_ptr.data(), cuts.total_cuts[i - groups],
                         cuts.total_cuts[i - groups + 1], z, k, shift, out.data() + buckets * k);
    }
  });
  if (link == nullptr || link->size() == 1) return;
  const auto size = static_cast<std::size_t>(link->size());
  std::vector<double> parts(out.size() * size);
  const std::vector<std::size_t> counts(size, out.size());
  link->allgatherv(out, parts, counts);
  fold_ranks(parts, out.size(), 0, link->size());
  std::copy_n(parts.begin(), out.size(), out.begin());
}

std::vector<double> problem::row_sums(const double* values, std::size_t columns) const {
  const dataset& d = data;
  const std::size_t block = std::size_t{1} << block_shift(d.all_rows);
  std::size_t blocks = (d.n + block - 1) / block;
  std::vector<double> sums(std::max<std::size_t>(blocks, 1) * columns, 0.0);
  team.each(blocks, 0.5 * static_cast<double>(d.n * columns), [&](std::size_t b) {
    double* const sum = sums.data() + b * columns;
    for (std::size_t i = b * block; i < std::min(d.n, (b + 1) * block); ++i) {
      for (std::size_t c = 0; c < columns; ++c) sum[c] += values[i * columns + c];
    }
  });
  // Pairs of neighbours, level by level; a node without a right half is its left half.
  for (; blocks > 1; blocks = (blocks + 1) / 2) {
    for (std::size_t b = 0; b < blocks; b += 2) {
      double* const to = sums.data() + b / 2 * columns;
      const double* const left = sums.data() + b * columns;
      const double* const right = b + 1 < blocks ? left + columns : nullptr;
      for (std::size_t c = 0; c < columns; ++c) to[c] = right == nullptr ? left[c] : left[c] + right[c];
    }
  }
  sums.resize(columns);
  if (link == nullptr || link->size() == 1) return sums;
  const auto size = static_cast<std::size_t>(link->size());
  std::vector<double> parts(columns * size);
  const std::vector<std::size_t> counts(size, columns);
  link->allgatherv(sums, parts, counts);
  fold_ranks(parts, columns, 0, link->size());
  parts.resize(columns);
  return parts;
}

}  // namespace twill::dmm::detail
