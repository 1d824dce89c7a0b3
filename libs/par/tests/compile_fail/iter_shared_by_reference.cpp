// SPDX-License-Identifier: Apache-2.0
#include "twill/par/range.hpp"

#include <vector>

// A callable with state of its own would be written by all workers at once.
struct counter {
  int n = 0;
  void operator()(int) { ++n; }
};

int main() {
  std::vector<int> v{1, 2, 3};
  v | twill::par::for_each(counter{});
}
