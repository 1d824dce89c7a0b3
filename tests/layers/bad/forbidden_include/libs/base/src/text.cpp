// SPDX-License-Identifier: Apache-2.0
#include "twill/cluster/engine.hpp"
