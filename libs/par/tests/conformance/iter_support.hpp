// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par.hpp"
#include "twill/par/range.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace iter_test {

namespace par = twill::par;

/// Runs a body in pools of 1, 2 and 7 threads, and, unless told otherwise, on the test's own thread outside
/// of every pool.
template <class F>
void in_pools(F&& body, bool outside = true) {
  static par::thread_pool one = par::thread_pool_builder{}.num_threads(1).build();
  static par::thread_pool two = par::thread_pool_builder{}.num_threads(2).build();
  static par::thread_pool seven = par::thread_pool_builder{}.num_threads(7).build();
  for (const par::thread_pool* pool : {&one, &two, &seven}) {
    SCOPED_TRACE("threads: " + std::to_string(pool->current_num_threads()));
    pool->install([&] { body(); });
  }
  if (!outside) return;
  SCOPED_TRACE("outside of every pool");
  body();
}

/// The longest input: the thread sanitizer watches each of its items, a tenth of them is as parallel.
#ifdef __SANITIZE_THREAD__
inline constexpr std::size_t longest = 100000;
#else
inline constexpr std::size_t longest = 1000000;
#endif

/// The lengths at which every adaptor is compared with its serial twin.
inline const std::vector<std::size_t>& lengths() {
  static const std::vector<std::size_t> all{0, 1, 2, 3, 1000, longest};
  return all;
}

/// Calls `body(numbers)` for each length in each pool; the numbers are a fixed scramble.
template <class F>
void for_lengths(F&& body) {
  for (const std::size_t n : lengths()) {
    std::vector<int> numbers(n);
    for (std::size_t i = 0; i < n; ++i) numbers[i] = static_cast<int>((i * 2654435761U) % 1009);
    SCOPED_TRACE("length: " + std::to_string(n));
    in_pools([&] { body(numbers); }, n <= 1000);
  }
}

/// All items of a chain in order.
template <class R>
auto items(R&& range) {
  return par::collect<std::vector>(std::forward<R>(range));
}

/// The message of the exception that `f` throws, which must be an E.
template <class E, class F>
std::string message_of(F&& f) {
  try {
    f();
  } catch (const E& e) {
    return e.what();
  } catch (const std::exception& e) {
    return std::string("another exception: ") + e.what();
  }
  return "no exception";
}

}  // namespace iter_test
