// SPDX-License-Identifier: Apache-2.0
#include "twill/par/detail/sort/fork.hpp"

#include "twill/par/join.hpp"
#include "twill/par/thread.hpp"

#include <exception>

namespace twill::par::detail {

void fork_both(task_ref<> a, task_ref<> b) {
  static_cast<void>(join([a] { a(); }, [b] { b(); }));
}

void run_both(task_ref<> a, task_ref<> b) {
  try {
    a();
  } catch (...) {
    const std::exception_ptr first = std::current_exception();
    try {
      b();
    } catch (...) {
      // The first exception wins, as in join.
      std::rethrow_exception(first);
    }
    throw;
  }
  b();
}

void fork_indices(std::size_t first, std::size_t last, task_ref<std::size_t> f) {
  if (last - first == 1) {
    f(first);
  } else if (last != first) {
    const std::size_t middle = first + (last - first) / 2;
    fork_both([=] { fork_indices(first, middle, f); }, [=] { fork_indices(middle, last, f); });
  }
}

void in_pool(std::size_t n, task_ref<> f) {
  if (n < 2 * fork_elements || current_thread_index().has_value()) {
    f();
  } else {
    fork_both(f, [] {});
  }
}

std::size_t fork_width() { return current_num_threads(); }

}  // namespace twill::par::detail
