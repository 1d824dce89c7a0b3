// SPDX-License-Identifier: Apache-2.0
#include "ops/kernels/fold.inc"

namespace twill::lanes::ops::detail {

void install_folds_avx2(fold_table& t) { install<32>(t); }

}  // namespace twill::lanes::ops::detail
