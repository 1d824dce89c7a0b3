// SPDX-License-Identifier: Apache-2.0
#include "twill/base/strong_id.hpp"

using rank_id = twill::strong_id<struct rank_tag>;

rank_id shift(rank_id r) { return r + 1; }
