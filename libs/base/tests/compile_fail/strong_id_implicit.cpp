// SPDX-License-Identifier: Apache-2.0
#include "twill/base/strong_id.hpp"

using rank_id = twill::strong_id<struct rank_tag>;

void send_to(rank_id);
void misuse() { send_to(3); }
