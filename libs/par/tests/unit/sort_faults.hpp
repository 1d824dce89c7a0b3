// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sort_support.hpp"
#include "twill/par/sort.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace sort_tests {

/// Counts calls from any thread and throws at one of them.
class fuse {
 public:
  explicit fuse(std::size_t at) : left_(static_cast<std::int64_t>(at)) {}
  void burn() const {
    // ORD relaxed: the calls are counted, nothing is published.
    if (left_.fetch_sub(1, std::memory_order_relaxed) == 1) throw std::runtime_error("comparator failed");
  }
  [[nodiscard]] bool blown() const {
    // ORD relaxed: read after the sort has joined its workers.
    return left_.load(std::memory_order_relaxed) <= 0;
  }

 private:
  mutable std::atomic<std::int64_t> left_;
};

/// Counts what is alive; a value lives in memory of its own, so that a lost or doubled one shows under the
/// sanitizers.
class counted {
 public:
  counted() { change(1); }
  explicit counted(std::uint64_t v) : value_(std::make_unique<std::uint64_t>(v)) { change(1); }
  counted(counted&& o) noexcept : value_(std::move(o.value_)) { change(1); }
  counted& operator=(counted&& o) noexcept {
    value_ = std::move(o.value_);
    return *this;
  }
  ~counted() { change(-1); }
  [[nodiscard]] std::uint64_t value() const { return *value_; }
  static std::int64_t alive() {
    // ORD relaxed: read when no other thread is at work.
    return alive_.load(std::memory_order_relaxed);
  }

 private:
  static void change(std::int64_t by) {
    // ORD relaxed: a counter, nothing is published.
    alive_.fetch_add(by, std::memory_order_relaxed);
  }
  static inline std::atomic<std::int64_t> alive_{0};
  std::unique_ptr<std::uint64_t> value_;
};

struct counted_without_default : counted {
  explicit counted_without_default(std::uint64_t v) : counted(v) {}
};

template <class T>
std::vector<T> make(const std::vector<std::uint64_t>& keys) {
  std::vector<T> v;
  v.reserve(keys.size());
  for (const auto k : keys) v.emplace_back(k);
  return v;
}

template <class T>
std::uint64_t value_of(const T& x) {
  if constexpr (std::is_same_v<T, std::uint64_t>) {
    return x;
  } else {
    return x.value();
  }
}

template <class T>
std::vector<std::uint64_t> values(const std::vector<T>& v) {
  std::vector<std::uint64_t> out;
  for (const T& x : v) out.push_back(value_of(x));
  return out;
}

/// Runs `sort(v, less)` with a comparator that throws at call k; true when it threw. The range is a
/// permutation, nothing leaked and nothing died twice.
template <class T, class Sort>
bool survives(const std::vector<std::uint64_t>& keys, std::size_t k, const Sort& sort) {
  const auto before = counted::alive();
  bool thrown = false;
  {
    auto v = make<T>(keys);
    const auto held = counted::alive();
    const fuse at(k);
    try {
      sort(v, [&at](const T& a, const T& b) {
        at.burn();
        return value_of(a) < value_of(b);
      });
    } catch (const std::runtime_error& e) {
      EXPECT_STREQ(e.what(), "comparator failed");
      thrown = true;
    }
    EXPECT_EQ(thrown, at.blown());
    EXPECT_EQ(counted::alive(), held) << "call " << k << " of " << keys.size();
    EXPECT_EQ(sorted(values(v)), sorted(keys)) << "call " << k << " of " << keys.size();
    if (!thrown) {
      EXPECT_EQ(values(v), sorted(keys));
    }
  }
  EXPECT_EQ(counted::alive(), before);
  return thrown;
}

template <class T, class Sort>
void survives_every_call(const Sort& sort) {
  for (const std::string pattern : {"random", "few", "descending", "mostly sorted", "organ pipe"}) {
    for (const std::size_t n : {2U, 5U, 20U, 21U, 33U, 90U}) {
      const auto keys = input(pattern, n);
      std::size_t k = 1;
      while (survives<T>(keys, k, sort)) {
        if (testing::Test::HasFailure()) return;
        ++k;
      }
      EXPECT_GT(k, n - 1) << pattern;
    }
  }
}

template <class T, class Sort>
void survives_random_calls(const Sort& sort) {
  std::mt19937_64 random(12);
  for (const std::size_t threads : thread_counts()) {
    for (const std::size_t n : {3000U, 20000U}) {
      const auto keys = input(n == 3000 ? "few" : "random", n);
      const std::size_t calls = n * 12;
      for (int round = 0; round < 4; ++round) {
        pool_of(threads).install([&] { survives<T>(keys, 1 + random() % calls, sort); });
        if (testing::Test::HasFailure()) return;
      }
    }
  }
}

inline constexpr auto stable = [](auto& v, auto less) { twill::par::sort(v, less); };
inline constexpr auto unstable = [](auto& v, auto less) { twill::par::sort_unstable(v, less); };

}  // namespace sort_tests
