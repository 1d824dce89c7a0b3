// SPDX-License-Identifier: Apache-2.0
#include "twill/par/range.hpp"

#include <string>
#include <vector>

int main() {
  const std::vector<int> v{1, 2, 3};
  return v |
         twill::par::reduce(0, [](int a, const std::string& b) { return a + static_cast<int>(b.size()); });
}
