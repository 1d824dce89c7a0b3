// SPDX-License-Identifier: Apache-2.0
#include "shm/heap.hpp"

#include <algorithm>
#include <bit>
#include <fcntl.h>
#include <unistd.h>

namespace twill::comm::detail {
namespace {

constexpr std::uint64_t page = 4096;
constexpr std::uint64_t step = std::uint64_t{1} << 20U;
constexpr std::size_t least = 256;

}  // namespace

shm_heap::shm_heap(std::shared_ptr<rendezvous::memory> job, int rank) : job_(std::move(job)) {
  const auto& h = job_->header();
  next_ = h.heap_begin + static_cast<std::uint64_t>(rank) * h.heap_bytes;
  committed_ = next_;
  end_ = next_ + h.heap_bytes;
}

// Class 4 k + j is (4 + j) * 2^k * 64 bytes: 256, 320, 384, 448, 512, 640, ...
std::size_t shm_heap::bytes_of(std::size_t size_class) noexcept {
  return (4 + size_class % 4) * (std::size_t{64} << (size_class / 4));
}

std::size_t shm_heap::class_of(std::size_t bytes) noexcept {
  if (bytes <= least) return 0;
  const auto k = static_cast<std::size_t>(std::bit_width((bytes - 1) / least)) - 1;
  std::size_t c = 4 * k;
  while (bytes_of(c) < bytes) ++c;
  return c;
}

shm_block* shm_heap::allocate(std::size_t bytes, std::uint32_t claims) noexcept {
  if (bytes > limit()) return nullptr;
  const std::lock_guard hold(lock_);
  const std::size_t c = class_of(bytes + sizeof(shm_block));
  std::uint64_t size = 0;
  if (out_.size() >= sweep_count_ || out_bytes_ >= sweep_bytes_) sweep();
  std::uint64_t offset = take(c, size);
  if (offset == 0) {
    sweep();
    offset = take(c, size);
  }
  if (offset == 0) return nullptr;
  auto* block = reinterpret_cast<shm_block*>(job_->at(offset));
  block->capacity = size - sizeof(shm_block);
  block->size_class = static_cast<std::uint32_t>(c);
  // ORD relaxed [claims]: nobody else knows the block yet; telling them its offset publishes it.
  block->claims.store(claims, std::memory_order_relaxed);
  // ORD relaxed [claims]: likewise.
  block->matched.store(0, std::memory_order_relaxed);
  // ORD relaxed [claims]: likewise.
  block->next.store(0, std::memory_order_relaxed);
  out_.push_back(block);
  out_bytes_ += size;
  return block;
}

// Small blocks grow up from the heap's beginning, large ones down from its end. 0: no room.
std::uint64_t shm_heap::take(std::size_t c, std::uint64_t& size) noexcept {
  const bool big = bytes_of(c) >= large;
  size = big ? (bytes_of(c) + page - 1) / page * page : bytes_of(c);
  if (!free_[c].empty()) {
    const std::uint64_t offset = free_[c].back();
    if (big && !commit(offset, size)) return 0;
    free_[c].pop_back();
    return offset;
  }
  if (size > end_ - next_) return 0;
  if (big) {
    const std::uint64_t offset = end_ - size;
    if (offset < committed_ || !commit(offset, size)) return 0;
    end_ = offset;
    return offset;
  }
  if (next_ + size > committed_) {
    const std::uint64_t more = (next_ + size - committed_ + step - 1) / step * step;
    if (committed_ + more > end_ || !commit(committed_, more)) return 0;
    committed_ += more;
  }
  const std::uint64_t offset = next_;
  next_ += size;
  return offset;
}

void shm_heap::sweep() noexcept {
  const auto used = [this](shm_block* block) {
    // ORD acquire [claims]: pairs with shm_block::release: every reader is done.
    if (block->claims.load(std::memory_order_acquire) != 0) return true;
    const std::size_t size = block->capacity + sizeof(shm_block);
    const std::size_t c = block->size_class;
    const std::uint64_t offset = job_->offset_of(block);
    out_bytes_ -= size;
    if (size >= large) give_back(block, size);
    free_[c].push_back(offset);
    return false;
  };
  std::erase_if(out_, [&](shm_block* block) { return !used(block); });
  sweep_count_ = std::max<std::size_t>(64, 2 * out_.size());
  sweep_bytes_ = std::max<std::size_t>(large, 2 * out_bytes_);
}

bool shm_heap::commit(std::uint64_t offset, std::uint64_t bytes) noexcept {
  auto& all = job_->header().committed;
  // ORD relaxed [committed]: a count; the pages themselves are the kernel's to hand out.
  if (all.fetch_add(bytes, std::memory_order_relaxed) + bytes <= limit()) {
    // Without pages behind it the first write would end the process with SIGBUS.
    if (::fallocate(job_->fd(), 0, static_cast<off_t>(offset), static_cast<off_t>(bytes)) == 0) return true;
  }
  // ORD relaxed [committed]: as above.
  all.fetch_sub(bytes, std::memory_order_relaxed);
  return false;
}

void shm_heap::give_back(shm_block* block, std::size_t bytes) noexcept {
  const auto offset = static_cast<off_t>(job_->offset_of(block));
  if (::fallocate(job_->fd(), FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset,
                  static_cast<off_t>(bytes)) == 0) {
    // ORD relaxed [committed]: as in commit.
    job_->header().committed.fetch_sub(bytes, std::memory_order_relaxed);
  }
}

}  // namespace twill::comm::detail
