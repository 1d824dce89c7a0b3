// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "exec/batch.hpp"
#include "exec/parallel.hpp"
#include "twill/base/memory.hpp"

#include <array>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

namespace twill::lanes::detail {

/// What one running task works with; kept between launches, so that launches allocate nothing after the
/// first.
struct workspace {
  std::vector<std::unique_ptr<batch>> batches;
  std::vector<std::byte> shared;
  std::vector<reproducible_accumulator> exact;
};

/// What one worker did. Written by that worker alone, read by anyone.
struct activity_counters {
  std::atomic<std::uint64_t> blocks{0};
  std::atomic<std::uint64_t> batches{0};
  std::atomic<std::uint64_t> chunks{0};
};

/// Regions by handle, and the table that launches look them up in.
class region_store {
 public:
  /// Launches that have the table keep the memory, so that it outlives a buffer that is freed under them.
  struct entry {
    std::shared_ptr<const zeroed_memory> owned{};
    region where{};
  };
  void set_boundary(std::byte* data) noexcept { boundary_ = data; }
  std::uint64_t add(entry e);
  [[nodiscard]] bool remove(std::uint64_t handle);
  [[nodiscard]] region find(std::uint64_t handle) const;
  /// The table of now; the same one until the next change.
  [[nodiscard]] std::shared_ptr<const region_table> table();

 private:
  mutable std::mutex mutex_;
  std::map<std::uint64_t, entry> entries_;     // guarded by mutex_
  std::shared_ptr<const region_table> table_;  // guarded by mutex_; null after a change
  std::uint64_t next_ = 1;                     // guarded by mutex_
  std::byte* boundary_ = nullptr;
};

}  // namespace twill::lanes::detail

namespace twill::lanes {

struct executor::state {
  explicit state(const executor_options& o);

  executor_options options;
  detail::team team;
  detail::zeroed_memory boundary{boundary_bytes};
  detail::region_store buffers;
  detail::region_store pools;

  std::mutex running_mutex;
  std::vector<const detail::launch_state*> running;  // guarded by running_mutex; with assertions alone

  /// Throws: fault where a running launch names this buffer, or started with it in a register that it takes
  /// for a buffer; without assertions never.
  void check_unused(buffer_handle h);

  std::mutex workspaces_mutex;
  std::vector<std::unique_ptr<detail::workspace>> idle_workspaces;  // guarded by workspaces_mutex

  static constexpr std::size_t seats = 257;
  std::array<padded<detail::activity_counters>, seats> activity;

  [[nodiscard]] std::unique_ptr<detail::workspace> take_workspace();
  void give_workspace(std::unique_ptr<detail::workspace> w);
  [[nodiscard]] detail::activity_counters& counters() {
    const std::size_t seat = team.seat();
    return *activity[seat < seats ? seat : 0];
  }
  /// Adds to a counter of the calling worker.
  static void count(std::atomic<std::uint64_t>& c, std::uint64_t n) noexcept {
    // ORD relaxed [A1]: a statistic that orders nothing; threads without a seat share one. Pairs with [A2].
    c.fetch_add(n, std::memory_order_relaxed);
  }
};

namespace detail {

/// A launch that runs, as long as this exists; for `check_unused`.
class running_mark {
 public:
  running_mark(executor::state& owner, const launch_state& launch);
  running_mark(const running_mark&) = delete;
  running_mark& operator=(const running_mark&) = delete;
  ~running_mark();

 private:
  executor::state& owner_;
  const launch_state& launch_;
};

}  // namespace detail

}  // namespace twill::lanes
