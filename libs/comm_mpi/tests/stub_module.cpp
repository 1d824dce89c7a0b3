// SPDX-License-Identifier: Apache-2.0
// A module of no MPI library: one rank, a thread level of the test's choice, and a version of the test's
// choice.
#include "twill/comm/detail/mpi_table.hpp"

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

using twill::comm::detail::mpi_table;

int number(const char* name, int otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

int initialized(int* flag) {
  *flag = number("STUB_INITIALIZED", 0);
  return 0;
}
int finalized(int* flag) {
  *flag = number("STUB_FINALIZED", 0);
  return 0;
}
int init(int, int* provided) {
  *provided = number("STUB_LEVEL", 3);
  std::fputs("stub: initialised\n", stderr);
  return 0;
}
int provided(int* level) {
  *level = number("STUB_LEVEL", 3);
  return 0;
}
int finalize() {
  std::fputs("stub: finalised\n", stderr);
  return 0;
}
int size_of_world(int* size) {
  *size = 1;
  return 0;
}
void explain(int, int* twill, int* native_class, char* text, std::uint64_t) {
  *twill = 28;
  *native_class = 0;
  std::strcpy(text, "the stub fails");
}

}  // namespace

extern "C" [[gnu::visibility("default")]] const mpi_table* twill_mpi_table();

extern "C" const mpi_table* twill_mpi_table() {
  static mpi_table table = [] {
    mpi_table t{};
    t.magic = twill::comm::detail::mpi_table_magic;
    t.version = twill::comm::detail::mpi_table_version + static_cast<std::uint32_t>(number("STUB_NEWER", 0));
    t.bytes = sizeof(mpi_table);
    t.library = "stub";
    t.built = "no library";
    t.pointer_bytes = sizeof(void*);
    t.initialized = initialized;
    t.finalized = finalized;
    t.init = init;
    t.provided = provided;
    t.finalize = finalize;
    t.size_of_world = size_of_world;
    t.explain = explain;
    return t;
  }();
  return &table;
}
