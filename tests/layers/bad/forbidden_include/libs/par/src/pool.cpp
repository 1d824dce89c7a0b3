// SPDX-License-Identifier: Apache-2.0
#include "twill/comm/concepts.hpp"

#include <vector>
