// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace twill::comm {

/// Which implementation carries a communicator.
enum class backend_kind : std::uint8_t {
  local,  ///< one rank, this process alone
  shm,    ///< several processes of one node over shared memory
  mpi     ///< a module of an MPI library
};

/// `local`, `shm`, `mpi`.
[[nodiscard]] std::string_view name_of(backend_kind kind) noexcept;

/// Which threads of a rank may communicate; each level contains the ones before.
enum class thread_level : std::uint8_t {
  single,      ///< there is one thread
  funneled,    ///< the initialising thread alone
  serialized,  ///< any thread, one at a time
  multiple     ///< any threads at once
};

/// `single`, `funneled`, `serialized`, `multiple`.
[[nodiscard]] std::string_view name_of(thread_level level) noexcept;

/// How much of every call is checked; each level contains the ones before.
enum class check_level : std::uint8_t {
  none,        ///< nothing
  normal,      ///< arguments of this rank, before anything is sent
  collective,  ///< a mistake of one rank becomes an error on every rank of the call
  heavy        ///< also that results that must be equal are equal on all ranks
};

/// `none`, `normal`, `collective`, `heavy`.
[[nodiscard]] std::string_view name_of(check_level level) noexcept;

/// A receive takes a message of whichever rank.
inline constexpr int any_source = -1;
/// A receive takes a message of whichever tag.
inline constexpr int any_tag = -1;
/// A peer that is nobody: sends to it and receives from it complete at once, with no data.
inline constexpr int null_rank = -2;
/// The largest tag that programs may use; the 256 above it belong to this library.
inline constexpr int max_tag = (1 << 24) - 257;

/// Tag type of the in-place forms: what is sent stands where the result will be.
struct in_place_t {
  explicit in_place_t() = default;
};
/// Selects the in-place form of an operation.
inline constexpr in_place_t in_place{};

/// Which ranks may share memory or a cache: what `split_local` puts together.
enum class locality : std::uint8_t {
  node,    ///< one operating system
  numa,    ///< one memory domain
  socket,  ///< one processor package
  l3       ///< one last-level cache
};

/// How a floating-point reduction is put together.
enum class order : std::uint8_t {
  rank,  ///< left fold in rank order at every size: the same bits on every backend and run for R ranks
  tree,  ///< a fixed tree over the contributions: as strong as `rank`; over elements see reproducible_reduce
  any    ///< the fastest the backend has; bits may change between runs
};

/// How two groups of ranks relate.
enum class group_relation : std::uint8_t {
  identical,  ///< the same communicator
  congruent,  ///< the same ranks in the same order
  similar,    ///< the same ranks in another order
  unequal     ///< other ranks
};

/// What a receive or a probe tells about a message.
struct status {
  int source = null_rank;  ///< rank of the sender
  int tag = any_tag;       ///< its tag
  std::size_t bytes = 0;   ///< its length

  /// Elements of T; nothing when the length is no multiple of T's size.
  template <class T>
  [[nodiscard]] std::optional<std::size_t> count() const noexcept {
    if (bytes % sizeof(T) != 0) return std::nullopt;
    return bytes / sizeof(T);
  }
};

}  // namespace twill::comm
