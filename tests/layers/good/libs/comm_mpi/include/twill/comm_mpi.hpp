// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <mpi.h>

#include "twill/comm/concepts.hpp"
#include "twill/comm/detail/order.hpp"
