// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <vector>

#include "twill/par/range.hpp"

int main() {
  const std::vector<int> v{1, 2, 3};
  return v | twill::par::reduce(0, [](int a, const std::string& b) { return a + static_cast<int>(b.size()); });
}
