// SPDX-License-Identifier: Apache-2.0
#include "twill/par/slice.hpp"

#include <vector>

int main() {
  std::vector<int> v{1, 2, 3};
  v | twill::par::windows(2) | twill::par::for_each([](auto window) { window[0] = 1; });
}
