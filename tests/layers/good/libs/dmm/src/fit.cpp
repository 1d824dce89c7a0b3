// SPDX-License-Identifier: Apache-2.0
#include "twill/dmm/fit.hpp"

#include "step.hpp"
#include "twill/comm/shm.hpp"
#include "twill/par/pool.hpp"
#include "twill/table/csv.hpp"
