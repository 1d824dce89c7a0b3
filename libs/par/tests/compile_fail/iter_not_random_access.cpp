// SPDX-License-Identifier: Apache-2.0
#include <ranges>
#include <vector>

#include "twill/par/range.hpp"

int main() {
  std::vector<int> v{1, 2, 3};
  auto odd = v | std::views::filter([](int x) { return x % 2 == 1; });
  return odd | twill::par::sum<int>();
}
