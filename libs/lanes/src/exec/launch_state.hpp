// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "exec/memory.hpp"
#include "exec/prepared.hpp"
#include "twill/base/sum.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <mutex>
#include <vector>

namespace twill::lanes::detail {

#ifdef NDEBUG
inline constexpr bool assertions = false;
#else
inline constexpr bool assertions = true;
#endif

/// Sums and products of 64-bit numbers without overflow.
__extension__ using wide_int = __int128;

/// What ResAccum adds up in one task.
struct resonance {
  std::array<double, 96> sums{};
  std::array<std::uint64_t, 2> touched{};
  std::uint64_t instructions = 0;
  reproducible_accumulator* exact = nullptr;  ///< one a class, of the running task; null: `sums` hold it

  void add(std::uint8_t cls, double value) noexcept {
    if (exact != nullptr) {
      exact[cls].add(value);
    } else {
      sums[cls] += value;
    }
    touched[cls / 64U] |= std::uint64_t{1} << (cls % 64U);
  }
  void merge(const resonance& other) noexcept {
    for (std::size_t c = 0; c < sums.size(); ++c) sums[c] += other.sums[c];
    touched[0] |= other.touched[0];
    touched[1] |= other.touched[1];
    instructions += other.instructions;
  }
};

/// The fault of one lane, as numbers.
struct fault_record {
  errc code{};
  std::array<std::uint64_t, 3> numbers{};
  std::uint64_t global = std::numeric_limits<std::uint64_t>::max();  ///< lane in the whole launch
  std::uint32_t pc = 0;
};

/// One launch, shared by the tasks that execute it.
struct launch_state {
  const prepared_program* program = nullptr;
  const launch_config* config = nullptr;
  const region_table* buffers = nullptr;
  const region_table* pools = nullptr;
  std::span<const initial_register> registers{};
  std::uint64_t lanes_per_block = 1;
  std::uint64_t blocks = 1;
  std::uint64_t total = 1;       ///< lanes
  unsigned width = 64;           ///< lanes of a batch
  std::uint64_t pool_limit = 0;  ///< bytes of pools a lane
  std::uint64_t call_limit = 0;  ///< bytes of return addresses a lane
  executor* owner = nullptr;
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();

  /// The lowest lane that faulted so far: batches above it need not run.
  std::atomic<std::uint64_t> lowest{std::numeric_limits<std::uint64_t>::max()};
  std::mutex mutex;
  fault_record first;                           ///< guarded by mutex
  std::vector<reproducible_accumulator> exact;  ///< guarded by mutex: one a class with res_mode::exact

  [[nodiscard]] bool needless(std::uint64_t lane) const noexcept {
    // ORD relaxed [F1]: a hint; who misses a fault only works for nothing. Pairs with [F2].
    return lane > lowest.load(std::memory_order_relaxed);
  }
  void report(const fault_record& found) {
    const std::lock_guard lock(mutex);
    if (found.global >= first.global) return;
    first = found;
    // ORD relaxed [F2]: the record itself is guarded by the mutex; see [F1].
    lowest.store(found.global, std::memory_order_relaxed);
  }
};

}  // namespace twill::lanes::detail
