// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <iostream>

#include "twill/dmm/fit.hpp"
#include "twill/par/pool.hpp"

int main() {
  std::cout << "twill";
  std::exit(0);
}
