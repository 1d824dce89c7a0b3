// SPDX-License-Identifier: Apache-2.0
#include "ops/fold.hpp"

#include "twill/base/cpu.hpp"

namespace twill::lanes::ops::detail {

const fold_table& folds() noexcept {
  static const std::array<fold_table, 3> all = [] {
    std::array<fold_table, 3> out;
    install_folds_baseline(out[0]);
    install_folds_avx2(out[1]);
    install_folds_avx512(out[2]);
    return out;
  }();
  return all[static_cast<std::size_t>(active_simd_level())];
}

}  // namespace twill::lanes::ops::detail
