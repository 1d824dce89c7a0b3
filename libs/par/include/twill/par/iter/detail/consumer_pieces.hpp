// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/plumbing.hpp"

#include <cstddef>
#include <utility>
#include <vector>

namespace twill::par::detail {

/// The consumers of pieces that run one after another, as many as it takes.
///
/// A consumer that keeps positions apart (`find_first`) can be cut about 64 times in a row, then its pieces
/// share a position and none gives up for another. So the j-th cut of the whole is cut in turn into 2^j
/// pieces: a piece lies at most 2j cuts deep, and 2^31 pieces have positions of their own.
template <class C>
class consumer_pieces {
 public:
  explicit consumer_pieces(C whole) : rest_(std::move(whole)) {}
  [[nodiscard]] bool full() const { return rest_.full(); }

  /// The consumer of the next `n` items.
  [[nodiscard]] C next(std::size_t n) {
    if constexpr (splits_anywhere<C>) {
      if (pending_.empty()) {
        pending_.push_back({rest_.split_off_left(), level_});
        if (level_ < 31) ++level_;
      }
      while (pending_.back().depth != 0) {
        const unsigned depth = --pending_.back().depth;
        C left = pending_.back().consumer.split_off_left();
        pending_.push_back({std::move(left), depth});
      }
      C piece = std::move(pending_.back().consumer);
      pending_.pop_back();
      return piece;
    } else {
      return rest_.split_off_left(n);
    }
  }

 private:
  struct group {
    C consumer;
    unsigned depth;
  };
  C rest_;
  std::vector<group> pending_;
  unsigned level_ = 0;
};

}  // namespace twill::par::detail
