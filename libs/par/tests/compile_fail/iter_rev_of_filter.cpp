// SPDX-License-Identifier: Apache-2.0
#include "twill/par/range.hpp"

#include <vector>

int main() {
  std::vector<int> v{1, 2, 3};
  return v | twill::par::filter([](int x) { return x > 1; }) | twill::par::rev() | twill::par::sum<int>();
}
