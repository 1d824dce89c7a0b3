// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <system_error>
#include <vector>

namespace twill::par {

namespace detail {
class registry;
class worker;
}  // namespace detail

/// Where the workers run. A pool never leaves the affinity mask it was started with.
enum class pin : std::uint8_t {
  none,      ///< the operating system decides
  compact,   ///< neighbouring cores first, threads of one core last
  scatter,   ///< spread over packages and nodes
  per_node,  ///< each worker may use the whole memory node it belongs to
  list       ///< the CPUs of `pool_options::cpus`, in that order
};

/// How long an idle worker looks for work before it sleeps.
enum class idle_policy : std::uint8_t {
  throughput,  ///< up to 200 microseconds
  balanced,    ///< up to 30 microseconds
  power        ///< at once
};

/// The life of one worker for a thread that the user creates.
class worker_thread {
 public:
  /// For the pool alone: the life of its worker `index`.
  worker_thread(std::shared_ptr<detail::registry> pool, std::size_t index);
  /// Takes that life over.
  worker_thread(worker_thread&&) noexcept;
  worker_thread& operator=(worker_thread&&) = delete;
  /// A worker that never ran counts as ended.
  ~worker_thread();

  /// The worker's number, below the number of threads.
  [[nodiscard]] std::size_t index() const noexcept { return index_; }
  /// Empty when the builder named none.
  [[nodiscard]] const std::string& name() const noexcept;
  /// 0: the platform's default.
  [[nodiscard]] std::size_t stack_size() const noexcept;
  /// Is the worker: returns when its pool ended. Call it once.
  void run();

 private:
  std::shared_ptr<detail::registry> pool_;
  std::size_t index_;
};

/// What a pool is made from; `thread_pool_builder` fills one.
struct pool_options {
  std::optional<std::size_t>
      num_threads{};  ///< nullopt or 0: environment, scheduler, then all that is allowed
  std::function<std::string(std::size_t)> thread_name{};  ///< of the worker's index
  std::size_t stack_size = 0;  ///< bytes; 0: TWILL_STACK_SIZE, then the platform's default
  std::function<void(std::size_t)> start_handler{};         ///< before the first job of each worker
  std::function<void(std::size_t)> exit_handler{};          ///< after the last job of each worker
  std::function<void(std::exception_ptr)> panic_handler{};  ///< exceptions of detached tasks and handlers
  std::function<std::error_code(worker_thread&&)>
      spawn_handler{};              ///< creates the threads instead of the pool
  bool use_current_thread = false;  ///< the thread that builds the pool is its worker 0
  std::optional<pin> placement{};   ///< nullopt: TWILL_PIN, then none
  std::vector<int> cpus{};          ///< for pin::list
  std::size_t guest_slots =
      static_cast<std::size_t>(-1);   ///< outside threads that may sit on free seats at once
  std::optional<idle_policy> idle{};  ///< nullopt: TWILL_IDLE, then balanced
  std::stop_token stop{};             ///< loops and scopes in the pool stop with it
};

}  // namespace twill::par
