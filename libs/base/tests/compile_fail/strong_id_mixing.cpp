// SPDX-License-Identifier: Apache-2.0
#include "twill/base/strong_id.hpp"

using rank_id = twill::strong_id<struct rank_tag>;
using stage_id = twill::strong_id<struct stage_tag>;

bool mix(rank_id r, stage_id s) { return r == s; }
