// SPDX-License-Identifier: Apache-2.0
#include "twill/par/slice.hpp"

#include <vector>

int main() {
  return static_cast<int>(std::vector<int>{1, 2, 3} | twill::par::chunk(2) | twill::par::count());
}
