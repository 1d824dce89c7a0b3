// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>

namespace twill::par::detail {

/// Adaptive splitting fed by steals: about one leaf a thread when nobody steals, more exactly where thieves
/// appear.
class splitter {
 public:
  explicit splitter(std::size_t threads) noexcept : threads_(threads), splits_(threads) {}

  /// Whether this node forks. `migrated`: it runs on another thread than the one that forked it.
  [[nodiscard]] bool try_split(bool migrated) noexcept {
    if (migrated && threads_ != 0) {
      splits_ = std::max(threads_, splits_ / 2);
      return true;
    }
    if (splits_ == 0) return false;
    splits_ /= 2;
    return true;
  }

  [[nodiscard]] std::size_t splits() const noexcept { return splits_; }

 protected:
  std::size_t threads_;
  std::size_t splits_;
};

/// As `splitter`, for a known length: no piece below `min_len`, and pieces of about `max_len` at most.
class length_splitter : public splitter {
 public:
  length_splitter(std::size_t threads, std::size_t len, std::size_t min_len, std::size_t max_len) noexcept
      : splitter(threads), min_len_(std::max<std::size_t>(min_len, 1)) {
    splits_ = std::max(splits_, len / std::max<std::size_t>(max_len, 1));
  }

  /// Halves until there are that many leaves, a power of two, whoever runs them.
  [[nodiscard]] static length_splitter of_leaves(std::size_t leaves) noexcept {
    length_splitter s(0, 0, 1, 1);
    s.splits_ = leaves / 2;
    return s;
  }

  [[nodiscard]] bool try_split(std::size_t len, bool migrated) noexcept {
    return len / 2 >= min_len_ && splitter::try_split(migrated);
  }

 private:
  std::size_t min_len_;
};

}  // namespace twill::par::detail
