// SPDX-License-Identifier: Apache-2.0
#include "twill/par/sort.hpp"

#include <vector>

void sort_with_a_mutable_comparator(std::vector<int>& v);

void sort_with_a_mutable_comparator(std::vector<int>& v) {
  int calls = 0;
  twill::par::sort(v, [calls](int a, int b) mutable { return ++calls > 0 && a < b; });
}
