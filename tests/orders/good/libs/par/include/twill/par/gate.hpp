// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <string>

namespace twill::par {

class gate {
 public:
  // ORD acquire [G1]: pairs with the release in set().
  bool open() const { return state_.load(std::memory_order_acquire); }
  void set();
  std::atomic<int>& raw() { return count_; }

 private:
  std::atomic<bool> state_{false};
  std::atomic<int> count_{0};
};

struct settings {
  void load(const std::string& path);
  void store(const std::string& path) const;
};

struct window {
  long fetch_add(int rank, long offset, long value);
};

}  // namespace twill::par
