// SPDX-License-Identifier: Apache-2.0
#include "core/global.hpp"

#include "twill/base/event.hpp"
#include "twill/par/error.hpp"

#include <mutex>
#include <pthread.h>

namespace twill::par {
namespace detail {
namespace {

/// Leaked on purpose: calls from static destructors and atexit still work.
struct global_pool {
  std::mutex creation;
  std::atomic<registry*> current{nullptr};
  std::shared_ptr<registry> owner;
  std::atomic<std::uint64_t> forks{0};
};

global_pool& global() {
  static auto* const instance = new global_pool;
  return *instance;
}

void before_fork() { global().creation.lock(); }
void after_fork_in_parent() { global().creation.unlock(); }
void after_fork_in_child() {
  global_pool& g = global();
  // ORD relaxed [G2]: the child has one thread.
  g.forks.fetch_add(1, std::memory_order_relaxed);
  // ORD relaxed [G2]: the child has one thread.
  g.current.store(nullptr, std::memory_order_relaxed);
  // The parent's pool stays in memory as it was: its mutexes may be held by threads that do not exist here.
  static_cast<void>(new std::shared_ptr<registry>(std::move(g.owner)));
  current_worker_slot = nullptr;
  g.creation.unlock();
}

std::shared_ptr<registry> start_lazily() {
  try {
    return registry::start(make_plan({}));
  } catch (const error& e) {
    if (e.code() != errc::thread_spawn_failed) throw;
    // No thread can be had: whoever calls does the work. A warning says so, and `describe_current_pool()`.
    pool_plan plan = make_plan({.num_threads = 1});
    plan.threadless = true;
    plan.num_threads_origin = "fallback: " + e.details().what;
    emit(event_level::warning, "par.pool.no_threads",
         "the global pool has no threads, callers do their work themselves", {{"reason", e.details().what}});
    return registry::start(std::move(plan));
  }
}

}  // namespace

std::uint64_t fork_generation() noexcept {
  // ORD relaxed [G2]: changes only while the process has one thread.
  return global().forks.load(std::memory_order_relaxed);
}

void watch_forks() {
  static const int once = pthread_atfork(&before_fork, &after_fork_in_parent, &after_fork_in_child);
  if (once != 0) throw std::bad_alloc();
}

registry& global_registry() {
  global_pool& g = global();
  // ORD acquire [G1]: the pool as its creator left it.
  if (registry* const made = g.current.load(std::memory_order_acquire)) return *made;
  watch_forks();
  const std::scoped_lock lock(g.creation);
  // ORD relaxed [G1]: the mutex orders creators.
  if (registry* const made = g.current.load(std::memory_order_relaxed)) return *made;
  g.owner = start_lazily();
  // ORD release [G1]: publishes the pool.
  g.current.store(g.owner.get(), std::memory_order_release);
  return *g.owner;
}

registry* global_registry_if_made() noexcept {
  // ORD acquire [G1]: the pool as its creator left it.
  return global().current.load(std::memory_order_acquire);
}

bool try_set_global(pool_plan plan) {
  global_pool& g = global();
  watch_forks();
  const std::scoped_lock lock(g.creation);
  if (g.owner != nullptr) return false;
  g.owner = registry::start(std::move(plan));
  // ORD release [G1]: publishes the pool.
  g.current.store(g.owner.get(), std::memory_order_release);
  return true;
}

}  // namespace detail

void shutdown_global() {
  detail::global_pool& g = detail::global();
  const std::scoped_lock lock(g.creation);
  if (g.owner == nullptr) return;
  // ORD release [G1]: later uses start afresh.
  g.current.store(nullptr, std::memory_order_release);
  g.owner->shutdown(shutdown_mode::drain);
  g.owner.reset();
}

void thread_pool_builder::build_global() {
  if (detail::try_set_global(detail::make_plan(options_))) return;
  throw error(errc::global_pool_already_initialized,
              {.what = "the global pool exists already",
               .where = location{},
               .hint = "call build_global before the first use of par, or shutdown_global first"});
}

}  // namespace twill::par
