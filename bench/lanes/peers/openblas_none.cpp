// SPDX-License-Identifier: Apache-2.0
#include "../peers.hpp"

namespace peers {

work openblas_gemm(const float*, const float*, float*, std::size_t) { return {}; }

}  // namespace peers
