// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <source_location>

namespace twill::detail {

/// Says on stderr which promise of our own is broken, then aborts. User input never leads here.
[[noreturn]] void assertion_failed(const char* condition, const char* why,
                                   std::source_location where) noexcept;

}  // namespace twill::detail

/// Always on, cheap: a broken invariant would corrupt results, so the process ends here.
#define TWILL_EXPECT(condition, why) \
  (static_cast<bool>(condition)      \
       ? static_cast<void>(0)        \
       : ::twill::detail::assertion_failed(#condition, why, std::source_location::current()))

/// On in unoptimised builds (no NDEBUG): states what the code below relies on.
#ifdef NDEBUG
#define TWILL_ASSERT(condition, why) static_cast<void>(0)
#else
#define TWILL_ASSERT(condition, why) TWILL_EXPECT(condition, why)
#endif

/// On where the build defines TWILL_PARANOID_CHECKS: checks that cost more than what they guard.
#ifdef TWILL_PARANOID_CHECKS
#define TWILL_PARANOID(condition, why) TWILL_EXPECT(condition, why)
#else
#define TWILL_PARANOID(condition, why) static_cast<void>(0)
#endif
