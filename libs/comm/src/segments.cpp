// SPDX-License-Identifier: Apache-2.0
#include "twill/comm/detail/segments.hpp"

#include "shm/futex.hpp"
#include "shm/shm_endpoint.hpp"
#include "twill/comm/detail/calls.hpp"
#include "twill/comm/window.hpp"

#include <climits>

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <sched.h>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace twill::comm::detail {
namespace {

constexpr std::size_t no_size = ~std::size_t{0};

[[noreturn]] void refuse(const context& c, op_kind kind, std::size_t bytes) {
  fail(errc::allocation_failed, c.site(kind),
       (bytes == no_size ? std::string("a size that no address can have")
                         : "no room for " + std::to_string(bytes) + " shared bytes (TWILL_SHM_BYTES)"),
       {.requested = bytes});
}

std::byte* align_up(std::byte* p, std::size_t alignment) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  return p + ((address + alignment - 1) / alignment * alignment - address);
}

struct block_header {
  std::uint64_t offset;  // of the words; 0: it could not be allocated
  std::uint64_t data;
  std::uint64_t bytes;
};

}  // namespace

void check_alignment(const context& c, op_kind kind, std::size_t alignment) {
  constexpr std::size_t most_alignment = std::size_t{2} << 20U;
  if (!std::has_single_bit(alignment) || alignment > most_alignment) {
    fail(errc::invalid_argument, c.site(kind),
         "alignment " + std::to_string(alignment) + ", expected a power of two up to " +
             std::to_string(most_alignment),
         {.expected = most_alignment, .actual = alignment});
  }
}

segments share(const local_engine& e, op_kind kind, const segment_request& r) {
  check_alignment(e.ctx(), kind, r.alignment);
  const std::size_t alignment = std::max(r.alignment, cache_line);
  // A size beyond what addresses can tell apart is refused before the rounding below could wrap.
  if (r.bytes > no_size / 4) refuse(e.ctx(), kind, r.bytes);
  const std::size_t total = sizeof(segment_words) + alignment + r.bytes;
  // From the kernel, which gives zero pages, refuses what the machine cannot hold, and has no limit of an
  // allocator's.
  void* const pages = ::mmap(nullptr, total, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) refuse(e.ctx(), kind, r.bytes);
  auto* const raw = static_cast<std::byte*>(pages);
  std::shared_ptr<void> hold(raw, [total](void* p) { ::munmap(p, total); });
  auto* const words = ::new (raw) segment_words{};
  std::byte* const data = align_up(raw + sizeof(segment_words), alignment);
  return {{data}, {r.bytes}, {words}, std::move(hold), r.contiguous};
}

segments share(const shm_engine& e, op_kind kind, const segment_request& r) {
  check_alignment(e.ctx(), kind, r.alignment);
  const std::size_t alignment = std::max(r.alignment, cache_line);
  const auto n = static_cast<std::size_t>(e.size());
  auto& here = static_cast<shm_endpoint&>(*e.ctx().ep);
  const caller c{e.ctx(), kind, e.rank(), e.size(), true};

  std::vector<std::size_t> bytes(n);
  const std::vector<std::size_t> mine_bytes{r.bytes};
  auto first = calls::allgather(c, mine_bytes, bytes);
  e.run(kind, first);
  std::size_t total = 0;
  bool too_large = false;
  for (const std::size_t b : bytes) {
    too_large = too_large || b > here.heap().limit() || total + b > here.heap().limit();
    total = too_large ? total : total + b;
  }
  if (too_large) refuse(e.ctx(), kind, *std::max_element(bytes.begin(), bytes.end()));

  const std::size_t own = r.contiguous ? (e.rank() == 0 ? total : 0) : r.bytes;
  block_header mine{};
  shm_block* const block =
      here.heap().allocate(sizeof(segment_words) + alignment + own, static_cast<std::uint32_t>(n));
  if (block != nullptr) {
    std::byte* const data = align_up(block->data() + sizeof(segment_words), alignment);
    std::memset(static_cast<void*>(block->data()), 0, sizeof(segment_words));
    if (r.zero && own != 0) std::memset(data, 0, own);
    mine = {here.job().offset_of(block->data()), here.job().offset_of(data), own};
  }
  std::vector<block_header> all(n);
  const std::vector<block_header> mine_header{mine};
  auto second = calls::allgather(c, mine_header, all);
  e.run(kind, second);

  struct claims {
    std::shared_ptr<endpoint> ep;
    std::vector<shm_block*> blocks;
    ~claims() {
      for (shm_block* b : blocks) b->release();
    }
  };
  auto held = std::make_shared<claims>();
  held->ep = e.ctx().ep;
  segments out;
  out.contiguous = r.contiguous;
  out.bytes = bytes;
  bool failed = false;
  std::size_t at = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (all[i].offset == 0) {
      failed = true;
      continue;
    }
    std::byte* const words = here.job().at(all[i].offset);
    held->blocks.push_back(reinterpret_cast<shm_block*>(words) - 1);
    out.words.push_back(reinterpret_cast<segment_words*>(words));
    out.base.push_back(r.contiguous ? here.job().at(all[0].data) + at : here.job().at(all[i].data));
    at += bytes[i];
  }
  if (failed) refuse(e.ctx(), kind, *std::max_element(bytes.begin(), bytes.end()));
  out.hold = std::move(held);
  return out;
}

