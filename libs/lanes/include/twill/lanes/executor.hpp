// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/program.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <vector>

namespace twill::lanes {

/// Extents of a grid of blocks, or of a block of lanes.
struct dim3 {
  std::uint32_t x = 1;  ///< fastest
  std::uint32_t y = 1;  ///< between
  std::uint32_t z = 1;  ///< slowest
  friend bool operator==(const dim3&, const dim3&) = default;
};

/// What ClsGet gives.
enum class class_mode_kind : std::uint8_t {
  zero,         ///< class 0 in every lane
  block_mod_96  ///< block x modulo 96
};

/// How what ResAccum adds is summed.
enum class res_mode : std::uint8_t {
  tree,  ///< in an order that the launch and its batch width decide: the same bits for any number of threads
  exact  ///< the exact sum, rounded once: the same bits for any batch width too; slower
};

/// How many lanes run a program and what they may use.
struct launch_config {
  dim3 grid{};                                         ///< blocks
  dim3 block{};                                        ///< lanes of a block
  std::size_t shared_bytes = 0;                        ///< zeroed memory that the lanes of a block share
  std::uint64_t step_limit = 1'000'000'000;            ///< instructions a lane; 0: unlimited
  std::uint32_t call_depth = 256;                      ///< nested calls a lane
  class_mode_kind class_mode = class_mode_kind::zero;  ///< what ClsGet gives
  res_mode resonance = res_mode::tree;                 ///< how ResAccum sums
  unsigned batch = 0;  ///< lanes executed together; 0: chosen from the program
  std::uint64_t memory_limit = std::uint64_t{1} << 30;  ///< bytes of pools and call stacks a running task
  std::uint64_t time_limit_ms = 0;  ///< wall time; 0: unlimited. Not deterministic, unlike the others

  /// Enough blocks of `block` lanes for n of them. Throws: `fault` (InvalidLaunchConfig) when block is 0.
  [[nodiscard]] static launch_config linear(std::uint64_t n, std::uint32_t block);
};

/// A register with a value in every lane before the first instruction.
struct initial_register {
  std::uint16_t reg = 0;   ///< its number
  std::uint64_t bits = 0;  ///< cut to the width of the type
  type ty = type::u64;     ///< what it holds
};

/// What the author of a program says of the classes and phases that it counts with; nothing depends on it.
struct gauge_metadata {
  std::uint32_t cycle_length = 768;  ///< phases
  std::uint32_t class_count = 96;    ///< classes
  std::uint32_t period = 8;          ///< of the gauge
};

/// A launch and what its registers hold.
struct execution_params {
  launch_config launch{};                     ///< how many lanes
  std::vector<initial_register> registers{};  ///< set in every lane
  std::optional<gauge_metadata> gauge{};      ///< as the author says
};

/// What a launch tells beside what it wrote.
struct launch_result {
  std::array<double, 96> resonance{};      ///< what ResAccum added, by class
  std::array<std::uint64_t, 2> touched{};  ///< bit c: class c was added to
  std::uint64_t instructions = 0;          ///< executed, over all lanes
  std::uint64_t lanes = 0;                 ///< that ran

  /// Whether ResAccum added to the class.
  [[nodiscard]] bool is_touched(unsigned cls) const noexcept {
    return cls < 96 && (touched[cls / 64] >> (cls % 64) & 1U) != 0;
  }
};

/// What one worker did, since the executor exists.
struct worker_activity {
  std::uint64_t blocks = 0;   ///< blocks that it started
  std::uint64_t batches = 0;  ///< batches of lanes that it executed
  std::uint64_t chunks = 0;   ///< chunks of operations
};

/// A buffer or a linear pool of an executor. 0 is the boundary pool, the last 96 numbers are its classes.
using buffer_handle = std::uint64_t;
/// A linear pool, as buffer_handle.
using pool_handle = std::uint64_t;

/// Bytes of the boundary pool and of one class.
inline constexpr std::size_t class_bytes = 12'288;
/// Bytes of the boundary pool.
inline constexpr std::size_t boundary_bytes = 96 * class_bytes;
/// The handle of one class.
[[nodiscard]] constexpr buffer_handle class_handle(unsigned cls) noexcept {
  return ~std::uint64_t{0} - 95 + cls;
}

/// How an executor works.
struct executor_options {
  std::size_t threads = 0;  ///< 0: the pool of the calling thread, else the global one
  std::size_t shared_limit = std::size_t{1} << 20;  ///< shared memory that a block may ask for
  /// From how many elements on the operations that end in `_par` run on the threads, and how many a task of
  /// theirs takes. Results depend on neither.
  std::size_t parallel_threshold = 10'000;
  std::size_t parallel_chunk = 3072;  ///< elements of a task
};

/// A launch that runs while its caller goes on. Destroying it waits for the end.
///
/// Thread safety: none. Requires: the executor and the program outlive it, and it is not waited for in a task
/// that the launch itself may be running below.
class pending_launch {
 public:
  pending_launch(pending_launch&&) noexcept;
  pending_launch& operator=(pending_launch&&) noexcept;
  ~pending_launch();

