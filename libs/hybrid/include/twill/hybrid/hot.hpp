// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace twill::hybrid {

/// From here to hot_end nothing is to be allocated by any thread; sections nest.
void hot_begin() noexcept;
/// The end of the innermost section.
void hot_end() noexcept;
/// A section for the life of an object.
class hot_section {
 public:
  hot_section() noexcept { hot_begin(); }
  hot_section(const hot_section&) = delete;
  hot_section& operator=(const hot_section&) = delete;
  ~hot_section() { hot_end(); }
};

/// For a program's own `operator new`: counts an allocation when it is inside a section.
void note_allocation() noexcept;
/// Allocations inside of sections since the program began.
[[nodiscard]] std::uint64_t hot_allocations() noexcept;

}  // namespace twill::hybrid
