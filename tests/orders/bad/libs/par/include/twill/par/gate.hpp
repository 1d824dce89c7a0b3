// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <vector>

namespace twill::par {

class gate {
 public:
  bool open() const { return state_.load(std::memory_order_acquire); }  // names no pairing
  void set();

 private:
  std::atomic<bool> state_{false};
  std::atomic<int> count_{0}, waiting_{0};
  std::vector<std::atomic<int>> slots_;
  std::atomic_flag busy_;
};

}  // namespace twill::par
