// SPDX-License-Identifier: Apache-2.0
#include "twill/par/range.hpp"

#include <vector>

int main() {
  std::vector<int> v{1, 2, 3};
  int last = 0;
  return v | twill::par::map([last](int x) mutable { return last = x; }) | twill::par::sum<int>();
}
