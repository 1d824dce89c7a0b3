// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/broadcast.hpp"
#include "twill/par/budget.hpp"
#include "twill/par/detail/install.hpp"
#include "twill/par/join.hpp"
#include "twill/par/pool_options.hpp"
#include "twill/par/scope.hpp"
#include "twill/par/spawn.hpp"
#include "twill/par/thread.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace twill::par {

/// What becomes of queued detached tasks when a pool ends.
enum class shutdown_mode : std::uint8_t {
  drain,   ///< they run
  discard  ///< their closures are destroyed unrun
};

/// What a pool is: for reports.
struct pool_description {
  std::size_t num_threads = 0;                ///< workers
  std::string num_threads_origin{};           ///< "argument", "TWILL_NUM_THREADS", "affinity mask", ...
  pin placement = pin::none;                  ///< where the workers run
  std::string placement_origin{};             ///< "argument", "TWILL_PIN" or "default"
  std::vector<int> worker_cpu{};              ///< the first CPU of each worker's mask; empty without pinning
  idle_policy idle = idle_policy::balanced;   ///< how long an idle worker looks for work
  std::string idle_origin{};                  ///< "argument", "TWILL_IDLE" or "default"
  std::size_t stack_size = 0;                 ///< bytes; 0: the platform's default
  std::string placement_library{};            ///< "hwloc 2.9" or "sched_setaffinity"
  std::optional<cpu_budget_report> budget{};  ///< when the thread count was not an argument

  /// All of it as lines of text.
  [[nodiscard]] std::string to_string() const;
};

/// Always-on counters of a pool, summed over its workers.
struct pool_counters {
  std::uint64_t jobs_stolen = 0;    ///< taken from another worker's deque
  std::uint64_t jobs_injected = 0;  ///< taken from the injector
  std::uint64_t sleeps = 0;         ///< times that a worker slept and woke
  std::uint64_t guests = 0;         ///< calls that borrowed a seat
};

/// Threads that run jobs. The destructor runs the queued detached tasks, then joins every thread.
///
/// Thread safety: every member may be called from any thread, except those that end the pool.
class thread_pool {
 public:
  /// Starts the pool; see `thread_pool_builder::build`.
  explicit thread_pool(pool_options options);
  /// Takes the pool over; the moved-from one is only good for being destroyed.
  thread_pool(thread_pool&&) noexcept = default;
  thread_pool& operator=(thread_pool&&) = delete;
  /// Terminates the process with a message when called by one of its own workers, or while a call from
  /// outside is in it.
  ~thread_pool();

  /// Runs `f()` on a worker of this pool and returns its value; a plain call on a worker of this pool. A
  /// worker of another pool keeps working for that one meanwhile.
  template <class F>
    requires std::invocable<F&>
  decltype(auto) install(F&& f) const {
    return detail::install_in(registry_.get(), f);
  }

  /// As the free `join`, in this pool.
  template <class A, class B>
    requires std::invocable<A&> && std::invocable<B&>
  auto join(A&& a, B&& b) const {
    return detail::join_anywhere(
        registry_.get(), [&a](fn_context) -> decltype(auto) { return a(); },
        [&b](fn_context) -> decltype(auto) { return b(); });
  }
  /// As the free `join_context`, in this pool.
  template <class A, class B>
    requires std::invocable<A&, fn_context> && std::invocable<B&, fn_context>
  auto join_context(A&& a, B&& b) const {
    return detail::join_anywhere(registry_.get(), a, b);
  }
  /// As the free `scope`, in this pool.
  template <class F>
  decltype(auto) scope(F&& f) const {
    return detail::scope_in<scope_t>(registry_.get(), {}, f);
  }
  /// As the free `scope`, in this pool.
  template <class F>
  decltype(auto) scope(const scope_options& options, F&& f) const {
    return detail::scope_in<scope_t>(registry_.get(), options, f);
  }
  /// As the free `scope_fifo`, in this pool.
  template <class F>
  decltype(auto) scope_fifo(F&& f) const {
    return detail::scope_in<scope_fifo_t>(registry_.get(), {}, f);
  }
  /// As the free `in_place_scope`; the tasks run in this pool.
  template <class F>
  decltype(auto) in_place_scope(F&& f) const {
    return detail::scope_in_place<scope_t>(*registry_, {}, f);
  }
  /// As the free `in_place_scope_fifo`; the tasks run in this pool.
  template <class F>
  decltype(auto) in_place_scope_fifo(F&& f) const {
    return detail::scope_in_place<scope_fifo_t>(*registry_, {}, f);
  }
  /// As the free `spawn`, in this pool.
  template <class G>
  void spawn(G&& g) const {
    detail::push_or_inject(*registry_, detail::make_detached(*registry_, std::forward<G>(g)));
  }
  /// As the free `spawn_fifo`, in this pool.
  template <class G>
  void spawn_fifo(G&& g) const {
    detail::push_fifo_or_inject(*registry_, detail::make_detached(*registry_, std::forward<G>(g)));
  }
  /// As the free `broadcast`, in this pool.
  template <class G>
  auto broadcast(G&& g) const {
    return detail::broadcast_all(*registry_, g);
  }
  /// As the free `spawn_broadcast`, in this pool.
  template <class G>
  void spawn_broadcast(G&& g) const {
    detail::broadcast_detached(*registry_, std::forward<G>(g));
  }

