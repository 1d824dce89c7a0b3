// SPDX-License-Identifier: Apache-2.0
#include "twill/lanes/buffer.hpp"

#include <algorithm>

namespace twill::lanes {

class_allocator::class_allocator() {
  for (unsigned c = atlas::class_count; c-- > 0;) free_.push_back(static_cast<std::uint8_t>(c));
}

std::optional<std::uint8_t> class_allocator::allocate() {
  if (free_.empty()) return std::nullopt;
  const std::uint8_t cls = free_.back();
  free_.pop_back();
  return cls;
}

std::optional<std::uint8_t> class_allocator::allocate_consecutive(unsigned n) {
  if (n == 0 || n > free_.size()) return std::nullopt;
  const auto is_free = [&](unsigned c) { return std::ranges::find(free_, c) != free_.end(); };
  for (unsigned first = 0; first + n <= atlas::class_count; ++first) {
    unsigned k = 0;
    while (k < n && is_free(first + k)) ++k;
    if (k < n) continue;
    std::erase_if(free_, [&](std::uint8_t c) { return c >= first && c < first + n; });
    return static_cast<std::uint8_t>(first);
  }
  return std::nullopt;
}

void class_allocator::free(std::uint8_t cls) {
  if (cls >= atlas::class_count) throw fault({.code = errc::invalid_class_index, .numbers = {cls}});
  if (std::ranges::find(free_, cls) != free_.end()) {
    throw fault(errc::invalid_argument, "class " + std::to_string(cls) + " is not allocated");
  }
  free_.push_back(cls);
}

}  // namespace twill::lanes
