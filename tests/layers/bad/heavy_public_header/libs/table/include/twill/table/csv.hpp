// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <iostream>
#include <regex>

#include "twill/table/detail/tree.hpp"
