// SPDX-License-Identifier: Apache-2.0
#pragma once

// Text in UTF-8: characters, lines, words, pieces and matches of patterns.
#include "twill/par/iter/chars.hpp"
#include "twill/par/iter/split.hpp"
#include "twill/par/iter/split_text.hpp"
#include "twill/par/range.hpp"
