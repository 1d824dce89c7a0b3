// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "mpi/mpi_lifeline.hpp"
#include "twill/comm/detail/mpi_context.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace twill::comm::detail {

// A process of the job, as the watchdogs of its node know it.
struct mpi_process {
  std::uint64_t start_time = 0;
  std::int32_t pid = 0;
  std::int32_t node = 0;
};

// One rank of an MPI library's job.
class mpi_endpoint final : public endpoint {
 public:
  mpi_endpoint(const mpi_table& api, endpoint_options options, int rank, std::vector<mpi_process> processes,
               bool foreign);
  ~mpi_endpoint() override;

  [[nodiscard]] const mpi_table& api() const noexcept { return api_; }
  [[nodiscard]] int rank() const noexcept { return rank_; }
  [[nodiscard]] int size() const noexcept { return static_cast<int>(processes_.size()); }
  [[nodiscard]] int node() const noexcept override {
    return processes_[static_cast<std::size_t>(rank_)].node;
  }
  [[nodiscard]] const std::vector<mpi_process>& processes() const noexcept { return processes_; }
  // Whether persistent collectives are the library's own.
  [[nodiscard]] bool persistent() const noexcept { return persistent_; }
  void set_persistent(bool native) noexcept { persistent_ = native; }
  // More ranks on this node than processors: who waits has to let others run.
  [[nodiscard]] bool crowded() const noexcept { return crowded_; }
  void watch();

  [[nodiscard]] std::string waits() const override;
  [[noreturn]] void abort(int code, const std::string& message, bool by_call) override;
  void note_wait(op_kind kind, int peer) noexcept override;
  void ring(int job_rank) noexcept override;

  // --- what the library holds
  [[nodiscard]] std::uint64_t next_context_id() noexcept;
  void remember(mpi_context* c);
  void forget(mpi_context* c) noexcept;
  [[nodiscard]] std::list<mpi_live*>::iterator remember(mpi_live* one);
  void forget(std::list<mpi_live*>::iterator place) noexcept;
  void remember(const std::shared_ptr<mpi_context::shared_window>& w);
  void forget(const std::shared_ptr<mpi_context::shared_window>& w) noexcept;
  [[nodiscard]] std::list<mpi_blocked>::iterator remember(const mpi_blocked& one);
  void forget(std::list<mpi_blocked>::iterator place) noexcept;
  // Held until this rank leaves: see mpi_lifeline.
  void keep(mpi_lifeline line) noexcept { lifeline_ = std::move(line); }
  // Open MPI 4.1 says nothing when a message of a rank to itself is longer than the receive that was posted
  // for it, so lengths of such messages are known here. The length of the one that a receive took: more than
  // `capacity` where it was cut off.
  void note_own(const mpi_context& c, int tag, std::size_t bytes);
  [[nodiscard]] std::size_t take_own(const mpi_context& c, int tag, std::size_t received,
                                     std::size_t capacity);
  // Sends a copy; it is kept until the library is done with it.
  void send_copy(const mpi_context& c, mpi_handle comm, op_kind kind, const std::byte* data,
                 std::size_t bytes, int dest, int tag);

 protected:
  void leave() noexcept override;
  [[nodiscard]] std::uint32_t bell() const noexcept override { return 0; }
  void sleep(std::uint32_t seen) noexcept override;

 private:
  struct copy {
    std::vector<std::byte> data;
    mpi_handle request = 0;
  };
  void look_after_peers();
  void look_after_blocked();
  [[noreturn]] void end_job(const std::string& why);
  void let_go_of_copies() noexcept;

  const mpi_table& api_;
  mpi_lifeline lifeline_;
  int rank_;
  std::vector<mpi_process> processes_;
  bool foreign_;  // the host program initialised the library, and ends it
  bool persistent_ = false;
  bool crowded_ = false;

  std::mutex registry_;
  std::list<mpi_context*> contexts_;
  std::list<mpi_live*> live_;
  std::list<std::shared_ptr<mpi_context::shared_window>> windows_;
  std::list<copy> copies_;
  std::uint64_t contexts_made_ = 0;
  std::mutex own_lock_;
  std::map<std::pair<std::uint64_t, int>, std::vector<std::size_t>> own_;  // by communicator and tag

  std::atomic<std::uint32_t> waiting_kind_{0};
  std::atomic<int> waiting_peer_{any_source};
  std::atomic<std::int64_t> waiting_since_{0};

  mutable std::mutex blocked_lock_;
  std::list<mpi_blocked> blocked_;

  std::mutex watch_lock_;
  std::condition_variable watch_end_;
  bool stopped_ = false;
  std::atomic<bool> leaving_{false};
  std::thread watchdog_;
};

}  // namespace twill::comm::detail
