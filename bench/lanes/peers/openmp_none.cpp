// SPDX-License-Identifier: Apache-2.0
#include "../peers.hpp"

namespace peers {

work openmp_add(const float*, const float*, float*, std::size_t, int) { return {}; }

}  // namespace peers
