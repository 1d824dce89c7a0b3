// SPDX-License-Identifier: Apache-2.0
// What a benchmark program needs: its arguments, a timed loop, one JSON line. Standard library only, so that
// a peer's program is compiled with nothing of ours but this.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace bench {

/// Makes the compiler believe that all memory is read here: results may not be optimised away.
template <class T>
void keep(const T& value) {
  asm volatile("" : : "r"(&value) : "memory");
}

/// `--seconds 0.3` behind the name of a task; what is malformed ends the program with 64.
struct arguments {
  std::string task;
  double seconds = 0.3;
  int workers = 1;

  arguments(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
      if (i + 1 < argc && std::strcmp(argv[i], "--seconds") == 0) {
        seconds = number(argv[++i]);
      } else if (i + 1 < argc && std::strcmp(argv[i], "--workers") == 0) {
        workers = static_cast<int>(number(argv[++i]));
      } else if (task.empty() && argv[i][0] != '-') {
        task = argv[i];
      } else {
        usage(argv[i]);
      }
    }
  }

  [[noreturn]] static void usage(const char* found) {
    std::fprintf(stderr, "found %s, expected TASK [--seconds S] [--workers N]\n", found);
    std::exit(64);
  }

 private:
  static double number(const char* text) {
    char* end = nullptr;
    const double value = std::strtod(text, &end);
    if (end == text || *end != '\0' || !(value > 0)) usage(text);
    return value;
  }
};

/// Nanoseconds an operation: the median over calls of `body`, each of which does `operations` of them. A call
/// should take well over a microsecond, the cost of reading the clock twice. The first tenth of the time
/// warms up and is dropped.
template <class Body>
double ns_per_op(double seconds, std::uint64_t operations, Body&& body) {
  using clock = std::chrono::steady_clock;
  const auto elapsed = [](clock::time_point from) {
    return std::chrono::duration<double>(clock::now() - from).count();
  };
  for (const auto start = clock::now(); elapsed(start) < seconds / 10;) body();
  std::vector<double> times;
  for (const auto start = clock::now(); times.size() < 3 || elapsed(start) < seconds;) {
    const auto before = clock::now();
    body();
    times.push_back(std::chrono::duration<double, std::nano>(clock::now() - before).count());
  }
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle / static_cast<double>(operations);
}

/// Folds bits into a number that two programs must agree on when they computed the same.
inline std::uint64_t checksum(std::span<const std::uint64_t> words) {
  std::uint64_t sum = 0xcbf2'9ce4'8422'2325U;
  for (const std::uint64_t word : words) sum = (sum ^ word) * 0x100'0000'01b3U;
  return sum;
}

/// The line that the driver reads.
inline void report(double ns, std::uint64_t sum, const char* version) {
  std::printf("{\"ns_per_op\": %.6g, \"checksum\": \"%016llx\", \"version\": \"%s\"}\n", ns,
              static_cast<unsigned long long>(sum), version);
}

}  // namespace bench
