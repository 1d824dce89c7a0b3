// SPDX-License-Identifier: Apache-2.0
#include "twill/lanes.hpp"

#include <cstdio>
#include <vector>

int main() {
  const auto k =
      twill::lanes::kernel::compile("kernel k(x: buffer<f32>) { let i = global_id(); x[i] = f32(i) * 1.5; }");
  twill::lanes::executor machine({.threads = 2});
  twill::lanes::buffer<float> x(machine, 4);
  k.run(machine, std::vector{twill::lanes::kernel_argument::of(x.handle())}, 4);
  std::printf("%g %g, sum %g\n", static_cast<double>(x[1]), static_cast<double>(x[3]),
              static_cast<double>(twill::lanes::ops::sum(x)));
}