  [[nodiscard]] bool ready() const;
  /// Runs the launch on the calling thread where no worker has begun it.
  void wait() const;
  /// Waits; what `executor::launch` would have returned or thrown. Once.
  launch_result get();

 private:
  friend class executor;
  struct shared;
  explicit pending_launch(std::shared_ptr<shared> work) noexcept;
  std::shared_ptr<shared> work_;
};

/// Runs programs and owns what they work on.
///
/// Thread safety: every member from any thread. Freeing a buffer that a running launch uses is the caller's
/// error; so is copying to or from it. A fault leaves the executor as usable as before.
class executor {
 public:
  /// Throws: twill::error when its threads cannot be started.
  explicit executor(const executor_options& options = {});
  executor(const executor&) = delete;
  executor& operator=(const executor&) = delete;
  ~executor();

  /// Zeroed, 64-byte aligned; handles start at 1 and are never used again. 0 bytes are legal.
  [[nodiscard]] buffer_handle allocate_buffer(std::size_t bytes);
  /// The caller's memory as a buffer, until it is freed.
  [[nodiscard]] buffer_handle adopt(std::span<std::byte> memory);
  /// Gives a buffer back. Throws: `fault` (InvalidBufferHandle).
  void free_buffer(buffer_handle h);
  /// Its bytes. Throws: `fault` (InvalidBufferHandle).
  [[nodiscard]] std::size_t buffer_size(buffer_handle h) const;
  /// The bytes of a buffer themselves, until it is freed.
  [[nodiscard]] std::span<std::byte> map(buffer_handle h) const;
  /// Throws: `fault` (BufferOutOfBounds) when the data would leave the buffer.
  void copy_to_buffer(buffer_handle h, std::span<const std::byte> data, std::size_t offset = 0);
  void copy_from_buffer(buffer_handle h, std::span<std::byte> data, std::size_t offset = 0) const;

  /// Linear pools: handles start at 1; pool 0 is the boundary pool.
  [[nodiscard]] pool_handle allocate_pool(std::size_t bytes);
  /// Gives a pool back. Throws: `fault` (InvalidPoolHandle).
  void free_pool(pool_handle h);
  /// Its bytes. Throws: `fault` (InvalidPoolHandle).
  [[nodiscard]] std::size_t pool_size(pool_handle h) const;
  void copy_to_pool(pool_handle h, std::span<const std::byte> data, std::size_t offset = 0);
  void copy_from_pool(pool_handle h, std::span<std::byte> data, std::size_t offset = 0) const;

  /// Runs the program in every lane. Throws: `fault`, that of the lowest block, there of the first phase,
  /// there of the lowest lane, whatever the threads and the batch; or of a program or launch that makes no
  /// sense.
  launch_result launch(const program& p, const execution_params& params = {});
  /// As `launch`, on the executor's pool; without a pool it has run when this returns.
  [[nodiscard]] pending_launch launch_async(const program& p, execution_params params = {});
  /// Runs `body(task)` for each task below n on the executor's threads and waits: the level of operations.
  void for_each_chunk(std::size_t n, const std::function<void(std::size_t)>& body);

  /// What each worker did; one entry where there is no pool.
  [[nodiscard]] std::vector<worker_activity> activity() const;
  [[nodiscard]] std::size_t threads() const;
  [[nodiscard]] const executor_options& options() const noexcept;

  struct state;
  /// For the operations of this part.
  [[nodiscard]] state& internals() noexcept { return *state_; }

 private:
  std::unique_ptr<state> state_;
};

}  // namespace twill::lanes
