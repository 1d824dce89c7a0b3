// SPDX-License-Identifier: Apache-2.0
#include "twill/hybrid/work.hpp"

#include <algorithm>

namespace twill::hybrid {

item_loop::item_loop(std::size_t most, std::size_t workers)
    : workers_(std::max<std::size_t>(1, workers)),
      owner_(most),
      former_(most),
      items_(most),
      begin_(workers_ + 1),
      next_(workers_) {
  // Neighbours start on the same worker, as first_touch() places them.
  for (std::size_t w = 0; w < workers_; ++w) {
    const index_block mine = block(most, workers_, w);
    std::fill_n(owner_.begin() + static_cast<std::ptrdiff_t>(mine.begin), mine.count,
                static_cast<std::uint32_t>(w));
  }
}

void item_loop::arrange(std::size_t count) {
  if (count > owner_.size()) {
    owner_.resize(count);
    former_.resize(count);
    items_.resize(count);
  }
  count_ = count;
  // ORD relaxed [item-loop]: the join of the run that begins orders what is written here before its tasks.
  cancelled_.store(false, std::memory_order_relaxed);
  // A counting sort by owner keeps items of a worker in the order of their indices.
  std::fill(begin_.begin(), begin_.end(), std::size_t{0});
  for (std::size_t i = 0; i < count; ++i) ++begin_[owner_[i] + 1];
  for (std::size_t w = 0; w < workers_; ++w) begin_[w + 1] += begin_[w];
  for (std::size_t w = 0; w < workers_; ++w) {
    // ORD relaxed [item-loop]: as above.
    next_[w]->store(begin_[w], std::memory_order_relaxed);
  }
  for (std::size_t i = 0; i < count; ++i) {
    former_[i] = owner_[i];
    // ORD relaxed [item-loop]: one thread arranges.
    const std::size_t at = next_[owner_[i]]->fetch_add(1, std::memory_order_relaxed);
    items_[at] = static_cast<std::uint32_t>(i);
  }
  for (std::size_t w = 0; w < workers_; ++w) {
    // ORD relaxed [item-loop]: as above.
    next_[w]->store(begin_[w], std::memory_order_relaxed);
  }
}

bool item_loop::take(std::size_t me, std::size_t& item) noexcept {
  for (std::size_t k = 0; k < workers_; ++k) {
    const std::size_t lane = (me + k) % workers_;
    // ORD relaxed [item-loop]: only saves work after a failure; the failure itself travels with the join.
    if (cancelled_.load(std::memory_order_relaxed)) return false;
    // ORD relaxed [item-loop]: looks before it takes, so that empty lanes do not run away.
    if (next_[lane]->load(std::memory_order_relaxed) >= begin_[lane + 1]) continue;
    // ORD relaxed [item-loop]: an index is handed out once; what it names was written before the join.
    const std::size_t at = next_[lane]->fetch_add(1, std::memory_order_relaxed);
    if (at >= begin_[lane + 1]) continue;
    item = items_[at];
    owner_[item] = static_cast<std::uint32_t>(me);
    return true;
  }
  return false;
}

void item_loop::cancel() noexcept {
  // ORD relaxed [item-loop]: see take.
  cancelled_.store(true, std::memory_order_relaxed);
}

std::size_t item_loop::moved() const noexcept {
  std::size_t n = 0;
  for (std::size_t i = 0; i < count_; ++i) n += owner_[i] != former_[i] ? 1U : 0U;
  return n;
}

}  // namespace twill::hybrid
