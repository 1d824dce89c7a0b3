// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/concepts.hpp"
#include "twill/dmm/detail/rank_link.hpp"
#include "twill/dmm/fit.hpp"
#include "twill/dmm/select.hpp"

#include <cstddef>
#include <span>

namespace twill::dmm {

/// Neighbouring rows of a table.
struct row_range {
  std::size_t first = 0;  ///< from 0
  std::size_t last = 0;   ///< one beyond the last
  friend bool operator==(const row_range&, const row_range&) = default;
};

/// The rows of a table that a rank has to hold for `fit` over ranks: whole blocks of the tree over which sums
/// run, so that the bits do not depend on the number of ranks. May be empty where there are few rows.
[[nodiscard]] row_range rows_of_rank(std::size_t all_rows, int rank, int size);

namespace detail {

[[nodiscard]] mixture_fit fit_over_ranks(const count_table& local_rows, rank_link& link,
                                         const fit_options& options);
[[nodiscard]] sweep fit_range_over_ranks(const count_table& counts, std::span<const int> ks,
                                         const sweep_options& options, rank_link& link);
[[nodiscard]] sweep run_sweep_over_rows(const count_table& local_rows, std::span<const int> ks,
                                        const sweep_options& options, rank_link& link);

template <class C>
class communicator_link final : public rank_link {
 public:
  explicit communicator_link(C& c) noexcept : c_(c) {}
  [[nodiscard]] int rank() const noexcept override { return c_.rank(); }
  [[nodiscard]] int size() const noexcept override { return c_.size(); }
  void allgatherv(std::span<const double> part, std::span<double> all,
                  std::span<const std::size_t> counts) override {
    c_.allgatherv(part, all, counts);
  }

 private:
  C& c_;
};

}  // namespace detail

/// Fits one table whose rows are split over ranks: each brings the rows of rows_of_rank, a rank without rows
/// `count_table::none`. Every rank returns the same but for `group`, which has the rank's own rows. The bits
/// are those of `fit` of the whole table. Collective: yes. Throws: as fit, and error (invalid_shape) on every
/// rank when rows are split otherwise.
template <comm::communicator C>
[[nodiscard]] mixture_fit fit(const count_table& local_rows, C& c, const fit_options& options) {
  detail::communicator_link<C> link(c);
  return detail::fit_over_ranks(local_rows, link, options);
}

/// Deals the runs of a sweep out over the ranks, each of which has the whole table. Every rank returns the
/// same. A stop or signal on one rank ends all of them after the same wave of runs. Collective: yes. Throws:
/// as fit_range.
template <comm::communicator C>
[[nodiscard]] sweep fit_range(const count_table& counts, std::span<const int> ks, C& c,
                              const sweep_options& options) {
  detail::communicator_link<C> link(c);
  return detail::fit_range_over_ranks(counts, ks, options, link);
}

/// The runs of a sweep one after the other, each over ranks that hold rows of the table as for `fit` over
/// ranks. Every rank returns the same, `group` of all rows; a checkpoint folder serves this and `fit_range`
/// alike, written by rank 0. Collective: yes. Throws: as fit over ranks, and as fit_range.
template <comm::communicator C>
[[nodiscard]] sweep fit_range_over_rows(const count_table& local_rows, std::span<const int> ks, C& c,
                                        const sweep_options& options) {
  detail::communicator_link<C> link(c);
  return detail::run_sweep_over_rows(local_rows, ks, options, link);
}

}  // namespace twill::dmm
