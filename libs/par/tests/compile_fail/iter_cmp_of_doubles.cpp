// SPDX-License-Identifier: Apache-2.0
// EXPECT: par::cmp: these items are only partially ordered; use par::partial_cmp
#include <vector>

#include "twill/par/range.hpp"

int main() {
  const std::vector<double> v{1, 2, 3};
  return (v | twill::par::cmp(v)) == 0 ? 0 : 1;
}
