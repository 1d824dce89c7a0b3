// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "twill/base/error.hpp"
// #include "twill/par/pool.hpp" is a comment, and so is std::cout << getenv("X").
/*
#include <mpi.h>
*/
const char* text = "printf(1); exit(1)";
struct failure {
  int exit() const;
  void print(int) const;
};
int failure::exit() const { return 1; }
int all(failure* f) { return f->exit() + snprintf(nullptr, 0, "x"); }
