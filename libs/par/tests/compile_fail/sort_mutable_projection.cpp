// SPDX-License-Identifier: Apache-2.0
#include "twill/par/sort.hpp"

#include <vector>

void sort_with_a_mutable_key(std::vector<int>& v);

void sort_with_a_mutable_key(std::vector<int>& v) {
  int calls = 0;
  twill::par::sort_unstable_by_key(v, [calls](int a) mutable { return a + 0 * ++calls; });
}
