// SPDX-License-Identifier: Apache-2.0
// A token goes round the ranks; every rank adds its number.
#include "twill/comm.hpp"

#include <cstdio>
#include <span>

int main() {
  return twill::comm::run([](auto& world) {
    // [snippet:ring]
    const int next = (world.rank() + 1) % world.size();
    const int before = (world.rank() + world.size() - 1) % world.size();
    int token = 0;
    if (world.rank() == 0) {
      world.send(std::span<const int>(&token, 1), next, 0);
      world.recv(std::span<int>(&token, 1), before, 0);
    } else {
      world.recv(std::span<int>(&token, 1), before, 0);
      token += world.rank();
      world.send(std::span<const int>(&token, 1), next, 0);
    }
    // [end:ring]
    if (world.rank() == 0) std::printf("the token came back with %d\n", token);
  });
}