  /// As the free function; nullopt unless the calling thread sits in this pool.
  std::optional<yield_result> yield_now() const;
  /// As the free function; nullopt unless the calling thread sits in this pool.
  std::optional<yield_result> yield_local() const;
  /// The seat of the calling thread; nullopt unless it sits in this pool.
  [[nodiscard]] std::optional<std::size_t> current_thread_index() const noexcept;
  /// Whether the calling thread's own deque holds jobs; nullopt unless it sits in this pool.
  [[nodiscard]] std::optional<bool> current_thread_has_pending_tasks() const noexcept;
  /// Workers of this pool.
  [[nodiscard]] std::size_t current_num_threads() const noexcept;

  /// Ends the pool now; later work is refused with `pool_shut_down`.
  void shutdown(shutdown_mode mode = shutdown_mode::drain);
  /// Starts a draining shutdown and waits at most so long. True when every worker ended.
  [[nodiscard]] bool shutdown_for(std::chrono::nanoseconds limit);

  /// What the pool is and where each choice came from.
  [[nodiscard]] pool_description describe() const;
  /// The counters as they are now.
  [[nodiscard]] pool_counters counters() const noexcept;
  /// For the loops of this library: selects this pool without moving the caller.
  [[nodiscard]] detail::registry* handle() const noexcept { return registry_.get(); }

 private:
  std::shared_ptr<detail::registry> registry_;
};

/// Says what a pool shall be, then builds it.
class thread_pool_builder {
 public:
  /// 0: automatic. Above `max_num_threads()`: that many.
  thread_pool_builder& num_threads(std::size_t n) { return set(options_.num_threads, n); }
  /// Linux shows 15 bytes of a thread's name; longer ones are cut there.
  thread_pool_builder& thread_name(std::function<std::string(std::size_t)> f) {
    return set(options_.thread_name, f);
  }
  /// Bytes of each worker's stack; below the platform's least, `build` throws.
  thread_pool_builder& stack_size(std::size_t bytes) { return set(options_.stack_size, bytes); }
  /// Runs on each worker before its first job; its argument is the worker's index.
  thread_pool_builder& start_handler(std::function<void(std::size_t)> f) {
    return set(options_.start_handler, f);
  }
  /// Runs on each worker after its last job.
  thread_pool_builder& exit_handler(std::function<void(std::size_t)> f) {
    return set(options_.exit_handler, f);
  }
  /// Receives the exceptions of detached tasks and of the handlers above.
  thread_pool_builder& panic_handler(std::function<void(std::exception_ptr)> f) {
    return set(options_.panic_handler, f);
  }
  /// Creates the thread of each worker: it must call `worker_thread::run()` there, or return an error.
  thread_pool_builder& spawn_handler(std::function<std::error_code(worker_thread&&)> f) {
    return set(options_.spawn_handler, f);
  }
  /// The calling thread becomes worker 0; it runs jobs only inside its own calls. It must also destroy the
  /// pool.
  thread_pool_builder& use_current_thread() { return set(options_.use_current_thread, true); }
  /// Binds the workers to CPUs of the affinity mask.
  thread_pool_builder& pin(par::pin policy) { return set(options_.placement, policy); }
  /// Binds worker i to the i-th of these CPUs, over again from the first when there are more workers.
  thread_pool_builder& pin(std::vector<int> cpus) {
    options_.placement = par::pin::list;
    return set(options_.cpus, std::move(cpus));
  }
  /// How many threads from outside may sit on free seats at the same time; 0 sends every call to a worker.
  thread_pool_builder& guest_slots(std::size_t k) { return set(options_.guest_slots, k); }
  /// How long an idle worker looks for work before it sleeps.
  thread_pool_builder& idle(idle_policy policy) { return set(options_.idle, policy); }
  /// Loops and scopes in this pool stop when this token is triggered.
  thread_pool_builder& stop(std::stop_token token) { return set(options_.stop, std::move(token)); }

  /// What was said so far.
  [[nodiscard]] const pool_options& options() const noexcept { return options_; }
  /// Throws: `thread_spawn_failed` with nothing left behind, `bad_configuration`, `invalid_placement`, ...
  [[nodiscard]] thread_pool build() { return thread_pool(options_); }
  /// Makes it the pool of threads that sit in none. Throws: `global_pool_already_initialized`.
  void build_global();
  /// Runs each worker inside `wrapper(worker_thread&)` on a thread that ends before this returns, and
  /// `body(pool)` here.
  template <class Wrapper, class Body>
  auto build_scoped(Wrapper&& wrapper, Body&& body);

 private:
  template <class T, class V>
  thread_pool_builder& set(T& member, V&& value) {
    member = std::forward<V>(value);
    return *this;
  }
  pool_options options_;
};

/// What the pool of the calling thread is, else the global one, which this starts.
[[nodiscard]] pool_description describe_current_pool();

/// Ends the global pool; the next use starts a fresh one. Requires: no call into it is in flight.
void shutdown_global();

template <class Wrapper, class Body>
auto thread_pool_builder::build_scoped(Wrapper&& wrapper, Body&& body) {
  struct joiner {
    std::vector<std::thread> threads;
    ~joiner() {
      for (auto& t : threads) t.join();
    }
  } scoped;
  pool_options options = options_;
  options.spawn_handler = [&](worker_thread&& seat) -> std::error_code {
    try {
      scoped.threads.emplace_back([&wrapper, mine = std::move(seat)]() mutable { wrapper(mine); });
    } catch (const std::system_error& e) {
      return e.code();
    }
    return {};
  };
  const thread_pool pool(std::move(options));
  return body(pool);
}

}  // namespace twill::par
