// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace twill::par {

/// What a broadcast closure is told: which worker it runs on.
class broadcast_context {
 public:
  /// Made by the library for each worker.
  constexpr broadcast_context(std::size_t index, std::size_t num_threads) noexcept
      : index_(index), num_threads_(num_threads) {}
  /// The worker's index in its pool.
  [[nodiscard]] constexpr std::size_t index() const noexcept { return index_; }
  /// Workers of the pool.
  [[nodiscard]] constexpr std::size_t num_threads() const noexcept { return num_threads_; }

 private:
  std::size_t index_;
  std::size_t num_threads_;
};

}  // namespace twill::par
