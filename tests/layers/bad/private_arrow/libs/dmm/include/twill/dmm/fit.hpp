// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "twill/comm/concepts.hpp"
#include "twill/comm/shm.hpp"