void lock_segment(context& c, segment_words& w, int target, bool exclusive) {
  const auto take = [&] {
    if (exclusive) {
      std::uint32_t free = 0;
      // ORD acquire [window-lock]: pairs with unlock_segment: what the last holder wrote is seen.
      return w.lock.compare_exchange_strong(free, exclusive_bit, std::memory_order_acquire,
                                            std::memory_order_relaxed);
    }
    // ORD relaxed [window-lock]: a guess; the exchange decides.
    std::uint32_t seen = w.lock.load(std::memory_order_relaxed);
    while ((seen & exclusive_bit) == 0) {
      // ORD acquire [window-lock]: as above.
      if (w.lock.compare_exchange_weak(seen, seen + 1, std::memory_order_acquire, std::memory_order_relaxed))
        return true;
    }
    return false;
  };
  constexpr int looks = 64;
  for (int i = 0; i < looks; ++i) {
    if (take()) return;
    ::sched_yield();
  }
  const auto begin = std::chrono::steady_clock::now();
  struct asleep {
    segment_words& w;
    // ORD relaxed [window-lock]: a sleeper too many costs a system call, no more.
    ~asleep() { w.sleepers.fetch_sub(1, std::memory_order_relaxed); }
  } const at_end{w};
  // ORD seq_cst [window-lock]: against unlock_segment: either it sees this sleeper, or `take` below sees it
  // unlocked.
  w.sleepers.fetch_add(1, std::memory_order_seq_cst);
  for (;;) {
    // ORD seq_cst [window-lock]: taken before the try, see above; the kernel compares it again.
    const std::uint32_t seen = w.lock.load(std::memory_order_seq_cst);
    if (take()) return;
    if (seen != 0) futex_wait(w.lock, seen, health_interval);
    // A holder that died never unlocks: its job has failed, and that is what a waiter is told.
    (void)c.ep->check_health(c.site(op_kind::window_lock), any_source);
    const auto limit = c.ep->options().timeout;
    if (limit.count() > 0 && std::chrono::steady_clock::now() - begin > limit) {
      fail(errc::timed_out, c.site(op_kind::window_lock),
           "the lock of rank " + std::to_string(target) + " is held", {.peer = target});
    }
  }
}

void unlock_segment(segment_words& w, bool exclusive) noexcept {
  // ORD seq_cst [window-lock]: release publishes what the holder wrote; the total order is against
  // `sleepers`.
  w.lock.fetch_sub(exclusive ? exclusive_bit : 1U, std::memory_order_seq_cst);
  // ORD seq_cst [window-lock]: see lock_segment.
  if (w.sleepers.load(std::memory_order_seq_cst) != 0) futex_wake(w.lock, INT_MAX);
}

std::pair<int, int> overlapping(const std::vector<std::vector<std::size_t>>& ranges) {
  struct piece {
    std::size_t begin;
    std::size_t end;
    int rank;
  };
  std::vector<piece> all;
  for (std::size_t r = 0; r < ranges.size(); ++r) {
    for (std::size_t i = 0; i + 1 < ranges[r].size(); i += 2) {
      if (ranges[r][i] < ranges[r][i + 1])
        all.push_back({ranges[r][i], ranges[r][i + 1], static_cast<int>(r)});
    }
  }
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = i + 1; j < all.size(); ++j) {
      if (all[i].rank != all[j].rank && all[i].begin < all[j].end && all[j].begin < all[i].end)
        return {all[i].rank, all[j].rank};
    }
  }
  return {-1, -1};
}

void guard_outlives_window() noexcept {
  constexpr std::string_view text =
      "comm: a window was destroyed or moved while a guard holds one of its locks\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
  std::terminate();
}

}  // namespace twill::comm::detail
