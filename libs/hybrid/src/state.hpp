// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "machine_state.hpp"
#include "twill/base/memory.hpp"
#include "twill/hybrid/runtime.hpp"
#include "twill/hybrid/stop.hpp"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace twill::hybrid {

/// Tells where this rank is when its collectives make no progress for a while.
class stall_watch {
 public:
  explicit stall_watch(double seconds);
  ~stall_watch();

 private:
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::jthread thread_;
};

namespace detail {
// All ranks have this error, so that all of them leave alike.
[[nodiscard]] bool is_agreed(const std::exception& e) noexcept;
// A line for the person whose program ends here, of the one rank that tells an error that all have.
void tell_once(const std::exception& e, std::string_view who = {}) noexcept;
}  // namespace detail

/// Everything a start made, by step; each member of a step is empty until it is done.
struct runtime::state {
  explicit state(options with);

  options with;
  long pid = 0;
  settings from;
  comm::variable_map variables;
  std::vector<step> done;

  suppression_report suppressed;
  std::optional<comm::environment> environment;
  machine_info machine;
  std::optional<comm::any_communicator> node;

  thread_choice threads;
  std::vector<int> former_cpus;
  bool bound = false;
  std::string binding_text;

  memory_placement placement;
  std::optional<detail::kernel_policy> former_policy;
  std::string placement_text;

  std::uint64_t former_floating_point = 0;
  bool pool_is_ours = false;
  bool tracing = false;
  bool complete = false;  // all steps were done

  memory_plan plan;
  std::vector<std::pair<std::string, shared_array<std::byte>>> regions;
  std::vector<padded<std::shared_ptr<void>>> workspaces;

  execution_topology topology;
  std::optional<signal_handlers> handlers;
  std::optional<stall_watch> watch;

  /// Runs all steps; on a failure undoes what is done and throws. With `told`, a failure that all ranks have
  /// is told before any of them leaves, and *told says so.
  void start(bool* told = nullptr);
  /// Takes everything back, the last step first.
  void stop() noexcept;

 private:
  template <class F>
  void perform(step s, bool agreed, F&& f);
  void undo(step s) noexcept;
  [[nodiscard]] bool tell_before_leaving(const std::exception& e) noexcept;

  void parse_options();
  void open_communicator();
  void find_topology();
  void plan_and_bind();
  void set_numa_policy();
  void open_pool();
  void build_or_adopt_pool();
  void make_regions();
  void make_workspaces();
  [[nodiscard]] std::vector<bool> place_workspaces();
  void drop_workspaces();
  void check_agreement();
  void make_report();
  void begin_trace();
  void end_trace() noexcept;
  /// For each worker and the main thread.
  void prepare_thread() noexcept;
};

}  // namespace twill::hybrid
