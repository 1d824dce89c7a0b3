// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/machine.hpp"
#include "twill/comm/topology.hpp"
#include "twill/hybrid/block.hpp"
#include "twill/par/broadcast.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace twill::hybrid {

/// On which memory domains pages lie.
enum class memory_policy : std::uint8_t {
  local,        ///< near the thread that asks first: workspaces
  first_touch,  ///< each worker writes its own part before use: large arrays, see first_touch()
  interleave,   ///< page by page over all domains: large tables that all read
  bind,         ///< on one domain
  leader        ///< near the leader of the node
};

/// `local`, `first_touch`, `interleave`, `bind`, `leader`.
[[nodiscard]] std::string_view name_of(memory_policy policy) noexcept;

/// A policy with its domain.
struct memory_placement {
  memory_policy policy = memory_policy::local;  ///< how
  int node = 0;                                 ///< of memory_policy::bind

  friend bool operator==(const memory_placement&, const memory_placement&) = default;
};

/// `local`, `first_touch`, `interleave`, `leader`, `bind(2)`. Throws: twill::error(errc::bad_configuration).
[[nodiscard]] memory_placement parse_memory_placement(std::string_view text);

/// Shared regions above this are interleaved unless somebody says otherwise.
inline constexpr std::uint64_t interleave_above = 5'000'000'000;

/// The placement of a shared region of that size when `chosen` is the general policy.
[[nodiscard]] memory_placement region_placement(memory_placement chosen, std::uint64_t bytes) noexcept;

/// What the ranks of a node may use together.
struct memory_limit {
  std::optional<std::uint64_t> bytes{};  ///< nothing: it cannot be read
  std::string source{};                  ///< `physical memory`, `cgroup`, `SLURM_MEM_PER_NODE`, ...
  double fraction = 0.9;                 ///< share of it that a plan may use (TWILL_MEM_FRACTION)

  /// bytes x fraction.
  [[nodiscard]] std::optional<std::uint64_t> usable() const noexcept;
};

/// The least of physical memory, control group limit, SLURM_MEM_PER_NODE, and SLURM_MEM_PER_CPU times the
/// node's CPUs. Throws: twill::error(errc::bad_configuration) for a malformed variable.
[[nodiscard]] memory_limit node_memory_limit(const machine_info& machine, const comm::variable_map& variables,
                                             double fraction = 0.9);

/// Bytes that an application asks for.
struct memory_request {
  std::uint64_t shared = 0;        ///< once a node, when it is shared
  std::uint64_t rank_private = 0;  ///< each rank
  std::uint64_t workspace = 0;     ///< each worker
};

/// Whether data that all ranks of a node only read is there once or once a rank.
enum class sharing : std::uint8_t {
  automatic,  ///< by the plan, and private memory where no region can be had
  required,   ///< once, or an error
  off         ///< once a rank
};

/// What a layout needs and what there is.
struct memory_plan {
  memory_request request{};  ///< as asked for
  int local_size = 1;        ///< ranks on the node
  std::size_t threads = 1;   ///< of each rank
  bool shares = false;       ///< the shared part is there once
  memory_limit limit{};      ///< of the node

  /// Bytes of all ranks of the node together.
  [[nodiscard]] std::uint64_t total() const noexcept;
  /// The total is within the usable memory, or nobody knows how much there is.
  [[nodiscard]] bool fits() const noexcept;
  /// Lines for people: each part, the total, the limit and its source.
  [[nodiscard]] std::string to_string() const;
  /// Throws: error(over_budget) with the parts and the knob that helps most, before anything is allocated.
  void check() const;
};

/// The plan for a layout. With sharing::automatic data is shared when a private plan takes more than 80 % of
/// the usable memory, or when there is more than one rank and more than 64 MB to share.
[[nodiscard]] memory_plan plan_memory(const memory_request& request, int local_size, std::size_t threads,
                                      const memory_limit& limit, sharing how = sharing::automatic);

/// The memory domain of each page of a range that holds any; nothing where the kernel does not tell.
[[nodiscard]] std::optional<std::vector<int>> page_domains(std::span<const std::byte> range,
                                                           std::size_t samples = 16);

/// Writes `value` to every element, each worker its own block, so that pages lie near the worker that uses
/// the same block later: `block(data.size(), workers, worker)`.
template <class T>
void first_touch(std::span<T> data, const T& value) {
  par::broadcast([&](par::broadcast_context who) {
    const index_block mine = block(data.size(), who.num_threads(), who.index());
    for (T& element : data.subspan(mine.begin, mine.count)) element = value;
  });
}

}  // namespace twill::hybrid
