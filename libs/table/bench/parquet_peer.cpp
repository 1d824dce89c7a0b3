// SPDX-License-Identifier: Apache-2.0
// Our side of bench/table/pyarrow_peer.py: `parquet_peer read FILE`, `parquet_peer write FROM TO`; prints
// seconds and the peak memory in bytes.
#include "twill/table/parquet.hpp"

#include <chrono>
#include <cstdio>
#include <exception>
#include <fstream>
#include <string>

namespace {

double seconds_of(auto&& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

/// The high-water mark since this program started; getrusage would count its parent's before that.
long peak_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.rfind("VmHWM:", 0) == 0) return std::stol(line.substr(6)) * 1024L;
  }
  return 0;
}

int run(int argc, char** argv) {
  using namespace twill::table;
  const std::string verb = argc > 2 ? argv[1] : "";
  column_table table;
  double seconds = seconds_of([&] {
    if (argc > 2) table = read_parquet(argv[2]);
  });
  if (verb == "write" && argc > 3) {
    seconds = seconds_of([&] { write_parquet(argv[3], table); });
  } else if (verb != "read") {
    std::fputs("usage: parquet_peer read FILE | write FROM TO\n", stderr);
    return 64;
  }
  std::printf("%.6f %ld\n", seconds, peak_bytes());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return 1;
  }
}
