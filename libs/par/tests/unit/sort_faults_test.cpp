// SPDX-License-Identifier: Apache-2.0
#include "sort_support.hpp"
#include "twill/par/sort.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <vector>

namespace par = twill::par;
using namespace sort_tests;

namespace {

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
    if (!thrown) EXPECT_EQ(values(v), sorted(keys));
  }
  EXPECT_EQ(counted::alive(), before);
  return thrown;
}

template <class T, class Sort>
void survives_every_call(const Sort& sort) {
  for (const std::string pattern : {"random", "few", "descending", "mostly sorted", "organ pipe"}) {
    for (const std::size_t n : {2U, 5U, 20U, 21U, 33U, 70U, 150U, 220U}) {
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
    for (const std::size_t n : {3000U, 40000U}) {
      const auto keys = input(n == 3000 ? "few" : "random", n);
      const std::size_t calls = n * 12;
      for (int round = 0; round < 12; ++round) {
        pool_of(threads).install([&] { survives<T>(keys, 1 + random() % calls, sort); });
        if (testing::Test::HasFailure()) return;
      }
    }
  }
}

constexpr auto stable = [](auto& v, auto less) { par::sort(v, less); };
constexpr auto unstable = [](auto& v, auto less) { par::sort_unstable(v, less); };

template <class F>
void for_each_type(const F& f) {
  f(std::type_identity<std::uint64_t>());
  f(std::type_identity<counted>());
  f(std::type_identity<counted_without_default>());
}

TEST(throwing_comparator, leaves_a_permutation_at_every_call_of_a_stable_sort) {
  for_each_type([](auto t) { survives_every_call<typename decltype(t)::type>(stable); });
}
TEST(throwing_comparator, leaves_a_permutation_at_every_call_of_an_unstable_sort) {
  for_each_type([](auto t) { survives_every_call<typename decltype(t)::type>(unstable); });
}
TEST(throwing_comparator, leaves_a_permutation_at_random_calls_of_a_large_stable_sort) {
  for_each_type([](auto t) { survives_random_calls<typename decltype(t)::type>(stable); });
}
TEST(throwing_comparator, leaves_a_permutation_at_random_calls_of_a_large_unstable_sort) {
  for_each_type([](auto t) { survives_random_calls<typename decltype(t)::type>(unstable); });
}

TEST(throwing_comparator, in_a_parallel_partition_leaves_a_permutation) {
  const auto keys = input("random", 600'000);
  for (const std::size_t k : {1U, 100U, 550'000U, 900'000U, 2'000'000U}) {
    pool_of(2).install([&] { EXPECT_TRUE(survives<std::uint64_t>(keys, k, unstable)) << k; });
  }
}

TEST(throwing_projection, leaves_a_permutation) {
  const auto keys = input("random", 20000);
  for (const std::size_t k : {1U, 7U, 5000U, 40000U, 200000U}) {
    const fuse at(k);
    const auto key = [&at](std::uint64_t x) {
      at.burn();
      return x;
    };
    auto v = keys;
    EXPECT_THROW(par::sort_by_key(v, key), std::runtime_error);
    EXPECT_EQ(sorted(v), sorted(keys));
    const fuse again(k);
    const auto key_again = [&again](std::uint64_t x) {
      again.burn();
      return x;
    };
    v = keys;
    EXPECT_THROW(par::sort_unstable_by_key(v, key_again), std::runtime_error);
    EXPECT_EQ(sorted(v), sorted(keys));
  }
}

TEST(throwing_key, of_a_cached_sort_moves_nothing) {
  const auto keys = input("random", 20000);
  for (const std::size_t k : {1U, 4097U, 20000U}) {
    const fuse at(k);
    auto v = make<counted>(keys);
    const auto held = counted::alive();
    EXPECT_THROW(par::sort_by_cached_key(v,
                                         [&at](const counted& x) {
                                           at.burn();
                                           return std::to_string(x.value());
                                         }),
                 std::runtime_error);
    EXPECT_EQ(values(v), keys);
    EXPECT_EQ(counted::alive(), held);
    const fuse radix_fuse(k);
    EXPECT_THROW(par::radix_sort(v,
                                 [&](const counted& x) {
                                   radix_fuse.burn();
                                   return x.value();
                                 }),
                 std::runtime_error);
    EXPECT_EQ(values(v), keys);
  }
}

TEST(cached_key, is_computed_once_for_each_element) {
  for (const std::size_t n : {0U, 1U, 2U, 100U, 30000U}) {
    std::atomic<std::size_t> calls{0};
    auto v = input("random", n);
    const auto expected = sorted(v);
    par::sort_by_cached_key(v, [&](std::uint64_t x) {
      // ORD relaxed: a counter, read after the sort joined its workers.
      calls.fetch_add(1, std::memory_order_relaxed);
      return x;
    });
    EXPECT_EQ(v, expected);
    // ORD relaxed: see above.
    EXPECT_EQ(calls.load(std::memory_order_relaxed), n < 2 ? 0 : n);
  }
}

/// Each of these breaks a law of strict weak orders.
template <class Sort>
void ends_with_a_permutation(const Sort& sort) {
  for (const std::size_t threads : thread_counts()) {
    for (const std::size_t n : {2U, 20U, 21U, 33U, 100U, 2500U, 40000U}) {
      const auto keys = input("random", n);
      const auto check = [&](const char* what, auto less) {
        auto v = make<counted>(keys);
        pool_of(threads).install(
            [&] { sort(v, [&](const counted& a, const counted& b) { return less(a.value(), b.value()); }); });
        ASSERT_EQ(sorted(values(v)), sorted(keys)) << what << ' ' << n;
        auto w = keys;
        pool_of(threads).install([&] { sort(w, less); });
        ASSERT_EQ(sorted(w), sorted(keys)) << what << ' ' << n;
      };
      check("always true", [](std::uint64_t, std::uint64_t) { return true; });
      check("always false", [](std::uint64_t, std::uint64_t) { return false; });
      check("less or equal", [](std::uint64_t a, std::uint64_t b) { return a <= b; });
      check("different", [](std::uint64_t a, std::uint64_t b) { return a != b; });
      check("a cycle", [](std::uint64_t a, std::uint64_t b) { return (a - b) % 3 == 1; });
      check("noise", [](std::uint64_t a, std::uint64_t b) { return ((a * 31) ^ (b * 17)) % 5 < 2; });
      check("one side only", [](std::uint64_t a, std::uint64_t) { return a % 2 == 0; });
    }
  }
}

TEST(inconsistent_comparator, ends_with_a_permutation_in_a_stable_sort) { ends_with_a_permutation(stable); }
TEST(inconsistent_comparator, ends_with_a_permutation_in_an_unstable_sort) {
  ends_with_a_permutation(unstable);
}

TEST(inconsistent_comparator, ends_with_a_permutation_in_a_parallel_partition) {
  auto v = input("random", 600'000);
  const auto expected = sorted(v);
  pool_of(7).install([&] {
    par::sort_unstable(v, [](std::uint64_t a, std::uint64_t b) { return ((a * 31) ^ b) % 5 < 2; });
  });
  EXPECT_TRUE(sorted(v) == expected);
}

TEST(inconsistent_comparator, of_nans_under_less_leaves_a_permutation) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  std::mt19937_64 random(7);
  for (const std::size_t n : {10U, 40U, 3000U, 100000U}) {
    std::vector<double> v(n);
    std::size_t nans = 0;
    double sum = 0;
    for (double& x : v) {
      const auto r = random();
      x = r % 5 == 0 ? nan : static_cast<double>(r % 1000);
      if (std::isnan(x))
        ++nans;
      else
        sum += x;
    }
    const auto check = [&](auto&& sort) {
      auto w = v;
      pool_of(2).install([&] { sort(w); });
      std::size_t found = 0;
      double total = 0;
      for (const double x : w) {
        if (std::isnan(x))
          ++found;
        else
          total += x;
      }
      EXPECT_EQ(found, nans);
      EXPECT_EQ(total, sum);
    };
    check([](auto& w) { par::sort(w); });
    check([](auto& w) { par::sort_unstable(w); });
    check([](auto& w) { par::sort(w, [](double a, double b) { return a < b; }); });
    check([](auto& w) { par::sort_unstable(w, [](double a, double b) { return a < b; }); });
  }
}

/// McIlroy's adversary (A Killer Adversary for Quicksort, 1999): decides the values while it is asked about
/// them, so that every pivot is as bad as can be.
TEST(sort_unstable, stays_n_log_n_against_a_killer_adversary) {
  const std::size_t n = 8000;
  std::vector<std::size_t> value(n, n);
  std::size_t solid = 0;
  std::size_t candidate = 0;
  std::size_t calls = 0;
  std::vector<std::size_t> v(n);
  for (std::size_t i = 0; i < n; ++i) v[i] = i;
  par::sort_unstable(v, [&](std::size_t a, std::size_t b) {
    ++calls;
    if (value[a] == n && value[b] == n) value[a == candidate ? a : b] = solid++;
    if (value[a] == n)
      candidate = a;
    else if (value[b] == n)
      candidate = b;
    return value[a] < value[b];
  });
  const double bound = 8.0 * static_cast<double>(n) * std::log2(static_cast<double>(n));
  EXPECT_LT(static_cast<double>(calls), bound);
  // The values it settled on, as an input.
  std::vector<std::size_t> killer(value);
  const auto expected = sorted(killer);
  calls = 0;
  par::sort_unstable(killer, [&](std::size_t a, std::size_t b) {
    ++calls;
    return a < b;
  });
  EXPECT_EQ(killer, expected);
  EXPECT_LT(static_cast<double>(calls), bound);
}

TEST(sort, compares_n_log_n_times_and_n_times_when_sorted) {
  for (const auto& pattern : patterns()) {
    for (const std::size_t n : {100U, 4000U, 100000U}) {
      const auto keys = input(pattern, n);
      for (const bool is_stable : {true, false}) {
        std::atomic<std::size_t> calls{0};
        const auto less = [&](std::uint64_t a, std::uint64_t b) {
          // ORD relaxed: a counter, read after the sort joined its workers.
          calls.fetch_add(1, std::memory_order_relaxed);
          return a < b;
        };
        auto v = keys;
        if (is_stable)
          par::sort(v, less);
        else
          par::sort_unstable(v, less);
        // ORD relaxed: see above.
        const auto made = static_cast<double>(calls.load(std::memory_order_relaxed));
        const double size = static_cast<double>(n);
        if (pattern == "ascending" || pattern == "descending" || pattern == "all equal") {
          EXPECT_EQ(made, size - 1) << pattern;
        } else {
          EXPECT_LT(made, (is_stable ? 1.3 : 1.8) * size * std::log2(size))
              << pattern << ' ' << n << ' ' << is_stable;
        }
      }
    }
  }
}

}  // namespace
