// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/dmm/count_table.hpp"
#include "twill/dmm/error.hpp"
#include "twill/dmm/fit.hpp"
#include "twill/dmm/fit_options.hpp"
#include "twill/dmm/io.hpp"
#include "twill/dmm/ranks.hpp"
#include "twill/dmm/select.hpp"
#include "twill/dmm/special.hpp"
