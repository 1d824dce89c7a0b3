// SPDX-License-Identifier: Apache-2.0
// Counts as far as it gets in a given time: two of these at once tell whether two cores are free.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

int main(int argc, char** argv) {
  const double seconds = argc == 2 ? std::atof(argv[1]) : 0;
  if (!(seconds > 0)) {
    std::fprintf(stderr, "usage: bench_spinner SECONDS\n");
    return 64;
  }
  using clock = std::chrono::steady_clock;
  const auto start = clock::now();
  std::uint64_t state = 1;
  std::uint64_t turns = 0;
  while (std::chrono::duration<double>(clock::now() - start).count() < seconds) {
    for (int i = 0; i < 1000; ++i) state = state * 6364136223846793005U + 1442695040888963407U;
    asm volatile("" : : "r"(state));
    ++turns;
  }
  std::printf("%llu\n", static_cast<unsigned long long>(turns));
  return 0;
}
