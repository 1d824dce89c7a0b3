// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/budget.hpp"
#include "twill/par/pool_options.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace twill::par::detail {

/// Options with every choice made and its origin kept.
struct pool_plan {
  pool_options options{};
  std::size_t num_threads = 1;
  std::string num_threads_origin{};
  pin placement = pin::none;
  std::string placement_origin{};
  idle_policy idle = idle_policy::balanced;
  std::string idle_origin{};
  std::optional<cpu_budget_report> budget{};
  std::vector<std::vector<int>> worker_cpus{};  ///< empty without pinning
  std::vector<std::string> worker_names{};      ///< empty without thread_name
  std::string placement_library{};
  bool oversubscribed = false;
  bool threadless = false;  ///< one seat and no thread: whoever calls sits down and works
};

/// Throws: `twill::error` for a malformed setting, `par::error` for an impossible placement or stack size.
[[nodiscard]] pool_plan make_plan(pool_options options);

/// CPUs of the calling thread's affinity mask, ascending.
[[nodiscard]] std::vector<int> allowed_cpus();

/// The CPUs of each of n workers. Throws: `invalid_placement` for a listed CPU outside of `allowed`.
[[nodiscard]] std::vector<std::vector<int>> place_workers(pin policy, const std::vector<int>& listed,
                                                          std::size_t n, const std::vector<int>& allowed);
/// What `place_workers` asks for the layout of the machine.
[[nodiscard]] std::string placement_library();
/// Binds the calling thread. Returns 0 or errno.
[[nodiscard]] int bind_current_thread(const std::vector<int>& cpus) noexcept;

}  // namespace twill::par::detail
