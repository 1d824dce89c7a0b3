// SPDX-License-Identifier: Apache-2.0
#include "simd/kernels.hpp"

namespace twill::detail {

const kernels& active_kernels() noexcept {
  switch (active_simd_level()) {
    case simd_level::avx512: return avx512_kernels;
    case simd_level::avx2: return avx2_kernels;
    case simd_level::baseline: break;
  }
  return baseline_kernels;
}

}  // namespace twill::detail
