// SPDX-License-Identifier: Apache-2.0
#pragma once

// The public headers of the part lanes.
#include "twill/lanes/atlas.hpp"
#include "twill/lanes/builder.hpp"
#include "twill/lanes/cache.hpp"
#include "twill/lanes/error.hpp"
#include "twill/lanes/executor.hpp"
#include "twill/lanes/instruction.hpp"
#include "twill/lanes/program.hpp"
#include "twill/lanes/types.hpp"
