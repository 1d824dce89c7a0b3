// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/broadcast.hpp"
#include "twill/par/budget.hpp"
#include "twill/par/error.hpp"
#include "twill/par/join.hpp"
#include "twill/par/pool.hpp"
#include "twill/par/scope.hpp"
#include "twill/par/spawn.hpp"
#include "twill/par/thread.hpp"
