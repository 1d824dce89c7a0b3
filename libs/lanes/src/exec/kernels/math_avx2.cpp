// SPDX-License-Identifier: Apache-2.0
#include "exec/kernels/math.inc"

namespace twill::lanes::detail {

void install_math_avx2(kernel_table& t) { install(t); }

}  // namespace twill::lanes::detail
