// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/detail/mpi_table.hpp"

#include <optional>
#include <utility>
#include <vector>

namespace twill::comm::detail {

struct mpi_process;

// A copy of another rank's connection to the launcher. MPICH's launcher takes a closed connection for the end
// of a rank, kills all the others and returns the code of the one that left: with `_exit(0)` a job that did
// half of its work returns 0. While a copy is open the launcher waits, and the watchdog of whoever holds the
// copy ends the job with a code that is not 0. A rank that dies by a signal is told to the launcher as
// before.
class mpi_lifeline {
 public:
  mpi_lifeline() noexcept = default;
  explicit mpi_lifeline(int descriptor) noexcept : descriptor_(descriptor) {}
  mpi_lifeline(mpi_lifeline&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  mpi_lifeline& operator=(mpi_lifeline&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    other.close();
    return *this;
  }
  ~mpi_lifeline() { close(); }
  [[nodiscard]] bool held() const noexcept { return descriptor_ >= 0; }

 private:
  void close() noexcept;
  int descriptor_ = -1;
};

// Every rank of a node holds the connection of the one before it, in a ring. Collective over `comm`. Holds
// nothing where the node has one rank, or a rank has no such connection.
[[nodiscard]] mpi_lifeline hold_next_rank(const mpi_table& api, mpi_handle comm, int rank,
                                          const std::vector<mpi_process>& processes,
                                          std::optional<int> connection);

}  // namespace twill::comm::detail
