// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace twill {

/// What the processor can do and the operating system lets it do. All false where the processor is no x86-64.
struct cpu_features {
  bool sse42 = false;
  bool avx2 = false;
  bool fma = false;
  bool avx512 = false;  ///< the subsets F, BW, DQ and VL together, as all server cores since 2017 have them
};

/// The features of this machine. Thread safety: any thread at any time.
[[nodiscard]] const cpu_features& this_cpu() noexcept;

/// The vector instructions that a kernel is written for. A level never changes a result, only its speed.
enum class simd_level : std::uint8_t {
  baseline,  ///< SSE2 on x86-64, plain code elsewhere
  avx2,      ///< AVX2 and FMA
  avx512     ///< AVX-512 F, BW, DQ, VL
};

/// "baseline", "avx2", "avx512".
[[nodiscard]] std::string_view name(simd_level level) noexcept;

/// The highest level that `features` allow.
[[nodiscard]] simd_level best_simd_level(const cpu_features& features) noexcept;

/// The level that a user's text asks for: a level's name, or empty or "auto" for the best. The caller reads
/// the setting `TWILL_SIMD`; this part never looks at the environment. Throws: `error` with
/// `errc::bad_configuration` for an unknown name, `errc::unsupported` for a level above `features`.
[[nodiscard]] simd_level choose_simd_level(std::string_view text, const cpu_features& features);

/// The level that the kernels of this process use: the best of this machine until `use_simd_level` lowers it.
[[nodiscard]] simd_level active_simd_level() noexcept;

/// Makes the kernels use `level`, cut to what the machine has. Thread safety: any; calls under way finish as
/// they began.
void use_simd_level(simd_level level) noexcept;

/// One function in up to three versions; a level without a version of its own uses the next lower one.
template <class Function>
struct simd_versions {
  Function* baseline;
  Function* avx2 = nullptr;
  Function* avx512 = nullptr;

  /// The version for `level`: choose once, before the loop.
  [[nodiscard]] constexpr Function* at(simd_level level) const noexcept {
    if (level == simd_level::avx512 && avx512 != nullptr) return avx512;
    if (level != simd_level::baseline && avx2 != nullptr) return avx2;
    return baseline;
  }
};

}  // namespace twill
