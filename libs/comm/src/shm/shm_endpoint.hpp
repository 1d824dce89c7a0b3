// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "shm/heap.hpp"
#include "twill/comm/detail/endpoint.hpp"
#include "twill/comm/detail/rendezvous.hpp"
#include "twill/comm/detail/shm_context.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace twill::comm::detail {

// One rank of a job in shared memory.
class shm_endpoint final : public endpoint {
 public:
  shm_endpoint(std::shared_ptr<rendezvous::memory> job, int rank, endpoint_options options);
  ~shm_endpoint() override;

  [[nodiscard]] rendezvous::memory& job() const noexcept { return *job_; }
  [[nodiscard]] shm_heap& heap() noexcept { return heap_; }
  [[nodiscard]] int rank() const noexcept { return rank_; }
  [[nodiscard]] int size() const noexcept { return size_; }
  [[nodiscard]] int spin() const noexcept { return spin_; }
  // Pauses between two looks when ranks outnumber processors.
  [[nodiscard]] int yields() const noexcept { return yields_; }
  // Where ranks find the first communicator: the list of rank 0's messages to itself, which never has one.
  [[nodiscard]] std::atomic<std::uint64_t>* door() const noexcept { return &first(0, 0); }
  // Unique in the job.
  [[nodiscard]] std::uint64_t next_context_id() noexcept;

  bool check_health(const call_site& site, int peer) override;
  void take_in() override;
  void ring(int job_rank) noexcept override;
  [[nodiscard]] std::string waits() const override;
  [[noreturn]] void abort(int code, const std::string& message, bool by_call) override;
  void note_wait(op_kind kind, int peer) noexcept override;
  void note_wait(op_kind kind, int peer, std::uint64_t sequence) noexcept;

 protected:
  std::shared_ptr<send_ticket> transmit(std::uint64_t context, int me, int to, const std::byte* data,
                                        std::size_t bytes, int tag, bool ticket) override;
  void leave() noexcept override;
  [[nodiscard]] std::uint32_t bell() const noexcept override;
  void sleep(std::uint32_t seen) noexcept override;

 private:
  [[nodiscard]] std::atomic<std::uint64_t>& first(int to, int from) const noexcept;
  void look_for_lost(const call_site& site);

  std::shared_ptr<rendezvous::memory> job_;
  int rank_;
  int size_;
  int spin_;
  int yields_;
  shm_heap heap_;
  std::atomic<std::uint64_t> contexts_{0};
  std::mutex send_lock_;
  std::vector<shm_block*> last_sent_;   // to each rank: the message that the next one is linked to
  std::vector<shm_block*> last_taken_;  // from each rank: the message whose `next` is looked at
  std::chrono::steady_clock::time_point looked_{};
};

// The communicator of all ranks. Collective over the job.
[[nodiscard]] std::shared_ptr<shm_context> make_world(std::shared_ptr<shm_endpoint> ep);

}  // namespace twill::comm::detail
