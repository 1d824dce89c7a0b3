// SPDX-License-Identifier: Apache-2.0
// Ends one rank in a chosen way while the others wait for it: all ranks end, with a message and a code.
//   twill run -n 4 -- crash --rank 2 --how throw|abort|segv|kill|exit0|hang
#include "twill/comm.hpp"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <unistd.h>

namespace {

void crash(std::string_view how) {
  if (how == "throw") throw std::runtime_error("this rank throws");
  if (how == "abort") std::abort();
  if (how == "segv") std::raise(SIGSEGV);
  if (how == "kill") std::raise(SIGKILL);
  if (how == "exit0") ::_exit(0);
  if (how == "hang") {
    for (;;) ::pause();
  }
}

}  // namespace

int main(int argc, char** argv) {
  int rank = 0;
  std::string_view how;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view flag = argv[i];
    if (flag == "--rank") rank = std::atoi(argv[i + 1]);
    if (flag == "--how") how = argv[i + 1];
  }
  if (how != "throw" && how != "abort" && how != "segv" && how != "kill" && how != "exit0" && how != "hang") {
    std::fprintf(stderr, "usage: crash --rank R --how throw|abort|segv|kill|exit0|hang\n");
    return 64;
  }
  return twill::comm::run([&](auto& world) {
    world.barrier();
    if (world.rank() == rank) crash(how);
    world.barrier();
  });
}
