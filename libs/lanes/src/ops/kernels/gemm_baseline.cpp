// SPDX-License-Identifier: Apache-2.0
#include "ops/kernels/gemm.inc"

namespace twill::lanes::ops::detail {

gemm_kernels gemm_baseline() { return make<16, 4, 2>(); }

}  // namespace twill::lanes::ops::detail
