// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "counts/dataset.hpp"
#include "kernel/kernels.hpp"
#include "parallel.hpp"
#include "twill/dmm/detail/rank_link.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace twill::dmm::detail {

// Neighbouring buckets of one taxon. Taxon s stands for the totals of samples.
struct piece {
  std::uint32_t taxon = 0;
  std::uint32_t first = 0;
  std::uint32_t last = 0;
};

// How loops over a dataset are cut: a function of the data alone.
struct plan {
  explicit plan(const dataset& d);
  std::vector<piece> pieces;             // all buckets, then all totals
  std::vector<std::size_t> piece_cuts;   // groups of pieces of a few thousand buckets
  std::vector<std::size_t> bucket_cuts;  // groups of buckets with several thousand nonzeros
  std::vector<std::size_t> total_cuts;   // groups of totals with several thousand rows
};

// What every step of a fit reads. With a link the dataset is this rank's rows; its buckets and totals are
// those of all ranks.
struct problem {
  const dataset& data;
  const plan& cuts;
  crew team;
  rank_link* link = nullptr;

  [[nodiscard]] std::size_t rows() const noexcept { return data.n; }
  [[nodiscard]] std::size_t all_rows() const noexcept { return data.all_rows; }

  // out[b][k] for every bucket, then every total: the sum of z[row][k] over its rows, of all ranks.
  void bucket_sums(const double* z, std::size_t k, std::vector<double>& out) const;
  // The sums of `columns` numbers a row over all rows of all ranks, over the fixed tree.
  [[nodiscard]] std::vector<double> row_sums(const double* values, std::size_t columns) const;
};

// Rows of the whole table that a rank holds: whole nodes of the tree of row blocks.
struct row_range {
  std::size_t first = 0;
  std::size_t last = 0;
};
[[nodiscard]] row_range rows_of_rank(std::size_t all_rows, int rank, int size);

// The values of one node for each rank, combined over the tree by which rows_of_rank hands nodes out.
void fold_ranks(std::span<double> parts, std::size_t width, int first, int last);

// ln Gamma(alpha + count) - ln Gamma(alpha) for each bucket and component, then its negative for each total
// with the sums of alpha: what an evidence is made of. `alpha` is k x s.
void difference_table(const problem& p, std::span<const double> alpha, std::size_t k,
                      std::vector<double>& out);

// ln weight + evidence of every row and component without coefficients into `z`, which becomes the posterior;
// `norm` gets the logarithm of each row's sum.
void evidence_pass(const problem& p, std::span<const double> table, std::span<const double> log_weights,
                   std::vector<double>& z, std::vector<double>& norm, bool normalise = true);

}  // namespace twill::dmm::detail
