// SPDX-License-Identifier: Apache-2.0
#include <cstdio>

void broken() { std::fprintf(stderr, "broken"); }
