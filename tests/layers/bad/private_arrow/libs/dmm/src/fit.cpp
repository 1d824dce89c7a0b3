// SPDX-License-Identifier: Apache-2.0
#include "twill/table/csv.hpp"
