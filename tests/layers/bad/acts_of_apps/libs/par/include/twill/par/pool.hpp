// SPDX-License-Identifier: Apache-2.0
#pragma once
inline const char* threads() { return getenv("TWILL_NUM_THREADS"); }
