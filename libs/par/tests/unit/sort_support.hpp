// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/pool.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

/// Inputs and pools shared by the tests of the sorts.
namespace sort_tests {

inline const std::vector<std::size_t>& thread_counts() {
  static const std::vector<std::size_t> counts{1, 2, 8};
  return counts;
}

/// A pool of so many threads that lives as long as the test program.
inline const twill::par::thread_pool& pool_of(std::size_t threads) {
  static const twill::par::thread_pool one(twill::par::pool_options{.num_threads = 1});
  static const twill::par::thread_pool two(twill::par::pool_options{.num_threads = 2});
  static const twill::par::thread_pool eight(twill::par::pool_options{.num_threads = 8});
  return threads == 1 ? one : threads == 2 ? two : eight;
}

inline const std::vector<std::string>& patterns() {
  static const std::vector<std::string> names{"ascending",  "descending", "random",   "mostly sorted", "few",
                                              "organ pipe", "all equal",  "sawtooth", "push front"};
  return names;
}

inline std::vector<std::uint64_t> input(const std::string& pattern, std::size_t n, std::uint64_t seed = 1) {
  std::mt19937_64 random(seed);
  std::vector<std::uint64_t> v(n);
  for (std::size_t i = 0; i < n; ++i) {
    if (pattern == "ascending") {
      v[i] = i;
    } else if (pattern == "descending") {
      v[i] = n - i;
    } else if (pattern == "mostly sorted") {
      v[i] = i % 50 == 0 ? random() % n : i;
    } else if (pattern == "few") {
      v[i] = random() % 7;
    } else if (pattern == "organ pipe") {
      v[i] = std::min(i, n - i);
    } else if (pattern == "all equal") {
      v[i] = 5;
    } else if (pattern == "sawtooth") {
      v[i] = i % 100;
    } else if (pattern == "push front") {
      v[i] = i + 1 == n ? 0 : i + 1;
    } else {
      v[i] = random();
    }
  }
  return v;
}

template <class T>
std::vector<T> sorted(std::vector<T> v) {
  std::sort(v.begin(), v.end());
  return v;
}

/// The reference for stable sorts: places decide among equals. (The standard stable sorts ask for memory by a
/// function that clang reports as deprecated.)
template <class T, class Less>
void sort_stably(std::vector<T>& v, Less less) {
  std::vector<std::size_t> order(v.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (less(v[a], v[b])) return true;
    return !less(v[b], v[a]) && a < b;
  });
  std::vector<T> out;
  out.reserve(v.size());
  for (const std::size_t i : order) out.push_back(std::move(v[i]));
  v = std::move(out);
}

/// An element that tells equal ones apart, with a user-defined order.
struct record {
  std::uint64_t key = 0;
  std::size_t place = 0;
  friend bool operator==(const record&, const record&) = default;
};

inline std::vector<record> records(const std::vector<std::uint64_t>& keys) {
  std::vector<record> v(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) v[i] = {keys[i], i};
  return v;
}

}  // namespace sort_tests
