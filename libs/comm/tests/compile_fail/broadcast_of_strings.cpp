// SPDX-License-Identifier: Apache-2.0
#include "twill/comm.hpp"

#include <string>
#include <vector>

void misuse(twill::comm::local_comm& world, std::vector<std::string>& data) { world.broadcast(data, 0); }
