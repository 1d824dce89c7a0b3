// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "twill/lanes/detail/ring.hpp"
#include "twill/sddp/policy.hpp"
