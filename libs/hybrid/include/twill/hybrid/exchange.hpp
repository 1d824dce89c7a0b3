// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/hybrid/block.hpp"
#include "twill/hybrid/collectives.hpp"
#include "twill/hybrid/stop.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace twill::hybrid {

/// Every rank's elements on every rank in the order of the indices: blocks are contiguous, so the order of
/// ranks is the order of indices. Collective; allocates nothing here.
template <class C, class T>
void gather_blocks(C& ranks, const block_table& blocks, std::span<const T> mine, std::span<T> all) {
  const in_collective here("allgatherv");
  ranks.allgatherv(mine, all, std::span<const std::size_t>(blocks.counts));
}

/// Count, mean and variance of numbers that every rank has in the same order: the same bits for any layout.
struct ordered_statistics {
  std::size_t count = 0;  ///< numbers
  double mean = 0;        ///< 0 of none
  double variance = 0;    ///< of the sample, count - 1 in the denominator; 0 of fewer than two
};
/// Over the fixed tree of base/sum.hpp, deviations from the mean in a second pass. Allocates nothing.
[[nodiscard]] ordered_statistics statistics_in_order(std::span<const double> values) noexcept;

/// The header of a cut record: 8-byte aligned, so that a record is a whole number of doubles.
struct record_shape {
  std::size_t header = 4;        ///< doubles in front: what the record is about, 32 bytes
  std::size_t coefficients = 0;  ///< doubles behind it

  /// Doubles of one record.
  [[nodiscard]] constexpr std::size_t doubles() const noexcept { return header + coefficients; }
  /// Bytes of one record: 8 (coefficients + header).
  [[nodiscard]] constexpr std::size_t bytes() const noexcept { return 8 * doubles(); }
};

/// Records with zeros left out, and back, without loss: a record whose coefficients are nonzero in fewer than
/// half of the places becomes its header, their bit mask and the nonzero ones. -0 counts as nonzero.
[[nodiscard]] std::vector<double> pack_records(std::span<const double> records, const record_shape& shape);
/// Throws: twill::error(errc::corrupt_data) when the text is not what pack_records made.
[[nodiscard]] std::vector<double> unpack_records(std::span<const double> packed, const record_shape& shape);

/// How often each cut of a stage was binding, on this rank.
struct stage_activity {
  std::uint32_t stage = 0;                                       ///< which
  std::vector<std::pair<std::uint32_t, std::uint32_t>> slots{};  ///< slot and how often
};
/// All stages in one message: stage, count, then slot and number pairs.
[[nodiscard]] std::vector<std::uint32_t> pack_activity(std::span<const stage_activity> stages);
/// Throws: twill::error(errc::corrupt_data) for what pack_activity did not make.
[[nodiscard]] std::vector<stage_activity> unpack_activity(std::span<const std::uint32_t> message);

/// What all ranks know at the end of an iteration.
struct boundary_view {
  std::span<const double> values{};  ///< of all ranks, in the order of the indices
  request_bits requests = 0;         ///< of any rank
  double elapsed = 0;                ///< rank 0's seconds since the loop began
  double waited = 0;                 ///< seconds of this exchange in which a later rank was still computing
};

/// The last collective of an iteration: the numbers that decide, with each rank's requests and rank 0's time
/// in front, so that every rank decides from identical data. 8 N + 16 R bytes in one allgatherv.
///
/// The front also says how long the rank has computed since it left the exchange before. Ranks leave an
/// exchange together, so the difference to the longest is what this rank waits for others, not for messages;
/// no two clocks are compared. Of the view, `waited` alone differs between
/// ranks.
class boundary {
 public:
  /// For values that are spread like `values`; buffers are made once.
  boundary(const block_table& values, int rank);

  /// Collective. `mine` is this rank's block. Views live until the next exchange.
  template <byte_communicator C>
  boundary_view exchange(C& ranks, std::span<const double> mine) {
    detail::collective_view_of<C> view(ranks);
    return exchange_in(view, mine);
  }
  /// What the exchange sends besides the values, for the loop.
  void set_front(request_bits requests, double elapsed) noexcept {
    requests_ = requests;
    elapsed_ = elapsed;
  }
  /// All ranks come from a collective just now: the next exchange counts from here.
  void set_together() noexcept;
  /// An exchange took place since the last call of this.
  [[nodiscard]] bool take_exchanged() noexcept { return std::exchange(exchanged_, false); }
  /// The result of the last exchange.
  [[nodiscard]] const boundary_view& last() const noexcept { return last_; }
  /// As the template, for code that is compiled once.
  boundary_view exchange_in(detail::collective_view& ranks, std::span<const double> mine);

 private:
  block_table values_;
  std::size_t rank_;
  std::vector<std::size_t> counts_;
  std::vector<double> send_;
  std::vector<double> all_;
  boundary_view last_;
  request_bits requests_ = 0;
  double elapsed_ = 0;
  std::int64_t together_ = -1;  // nanoseconds of the steady clock; -1: the ranks never were
  bool exchanged_ = false;
};

}  // namespace twill::hybrid
