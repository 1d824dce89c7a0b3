// SPDX-License-Identifier: Apache-2.0
#include "twill/par/range.hpp"

#include <vector>

int main() {
  const std::vector<double> v{1, 2, 3};
  return (v | twill::par::cmp(v)) == 0 ? 0 : 1;
}
