// SPDX-License-Identifier: Apache-2.0
#include "exec/kernels/move.inc"

namespace twill::lanes::detail {

void install_move_avx512(kernel_table& t) { install(t); }

}  // namespace twill::lanes::detail
