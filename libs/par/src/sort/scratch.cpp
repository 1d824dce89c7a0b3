// SPDX-License-Identifier: Apache-2.0
#include "twill/par/detail/sort/scratch.hpp"

#include <algorithm>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace twill::par::detail {
namespace {

constexpr std::size_t large_page = std::size_t{2} << 20;

std::size_t alignment_for(std::size_t bytes, std::size_t alignment) noexcept {
  return bytes >= 2 * large_page ? std::max(alignment, large_page) : std::max(alignment, std::size_t{64});
}

}  // namespace

void* acquire_scratch(std::size_t bytes, std::size_t alignment) noexcept {
  const std::size_t boundary = alignment_for(bytes, alignment);
  void* const memory = ::operator new(bytes, std::align_val_t{boundary}, std::nothrow);
#ifdef __linux__
  // Advice only: where the system has no large pages the memory is as good as without it.
  if (memory != nullptr && boundary == large_page) {
    static_cast<void>(madvise(memory, bytes / large_page * large_page, MADV_HUGEPAGE));
  }
#endif
  return memory;
}

void release_scratch(void* memory, std::size_t bytes, std::size_t alignment) noexcept {
  ::operator delete(memory, std::align_val_t{alignment_for(bytes, alignment)});
}

}  // namespace twill::par::detail
