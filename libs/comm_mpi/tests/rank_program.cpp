// SPDX-License-Identifier: Apache-2.0
// Ends that launchers have to notice, and facts that they are asked for.
#include "twill/comm.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <unistd.h>

namespace comm = twill::comm;

int main(int argc, char** argv) {
  const std::string mode = argc > 1 ? argv[1] : "sum";
  return comm::run([&](auto& world) {
    const int last = world.size() - 1;
    world.barrier();
    if (world.rank() == last) {
      if (mode == "kill") std::raise(SIGKILL);
      if (mode == "leave") ::_exit(0);
      if (mode == "exit") std::exit(0);
      if (mode == "throw") throw std::runtime_error("of the last rank");
      if (mode == "terminate") std::terminate();
      if (mode == "abort") world.abort(7);
      // Never comes to what the others call.
      while (mode == "stuck") ::pause();
    }
    if (mode == "digits") {
      const double sum = world.allreduce(0.1 / (world.rank() + 3), comm::sum);
      if (world.rank() == 0) std::printf("%a on %d ranks\n", sum, world.size());
      return;
    }
    if (mode != "sum") {
      for (;;) world.barrier();
    }
    if (world.rank() == 0) {
      std::printf("%s of %d ranks on %s\n", std::string(name_of(world.backend())).c_str(),
                  world.allreduce(1, comm::sum), world.topology().module.c_str());
    } else {
      (void)world.allreduce(1, comm::sum);
    }
  });
}
