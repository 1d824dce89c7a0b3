// SPDX-License-Identifier: Apache-2.0
#pragma once

// The public headers of the part lanes.
#include "twill/lanes/buffer.hpp"
#include "twill/lanes/case.hpp"
#include "twill/lanes/dlpack.hpp"
#include "twill/lanes/kernel.hpp"
#include "twill/lanes/ops.hpp"
#include "twill/lanes/tensor.hpp"
