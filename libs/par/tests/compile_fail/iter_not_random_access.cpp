// SPDX-License-Identifier: Apache-2.0
#include "twill/par/range.hpp"

#include <ranges>
#include <vector>

int main() {
  std::vector<int> v{1, 2, 3};
  auto odd = v | std::views::filter([](int x) { return x % 2 == 1; });
  return odd | twill::par::sum<int>();
}
