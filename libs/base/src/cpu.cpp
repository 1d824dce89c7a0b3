// SPDX-License-Identifier: Apache-2.0
#include "twill/base/cpu.hpp"

#include "twill/base/error.hpp"
#include "twill/base/suggest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <string>

namespace twill {
namespace {

cpu_features detect() noexcept {
  cpu_features found;
#if defined(__x86_64__)
  // The compiler's run-time support also asks the operating system (XGETBV), so a level seen here can be
  // used.
  __builtin_cpu_init();
  found.sse42 = __builtin_cpu_supports("sse4.2") != 0;
  found.avx2 = __builtin_cpu_supports("avx2") != 0;
  found.fma = __builtin_cpu_supports("fma") != 0;
  found.avx512 = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
                 __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512vl") != 0;
#endif
  return found;
}

std::atomic<simd_level>& active() noexcept {
  static std::atomic<simd_level> level{best_simd_level(this_cpu())};
  return level;
}

}  // namespace

const cpu_features& this_cpu() noexcept {
  static const cpu_features features = detect();
  return features;
}

std::string_view name(simd_level level) noexcept {
  switch (level) {
    case simd_level::baseline: return "baseline";
    case simd_level::avx2: return "avx2";
    case simd_level::avx512: return "avx512";
  }
  return "unknown";
}

simd_level best_simd_level(const cpu_features& features) noexcept {
  const bool avx2 = features.avx2 && features.fma;
  if (avx2 && features.avx512) return simd_level::avx512;
  return avx2 ? simd_level::avx2 : simd_level::baseline;
}

simd_level choose_simd_level(std::string_view text, const cpu_features& features) {
  static constexpr std::array levels{simd_level::baseline, simd_level::avx2, simd_level::avx512};
  static constexpr std::array<std::string_view, 4> known{"auto", "baseline", "avx2", "avx512"};
  const simd_level best = best_simd_level(features);
  if (text.empty() || text == "auto") return best;
  const auto* const found = std::ranges::find(levels, text, [](simd_level level) { return name(level); });
  if (found == levels.end()) {
    const std::string near = nearest_name(text, known);
    throw error(errc::bad_configuration,
                {.what = "unknown vector level",
                 .where = {.file = "TWILL_SIMD"},
                 .found = fmt::format("\"{}\"", text),
                 .expected = "auto, baseline, avx2 or avx512",
                 .hint = near.empty() ? "" : fmt::format("did you mean \"{}\"?", near)});
  }
  if (*found > best) {
    throw error(errc::unsupported, {.what = "this machine lacks the vector level that is asked for",
                                    .where = {.file = "TWILL_SIMD"},
                                    .found = std::string(text),
                                    .expected = fmt::format("at most {}", name(best)),
                                    .hint = "leave TWILL_SIMD unset to use the best level there is"});
  }
  return *found;
}

// ORD relaxed [cpu]: the level guards no other data and every level gives the same results; pairs with
// nothing.
simd_level active_simd_level() noexcept { return active().load(std::memory_order_relaxed); }

void use_simd_level(simd_level level) noexcept {
  // ORD relaxed [cpu]: see active_simd_level.
  active().store(std::min(level, best_simd_level(this_cpu())), std::memory_order_relaxed);
}

}  // namespace twill
