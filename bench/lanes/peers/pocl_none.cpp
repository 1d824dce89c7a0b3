// SPDX-License-Identifier: Apache-2.0
#include "../peers.hpp"

namespace peers {

work pocl_add(const float*, const float*, float*, std::size_t) { return {}; }
work pocl_trips(const float*, const std::uint32_t*, float*, std::size_t) { return {}; }
work pocl_reverse(const float*, float*, std::size_t) { return {}; }

}  // namespace peers
