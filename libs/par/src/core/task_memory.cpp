// SPDX-License-Identifier: Apache-2.0
#include "core/task_memory.hpp"

#include "core/registry.hpp"
#include "twill/par/detail/task.hpp"

#include <new>

namespace twill::par::detail {
namespace {

constexpr std::size_t granule = 32;
constexpr std::size_t largest = 128;
// Beyond this a seat gives blocks back to malloc: where one seat spawns and another runs, they would pile up.
// Four lists of 8 KiB at most, so that a worker stays far below 64 KiB.
constexpr std::size_t keep_bytes = std::size_t{8} * 1024;

}  // namespace

task_memory::~task_memory() {
  for (list& l : lists_) {
    while (l.first != nullptr) {
      block* const next = l.first->next;
      ::operator delete(l.first);
      l.first = next;
    }
  }
}

std::size_t task_memory::rounded(std::size_t bytes) noexcept {
  return bytes > largest ? bytes : (bytes + granule - 1) / granule * granule;
}

void* task_memory::allocate(std::size_t bytes) {
  if (bytes <= largest) {
    list& l = lists_[(bytes - 1) / granule];
    if (l.first != nullptr) {
      block* const b = l.first;
      l.first = b->next;
      --l.size;
      return b;
    }
  }
  return ::operator new(rounded(bytes));
}

void task_memory::free(void* memory, std::size_t bytes) noexcept {
  if (bytes <= largest) {
    list& l = lists_[(bytes - 1) / granule];
    if (l.size < keep_bytes / rounded(bytes)) {
      l.first = ::new (memory) block{l.first};
      ++l.size;
      return;
    }
  }
  ::operator delete(memory);
}

void* task_allocate(worker* seat, std::size_t bytes) {
  return seat != nullptr ? seat->extra().memory.allocate(bytes) : ::operator new(task_memory::rounded(bytes));
}

void task_free(worker* seat, void* block, std::size_t bytes) noexcept {
  if (seat != nullptr) {
    seat->extra().memory.free(block, bytes);
  } else {
    ::operator delete(block);
  }
}

}  // namespace twill::par::detail
