// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>

namespace twill::par::detail {

/// Free blocks of one seat, in four sizes up to 128 bytes: spawning in a steady state asks malloc for
/// nothing.
///
/// Thread safety: the seat's owner only. A block may be freed on another seat than the one that allocated it.
class task_memory {
 public:
  task_memory() = default;
  task_memory(const task_memory&) = delete;
  task_memory& operator=(const task_memory&) = delete;
  ~task_memory();
  [[nodiscard]] void* allocate(std::size_t bytes);
  void free(void* block, std::size_t bytes) noexcept;

  /// The size that is asked of malloc: the class's for a small block, else `bytes`.
  [[nodiscard]] static std::size_t rounded(std::size_t bytes) noexcept;

 private:
  struct block {
    block* next;
  };
  struct list {
    block* first = nullptr;
    std::size_t size = 0;
  };
  std::array<list, 4> lists_{};
};

}  // namespace twill::par::detail
