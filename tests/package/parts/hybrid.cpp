// SPDX-License-Identifier: Apache-2.0
#include "twill/hybrid.hpp"

#include <cstdio>

int main() {
  const twill::hybrid::runtime here = twill::hybrid::local({.threads = 2});
  const twill::hybrid::block_table parts = twill::hybrid::blocks(10, 4);
  std::printf("rank %d of %d, %zu threads, 10 in blocks of %zu %zu %zu %zu\n", here.rank(), here.size(),
              here.threads(), parts.counts[0], parts.counts[1], parts.counts[2], parts.counts[3]);
}
