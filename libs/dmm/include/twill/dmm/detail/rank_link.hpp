// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>

namespace twill::dmm::detail {

/// What a fit asks of other ranks: one collective, so that any communicator serves.
class rank_link {
 public:
  rank_link() = default;
  rank_link(const rank_link&) = delete;
  rank_link& operator=(const rank_link&) = delete;
  virtual ~rank_link() = default;
  [[nodiscard]] virtual int rank() const noexcept = 0;
  [[nodiscard]] virtual int size() const noexcept = 0;
  /// Every rank's part in rank order; counts[r] elements come from rank r.
  virtual void allgatherv(std::span<const double> part, std::span<double> all,
                          std::span<const std::size_t> counts) = 0;
};

}  // namespace twill::dmm::detail
