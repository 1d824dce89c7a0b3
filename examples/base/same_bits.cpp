// SPDX-License-Identifier: Apache-2.0
// Random numbers and sums that do not depend on who computes them: the same sum over all numbers at once, and
// over two halves that another thread or rank could have made.
#include "twill/base/philox.hpp"
#include "twill/base/sum.hpp"

#include <cstdio>
#include <span>
#include <vector>

int main() {
  // [snippet:readme]
  const int seed = 42;
  const int iteration = 7;
  const twill::philox stream{twill::philox_key(seed, iteration)};  // any tuple of integers names a stream

  std::vector<double> all(1'000'000);
  stream.fill_normal(all, 0);  // number i of the stream is all[i], whoever draws it

  std::vector<double> second(500'000);
  stream.fill_normal(second, 500'000);  // without the first half million

  twill::reproducible_accumulator whole;
  whole.add(all);

  twill::reproducible_accumulator parts;  // any order, any partition: the same bits
  parts.add(second);
  parts.add(std::span(all).first(500'000));
  // [end:readme]

  std::printf("number 999999 drawn alone and in bulk: %s\n",
              stream.normal(999'999) == all.back() ? "equal" : "different");
  std::printf("sums of the whole and of its parts:    %s\n",
              whole.value() == parts.value() ? "equal" : "different");
  std::printf("sum %.17g\n", whole.value());
}
