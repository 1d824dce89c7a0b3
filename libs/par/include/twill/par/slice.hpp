// SPDX-License-Identifier: Apache-2.0
#pragma once

// Pieces of contiguous or random access data: spans of neighbours, windows, runs, pieces between separators.
#include "twill/par/iter/chunk.hpp"
#include "twill/par/iter/chunk_by.hpp"
#include "twill/par/iter/split.hpp"
#include "twill/par/iter/windows.hpp"
#include "twill/par/range.hpp"
