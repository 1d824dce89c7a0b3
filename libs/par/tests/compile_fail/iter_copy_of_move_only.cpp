// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <vector>

#include "twill/par/range.hpp"

int main() {
  std::vector<std::unique_ptr<int>> v;
  return static_cast<int>((v | twill::par::copy_items() | twill::par::collect<std::vector>()).size());
}
