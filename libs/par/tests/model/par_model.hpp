// SPDX-License-Identifier: Apache-2.0
// The bridge to the Relacy race detector, and the mutation table: each order of a protocol weakened one at a
// time.
#pragma once

#include <atomic>
#include <cstdio>
#include <memory>
#include <ostream>
#include <relacy/relacy.hpp>
#include <streambuf>
#include <string>
#include <utility>
#include <vector>

// The checker's macros would change our headers and the standard library's.
#undef memory_order_relaxed
#undef memory_order_consume
#undef memory_order_acquire
#undef memory_order_release
#undef memory_order_acq_rel
#undef memory_order_seq_cst
#undef new
#undef delete
#undef malloc
#undef calloc
#undef realloc
#undef free
#undef assert
#undef errno

#include "twill/par/detail/atomics.hpp"

namespace twill::par::model {

using detail::site;

/// The mutation under test: accesses of this site use this order instead. A fence is left out.
struct mutation {
  site where = site::sites_end;
  std::memory_order order = std::memory_order_seq_cst;
};
inline mutation active_mutation;

inline rl::memory_order translate(std::memory_order order) {
  switch (order) {
    case std::memory_order_relaxed: return rl::mo_relaxed;
    case std::memory_order_consume: return rl::mo_consume;
    case std::memory_order_acquire: return rl::mo_acquire;
    case std::memory_order_release: return rl::mo_release;
    case std::memory_order_acq_rel: return rl::mo_acq_rel;
    case std::memory_order_seq_cst: return rl::mo_seq_cst;
  }
  return rl::mo_seq_cst;
}

template <site Site>
rl::memory_order effective(std::memory_order order) {
  return translate(active_mutation.where == Site ? active_mutation.order : order);
}

/// Failure orders follow the success order: Relacy refuses a failure order that is stronger.
template <site Site>
rl::memory_order effective_failure(std::memory_order failure) {
  if (active_mutation.where != Site) return translate(failure);
  const bool acquires = active_mutation.order == std::memory_order_acquire ||
                        active_mutation.order == std::memory_order_acq_rel;
  return acquires && failure == std::memory_order_acquire ? rl::mo_acquire : rl::mo_relaxed;
}

template <bool Fences>
struct checked_atomics {
  template <class T>
  using atomic = rl::atomic<T>;
  static constexpr bool fences = Fences;

  template <site Site, class A>
  static auto load(const A& a, std::memory_order order) {
    return a.load(effective<Site>(order), RL_INFO);
  }
  template <site Site, class T, class V>
  static void store(rl::atomic<T>& a, V value, std::memory_order order) {
    a.store(static_cast<T>(value), effective<Site>(order), RL_INFO);
  }
  template <site Site, class T, class V>
  static T exchange(rl::atomic<T>& a, V value, std::memory_order order) {
    return a.exchange(static_cast<T>(value), effective<Site>(order), RL_INFO);
  }
  template <site Site, class T, class V>
  static bool compare_exchange(rl::atomic<T>& a, T& expected, V desired, std::memory_order order,
                               std::memory_order failure) {
    return a.compare_exchange_strong(expected, static_cast<T>(desired), effective<Site>(order), RL_INFO,
                                     effective_failure<Site>(failure), RL_INFO);
  }
  template <site Site, class T, class V>
  static T fetch_add(rl::atomic<T>& a, V value, std::memory_order order) {
    return a.fetch_add(value, effective<Site>(order), RL_INFO);
  }
  template <site Site, class T, class V>
  static T fetch_sub(rl::atomic<T>& a, V value, std::memory_order order) {
    return a.fetch_sub(value, effective<Site>(order), RL_INFO);
  }
  template <site Site>
  static void fence(std::memory_order order) {
    if (active_mutation.where == Site) return;
    rl::atomic_thread_fence(translate(order), RL_INFO);
  }
  /// A futex that only compares: a wake that is missing leaves the loop of the caller forever, which Relacy
  /// reports.
  static void wait(rl::atomic<std::uint32_t>&, std::uint32_t) { rl::yield(1, RL_INFO); }
  static void wake(rl::atomic<std::uint32_t>&) {}
};

struct null_buffer : std::streambuf {
  int overflow(int c) override { return c; }
};

struct verdict {
  bool failed = false;
  unsigned long at = 0;
  std::string why;
};

template <class Test>
verdict run(unsigned long schedules) {
  static null_buffer nowhere;
  static std::ostream silent(&nowhere);
  rl::test_params params;
  params.iteration_count = schedules;
  params.output_stream = &silent;
  params.progress_stream = &silent;
  params.execution_depth_limit = 4000;
  params.search_type = rl::random_scheduler_type;
  rl::simulate<Test>(params);
  const bool failed = params.test_result != rl::test_result_success;
  return {failed, static_cast<unsigned long>(params.stop_iteration), rl::test_result_str(params.test_result)};
}

/// Runs every scenario until one fails.
template <class... Tests>
verdict run_all(unsigned long schedules) {
  verdict v;
  static_cast<void>(((v = run<Tests>(schedules), v.failed) || ...));
  return v;
}

struct table_row {
  const char* name;
  mutation change;
};

/// The protocol as it is must pass, each mutation must be caught. Returns the exit code.
template <class... Tests>
int check(const char* protocol, unsigned long schedules, const std::vector<table_row>& rows) {
  int wrong = 0;
  active_mutation = {};
  const verdict whole = run_all<Tests...>(schedules);
  std::printf("%s as written: %s\n", protocol,
              whole.failed ? (whole.why + " at schedule " + std::to_string(whole.at)).c_str() : "passes");
  if (whole.failed) ++wrong;
  for (const table_row& row : rows) {
    active_mutation = row.change;
    const verdict v = run_all<Tests...>(schedules);
    std::printf(
        "  %-58s %s\n", row.name,
        v.failed ? ("caught: " + v.why + " at schedule " + std::to_string(v.at)).c_str() : "NOT CAUGHT");
    if (!v.failed) ++wrong;
  }
  active_mutation = {};
  std::printf("%s: %zu mutations, %d wrong\n", protocol, rows.size(), wrong);
  return wrong == 0 ? 0 : 1;
}

/// What CTest looks for behind the last table.
inline int finish(int wrong) {
  if (wrong == 0) std::puts("every verdict is as it has to be");
  return wrong;
}

}  // namespace twill::par::model
