// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/memory.hpp"
#include "twill/comm/detail/rendezvous.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace twill::comm::detail {

// What stands in front of every allocation in shared memory. The fields behind `claims` belong to messages.
struct alignas(cache_line) shm_block {
  std::atomic<std::uint32_t> claims;   // ranks that still need it; at 0 its owner may use it again
  std::atomic<std::uint32_t> matched;  // of a message with a ticket: a receive has taken it
  std::atomic<std::uint64_t> next;  // of a message: offset of the following one to the same rank, 0: none yet
  std::uint64_t capacity;           // bytes behind this header
  std::uint64_t context;
  std::uint64_t bytes;
  std::int32_t source;
  std::int32_t tag;
  std::uint32_t ticket;
  std::uint32_t size_class;

  [[nodiscard]] std::byte* data() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
  // Gives up a claim, from any rank.
  void release() noexcept {
    // ORD acq_rel [claims]: release: this rank is done reading; acquire in shm_heap::sweep sees that before
    // reuse.
    claims.fetch_sub(1, std::memory_order_acq_rel);
  }
};
static_assert(sizeof(shm_block) == cache_line);

// One rank's heap in the job's memory. All its bookkeeping is private to the owner: a peer that dies in any
// state can leave a block unreturned and nothing else. Blocks come in four sizes to a power of two; those of
// a megabyte and more hand their pages back when they are freed.
class shm_heap {
 public:
  shm_heap(std::shared_ptr<rendezvous::memory> job, int rank);

  // A block with that many claims, its data on a cache line; null when the limit or the memory is exhausted.
  // Fresh pages are zero, used ones are not.
  [[nodiscard]] shm_block* allocate(std::size_t bytes, std::uint32_t claims) noexcept;
  [[nodiscard]] std::uint64_t limit() const noexcept { return job_->header().limit; }

 private:
  static constexpr std::size_t classes = 256;
  static constexpr std::size_t large = std::size_t{1} << 20U;

  [[nodiscard]] static std::size_t class_of(std::size_t bytes) noexcept;
  [[nodiscard]] static std::size_t bytes_of(std::size_t size_class) noexcept;
  [[nodiscard]] std::uint64_t take(std::size_t size_class, std::uint64_t& size) noexcept;
  void sweep() noexcept;
  [[nodiscard]] bool commit(std::uint64_t offset, std::uint64_t bytes) noexcept;
  void give_back(shm_block* block, std::size_t bytes) noexcept;

  std::shared_ptr<rendezvous::memory> job_;
  std::mutex lock_;
  std::uint64_t next_;                                    // bump pointer
  std::uint64_t committed_;                               // pages before this offset may be written
  std::uint64_t end_;                                     // large blocks lie behind it
  std::array<std::vector<std::uint64_t>, classes> free_;  // offsets
  std::vector<shm_block*> out_;
  std::size_t out_bytes_ = 0;
  std::size_t sweep_count_ = 64;
  std::size_t sweep_bytes_ = large;
};

}  // namespace twill::comm::detail
