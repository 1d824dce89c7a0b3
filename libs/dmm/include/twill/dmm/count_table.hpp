// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <utility>
#include <vector>

namespace twill::dmm {

namespace detail {
struct dataset;
}

/// A count that is not zero, and its taxon.
struct count_entry {
  std::size_t taxon = 0;  ///< from 0
  double count = 0;       ///< at least 1
  friend bool operator==(const count_entry&, const count_entry&) = default;
};

/// What a table does with a sample that has no counts.
enum class zero_rows {
  refuse,  ///< an error that names up to ten of them: no model can place them
  keep     ///< for prediction: their posterior is the weights
};

/// Counts of taxa in samples, stored once and shared by every fit: distinct counts of each taxon, and for
/// each sample which of them it has. Immutable; copies share their content.
///
/// Only what is not zero takes memory: 8 bytes a count, and 28 bytes a count while it is built.
/// Thread safety: all members may be called at once.
class count_table {
 public:
  /// Of n x s counts, sample by sample. Threads: 0 as the settings say, else that many; the table is the
  /// same. Throws: error (invalid_shape, negative_count, not_finite, not_integral, count_too_large, zero_row)
  /// with the place, and error (cancelled) soon after a stop is requested.
  [[nodiscard]] static count_table from_dense(std::span<const std::int32_t> row_major, std::size_t n,
                                              std::size_t s, zero_rows empty = zero_rows::refuse,
                                              int threads = 0, std::stop_token stop = {});
  [[nodiscard]] static count_table from_dense(std::span<const std::int64_t> row_major, std::size_t n,
                                              std::size_t s, zero_rows empty = zero_rows::refuse,
                                              int threads = 0, std::stop_token stop = {});
  [[nodiscard]] static count_table from_dense(std::span<const double> row_major, std::size_t n, std::size_t s,
                                              zero_rows empty = zero_rows::refuse, int threads = 0,
                                              std::stop_token stop = {});
  /// Of compressed rows: the counts of sample i are values[indptr[i] .. indptr[i + 1]) in the taxa of equal
  /// positions of `indices`, in any order; zeros among them are dropped. Throws: as from_dense, and
  /// invalid_shape for a taxon out of range or twice in a sample.
  [[nodiscard]] static count_table from_csr(std::size_t n, std::size_t s,
                                            std::span<const std::int64_t> indptr,
                                            std::span<const std::int32_t> indices,
                                            std::span<const std::int64_t> values,
                                            zero_rows empty = zero_rows::refuse, int threads = 0,
                                            std::stop_token stop = {});
  [[nodiscard]] static count_table from_csr(std::size_t n, std::size_t s,
                                            std::span<const std::int64_t> indptr,
                                            std::span<const std::int32_t> indices,
                                            std::span<const double> values,
                                            zero_rows empty = zero_rows::refuse, int threads = 0,
                                            std::stop_token stop = {});

  /// A table without samples: what a rank without rows brings to a fit over ranks.
  [[nodiscard]] static count_table none(std::size_t taxa);

  [[nodiscard]] std::size_t samples() const noexcept;
  [[nodiscard]] std::size_t taxa() const noexcept;
  /// Counts that are not zero.
  [[nodiscard]] std::size_t nonzeros() const noexcept;
  /// Distinct counts that are not zero, summed over the taxa: what a fit costs per step.
  [[nodiscard]] std::size_t buckets() const noexcept;
  /// The total of a sample.
  [[nodiscard]] double total(std::size_t sample) const noexcept;
  /// The counts of a sample that are not zero, by taxon.
  [[nodiscard]] std::vector<count_entry> row(std::size_t sample) const;
  /// A table of some of these samples, in the given order.
  [[nodiscard]] count_table select(std::span<const std::size_t> samples) const;

  /// For this part alone.
  explicit count_table(std::shared_ptr<const detail::dataset> data) noexcept : data_(std::move(data)) {}
  /// For this part alone.
  [[nodiscard]] const std::shared_ptr<const detail::dataset>& data() const noexcept { return data_; }

 private:
  std::shared_ptr<const detail::dataset> data_;
};

}  // namespace twill::dmm
