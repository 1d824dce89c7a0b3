// SPDX-License-Identifier: Apache-2.0
#include "ops/kernels/gemm.inc"

namespace twill::lanes::ops::detail {

gemm_kernels gemm_avx2() { return make<32, 6, 2>(); }

}  // namespace twill::lanes::ops::detail
