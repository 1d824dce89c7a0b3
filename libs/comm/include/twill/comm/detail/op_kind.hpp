// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace twill::comm::detail {

// What a rank calls, as it stands in shared memory and in messages. Appended to only, with layout_version.
enum class op_kind : std::uint8_t {
  none,
  barrier,
  broadcast,
  reduce,
  allreduce,
  scan,
  exscan,
  gather,
  gatherv,
  allgather,
  allgatherv,
  scatter,
  scatterv,
  alltoall,
  alltoallv,
  reduce_scatter_block,
  reduce_scatter,
  sparse_alltoall,
  reproducible_reduce,
  neighbor_alltoall,
  split,
  duplicate,
  create_region,
  create_window,
  send,
  recv,
  sendrecv,
  probe,
  isend,
  issend,
  irecv,
  window_lock,
  window_access,
  region_access,
  wait,
  info,
  init,
  abort,
  compare
};

/// `allreduce`, ...; `computing` for none, `unknown` beyond the last.
[[nodiscard]] std::string_view name_of(op_kind kind) noexcept;

}  // namespace twill::comm::detail
