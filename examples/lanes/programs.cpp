// SPDX-License-Identifier: Apache-2.0
// A program in text: launched beside its caller, under limits, with sums that have no order.
#include "twill/lanes/buffer.hpp"

#include <cstdio>

namespace lanes = twill::lanes;

int main() {
  // [snippet:launch]
  const auto histogram = lanes::program::parse_text(R"(
    setgeu.u64 p0, r255, r4        ; lanes beyond the last element end
    bra.p0 @end
    ldg.u8 r6, [r1 + r255]         ; r255: the number of the lane
    mov_imm.f64 r7, 0.1
    res.accum r6, r7               ; adds 0.1 to the class
    end: exit)");
  lanes::executor machine({.threads = 2});
  lanes::buffer<std::uint8_t> classes(machine, 1000);
  for (std::size_t i = 0; i < classes.size(); ++i) classes[i] = static_cast<std::uint8_t>(i % 3);

  lanes::execution_params params{.launch = lanes::launch_config::linear(1000, 64),
                                 .registers = {{1, classes.handle()}, {4, 1000}}};
  params.launch.step_limit = 100;                    // instructions a lane
  params.launch.resonance = lanes::res_mode::exact;  // the same bits for any batch width
  lanes::pending_launch running = machine.launch_async(histogram, params);
  // ... the caller goes on ...
  const lanes::launch_result result = running.get();
  // [end:launch]
  for (unsigned c = 0; c < 3; ++c) std::printf("class %u: %.17g\n", c, result.resonance[c]);
  std::printf("%llu lanes, %llu instructions\n", static_cast<unsigned long long>(result.lanes),
              static_cast<unsigned long long>(result.instructions));
}
