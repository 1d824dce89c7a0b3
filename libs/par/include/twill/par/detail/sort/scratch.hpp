// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <limits>
#include <memory>

namespace twill::par::detail {

/// Memory for `bytes` bytes, or null. Large pieces ask the system for large pages: a sort writes all over
/// them.
[[nodiscard]] void* acquire_scratch(std::size_t bytes, std::size_t alignment) noexcept;
void release_scratch(void* memory, std::size_t bytes, std::size_t alignment) noexcept;

/// Room for `size` elements of which none is constructed; empty when there is no memory.
template <class T>
class scratch {
 public:
  explicit scratch(std::size_t size) noexcept : size_(size) {
    if (size <= std::numeric_limits<std::size_t>::max() / sizeof(T)) {
      memory_ = acquire_scratch(size * sizeof(T), alignof(T));
    }
  }
  scratch(const scratch&) = delete;
  scratch& operator=(const scratch&) = delete;
  ~scratch() {
    if (memory_ != nullptr) release_scratch(memory_, size_ * sizeof(T), alignof(T));
  }

  [[nodiscard]] explicit operator bool() const noexcept { return memory_ != nullptr; }
  [[nodiscard]] T* data() const noexcept { return static_cast<T*>(memory_); }

 private:
  void* memory_ = nullptr;
  std::size_t size_;
};

}  // namespace twill::par::detail
