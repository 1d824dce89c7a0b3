// SPDX-License-Identifier: Apache-2.0
#include "twill/base/assert.hpp"

#include <cstdio>
#include <cstdlib>

namespace twill::detail {

void assertion_failed(const char* condition, const char* why, std::source_location where) noexcept {
  // The one place where a library writes to stderr: nothing may be assumed to work any more, a sink included.
  std::fprintf(stderr, "twill: %s:%u: broken promise: %s [%s]\n", where.file_name(), where.line(), why,
               condition);
  std::abort();
}

}  // namespace twill::detail
