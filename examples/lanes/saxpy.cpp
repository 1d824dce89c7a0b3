// SPDX-License-Identifier: Apache-2.0
// A kernel as text, run over two buffers; then one that goes wrong, and what is told of it.
#include "twill/lanes/buffer.hpp"
#include "twill/lanes/kernel.hpp"

#include <array>
#include <cstdio>

namespace lanes = twill::lanes;

int main() {
  // [snippet:saxpy]
  const auto saxpy = lanes::kernel::compile(R"(
    kernel saxpy(a: f32, x: buffer<f32>, y: buffer<f32>, n: u64) {
      let i = global_id();
      if i < n { y[i] = a * x[i] + y[i]; }
    })");
  lanes::executor machine;
  lanes::buffer<float> x(machine, 5);
  lanes::buffer<float> y(machine, 5);
  x.copy_from_slice(std::array{1.0F, 2.0F, 3.0F, 4.0F, 5.0F});
  y.copy_from_slice(std::array{0.5F, 0.5F, 0.5F, 0.5F, 0.5F});
  using arg = lanes::kernel_argument;
  saxpy.run(machine,
            std::array{arg::of(2.0F), arg::of(x.handle()), arg::of(y.handle()), arg::of(std::int64_t{5})}, 5);
  // [end:saxpy]
  for (const float v : y) std::printf("%g ", static_cast<double>(v));
  std::printf("\n");
  try {
    saxpy.run(machine,
              std::array{arg::of(2.0F), arg::of(x.handle()), arg::of(y.handle()), arg::of(std::int64_t{9})},
              9);
  } catch (const lanes::fault& f) {
    std::printf("%s\n", lanes::to_string(f.info()).c_str());
  }
}
