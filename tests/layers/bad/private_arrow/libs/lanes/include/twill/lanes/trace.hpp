// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "twill/table/csv.hpp"
