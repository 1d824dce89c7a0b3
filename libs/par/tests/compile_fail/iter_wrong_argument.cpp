// SPDX-License-Identifier: Apache-2.0
#include "twill/par/range.hpp"

#include <string>
#include <vector>

int main() {
  std::vector<int> v{1, 2, 3};
  return static_cast<int>(v | twill::par::filter([](const std::string& s) { return s.empty(); }) |
                          twill::par::count());
}
