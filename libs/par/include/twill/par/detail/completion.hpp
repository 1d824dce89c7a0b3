// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/worker.hpp"

#include <cstdint>

namespace twill::par::detail {

/// A latch for any waiter: a worker works for its own pool while it waits, another thread sleeps on its own
/// word.
///
/// Invariants: `set` once, and nothing of *this is touched after the waiter may see it set; the pool of a
/// waiter from another pool is kept alive across the wake.
class completion {
 public:
  explicit completion(worker* waiter) noexcept : waiter_(waiter) {}
  /// `setter` runs in this pool.
  void set(registry& setter) noexcept;
  /// `setter`: the pool that will set it.
  void wait(registry& setter);
  [[nodiscard]] worker* waiter() const noexcept { return waiter_; }

 private:
  worker* waiter_;
  latch latch_;
  std::atomic<std::uint32_t> word_{0};
};

}  // namespace twill::par::detail
