// SPDX-License-Identifier: Apache-2.0
// A shared library on top of par, as a Python extension is one: what core_fork_test.py calls before and after
// a fork.
#include "twill/par/error.hpp"
#include "twill/par/pool.hpp"

#include <memory>

namespace {

long fib(long n) {
  if (n < 2) return n;
  const auto [a, b] = twill::par::join([n] { return fib(n - 1); }, [n] { return fib(n - 2); });
  return a + b;
}

std::unique_ptr<twill::par::thread_pool> own_pool;

template <class F>
long code_or(F&& f) {
  try {
    return f();
  } catch (const twill::par::error& e) {
    return -e.code().value();
  }
}

}  // namespace

extern "C" {

[[gnu::visibility("default")]] long twill_test_fib(long n);
[[gnu::visibility("default")]] long twill_test_threads();
[[gnu::visibility("default")]] long twill_test_own_pool_fib(long n);
[[gnu::visibility("default")]] void twill_test_drop_own_pool();
[[gnu::visibility("default")]] long twill_test_lost_in_fork();

long twill_test_fib(long n) {
  return code_or([n] { return fib(n); });
}

long twill_test_threads() {
  return code_or([] { return static_cast<long>(twill::par::current_num_threads()); });
}

/// A pool of the library's own, kept from call to call.
long twill_test_own_pool_fib(long n) {
  return code_or([n] {
    if (own_pool == nullptr) {
      own_pool =
          std::make_unique<twill::par::thread_pool>(twill::par::thread_pool_builder{}.num_threads(2).build());
    }
    return own_pool->install([n] { return fib(n); });
  });
}

void twill_test_drop_own_pool() { own_pool.reset(); }

long twill_test_lost_in_fork() { return -static_cast<long>(twill::par::errc::pool_lost_in_fork); }

}  // extern "C"
