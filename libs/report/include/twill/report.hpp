// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/report/chart.hpp"
#include "twill/report/data.hpp"
#include "twill/report/figure.hpp"
#include "twill/report/from_table.hpp"
#include "twill/report/html.hpp"
#include "twill/report/text_table.hpp"
