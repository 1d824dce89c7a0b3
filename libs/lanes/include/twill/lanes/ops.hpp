// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/buffer.hpp"
#include "twill/lanes/ops/arrays.hpp"
#include "twill/lanes/ops/broadcast.hpp"
#include "twill/lanes/ops/elementwise.hpp"
#include "twill/lanes/ops/layers.hpp"
#include "twill/lanes/ops/matrix.hpp"
#include "twill/lanes/ops/parallel.hpp"
#include "twill/lanes/ops/reductions.hpp"

/// Operations on whole arrays: vector kernels over contiguous ranges (spans, vectors, `buffer<T>`).
///
/// Every operation throws `fault` before it writes anything: BufferTooSmall when n is larger than an operand,
/// InvalidArgument when input and output overlap without being the same. Without n, the output's size counts.
/// The forms that end in `_par` run in chunks on the executor's threads and give the same bits.
namespace twill::lanes::ops {}
