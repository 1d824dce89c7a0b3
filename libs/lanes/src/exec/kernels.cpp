// SPDX-License-Identifier: Apache-2.0
#include "exec/kernels.hpp"

#include "twill/base/cpu.hpp"

namespace twill::lanes::detail {
namespace {

kernel_table make(simd_level level) {
  kernel_table t;
  if (level == simd_level::avx512) {
    install_alu_avx512(t);
    install_math_avx512(t);
    install_move_avx512(t);
  } else if (level == simd_level::avx2) {
    install_alu_avx2(t);
    install_math_avx2(t);
    install_move_avx2(t);
  } else {
    install_alu_baseline(t);
    install_math_baseline(t);
    install_move_baseline(t);
  }
  return t;
}

}  // namespace

const kernel_table& kernels() noexcept {
  static const kernel_table baseline = make(simd_level::baseline);
  static const kernel_table avx2 = make(simd_level::avx2);
  static const kernel_table avx512 = make(simd_level::avx512);
  switch (active_simd_level()) {
    case simd_level::avx512: return avx512;
    case simd_level::avx2: return avx2;
    case simd_level::baseline: return baseline;
  }
  return baseline;
}

}  // namespace twill::lanes::detail
