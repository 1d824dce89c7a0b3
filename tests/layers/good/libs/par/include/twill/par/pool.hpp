// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <thread>

#include "twill/base/error.hpp"
#include "twill/par/detail/deque.hpp"
