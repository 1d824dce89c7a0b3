// SPDX-License-Identifier: Apache-2.0
#include "ops/kernels/gemm.inc"

namespace twill::lanes::ops::detail {

gemm_kernels gemm_avx512() { return make<64, 8, 3>(); }

}  // namespace twill::lanes::ops::detail
