// SPDX-License-Identifier: Apache-2.0
#include "twill/par/range.hpp"

#include <memory>
#include <vector>

int main() {
  std::vector<std::unique_ptr<int>> v;
  return static_cast<int>((v | twill::par::copy_items() | twill::par::collect<std::vector>()).size());
}
