// SPDX-License-Identifier: Apache-2.0
#include "twill/lanes.hpp"

#include <cstdio>
#include <vector>

int main() {
  const auto k = twill::lanes::kernel::compile(
      "kernel k(x: buffer<f32>, n: u64) { let i = global_id(); if i < n { x[i] = f32(i) * 1.5; } }");
  twill::lanes::executor machine({.threads = 2});
  twill::lanes::buffer<float> x(machine, 4);
  using arg = twill::lanes::kernel_argument;
  k.run(machine, std::vector{arg::of(x.handle()), arg::of(std::int64_t{4})}, 4);
  std::printf("%g %g, sum %g\n", static_cast<double>(x[1]), static_cast<double>(x[3]),
              static_cast<double>(twill::lanes::ops::sum(x)));
}
