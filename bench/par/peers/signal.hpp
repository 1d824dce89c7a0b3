// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <thread>

namespace bench {

/// Says that a job runs and since when. Who waits for it sleeps: a thread that spins would hold the CPU which
/// the kernel may have chosen for the woken one.
class start_signal {
 public:
  void raise() {
    at_ = std::chrono::steady_clock::now();
    // ORD release: the time above; pairs with wait.
    raised_.store(true, std::memory_order_release);
    // ORD notify: the flag was stored before, which the waiter looks at again.
    raised_.notify_one();
    // ORD release: the last touch; pairs with wait, whose caller may destroy the signal.
    left_.store(true, std::memory_order_release);
  }
  std::chrono::steady_clock::time_point wait() {
    // ORD acquire: pairs with raise.
    raised_.wait(false, std::memory_order_acquire);
    // ORD acquire: pairs with raise.
    while (!left_.load(std::memory_order_acquire)) std::this_thread::yield();
    return at_;
  }

 private:
  std::atomic<bool> raised_{false};
  std::atomic<bool> left_{false};
  std::chrono::steady_clock::time_point at_;
};

}  // namespace bench
