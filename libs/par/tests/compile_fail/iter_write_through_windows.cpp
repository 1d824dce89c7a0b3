// SPDX-License-Identifier: Apache-2.0
// EXPECT: assignment of read-only location|read-only variable is not assignable|cannot assign
#include <vector>

#include "twill/par/slice.hpp"

int main() {
  std::vector<int> v{1, 2, 3};
  v | twill::par::windows(2) | twill::par::for_each([](auto window) { window[0] = 1; });
}
