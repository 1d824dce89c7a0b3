// SPDX-License-Identifier: Apache-2.0
#include "exec/kernels/alu.inc"

namespace twill::lanes::detail {

void install_alu_baseline(kernel_table& t) { install(t); }

}  // namespace twill::lanes::detail
