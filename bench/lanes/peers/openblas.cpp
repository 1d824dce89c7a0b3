// SPDX-License-Identifier: Apache-2.0
#include "../peers.hpp"

#include <cblas.h>

namespace peers {

work openblas_gemm(const float* a, const float* b, float* c, std::size_t n) {
  openblas_set_num_threads(1);
  const auto m = static_cast<blasint>(n);
  return
      [=] { cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, m, m, m, 1.0F, a, m, b, m, 0.0F, c, m); };
}

}  // namespace peers
