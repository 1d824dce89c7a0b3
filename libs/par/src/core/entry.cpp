// SPDX-License-Identifier: Apache-2.0
// What the header templates call: entering a pool, spawning, waiting.
#include "core/global.hpp"
#include "core/registry.hpp"
#include "twill/par/detail/spawn_impl.hpp"

#include <chrono>

namespace twill::par::detail {
namespace {

constexpr std::uint32_t word_unset = 0;
constexpr std::uint32_t word_waiting = 1;
constexpr std::uint32_t word_set = 2;

}  // namespace

void completion::set(registry& setter) noexcept {
  worker* const waiter = waiter_;
  if (waiter == nullptr) {
    std::atomic<std::uint32_t>& word = word_;
    // ORD acq_rel [W1]: publishes the result to the waiter's load; after this line *this may be gone.
    if (word.exchange(word_set, std::memory_order_acq_rel) == word_waiting) std_atomics::wake(word);
    return;
  }
  // The waiter may return and end its own pool as soon as it sees the latch: that pool is held across the
  // wake.
  std::shared_ptr<registry> keep;
  if (&waiter->pool() != &setter) keep = waiter->pool().shared_from_this();
  if (latch_.set()) waiter->wake_for_latch();
}

void completion::wait(registry& setter) {
  if (waiter_ != nullptr) {
    waiter_->wait(latch_, nullptr, &waiter_->pool() != &setter);
    return;
  }
  // Short work comes back within this, and so does a worker that has to wake first; longer work is worth the
  // sleep. A setter that has to wake this thread pays a system call, and meanwhile its pool goes to sleep.
  const auto spin = std::chrono::microseconds(setter.plan().oversubscribed ? 5 : 20);
  const auto start = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - start < spin) {
    for (int i = 0; i < 16; ++i) {
      // ORD acquire [W1]: the result, from the setter's exchange.
      if (word_.load(std::memory_order_acquire) == word_set) return;
#if defined(__x86_64__)
      __builtin_ia32_pause();
#endif
    }
  }
  std::uint32_t seen = word_unset;
  // ORD acq_rel [W1]: tells the setter to wake; on failure the result is acquired.
  if (!word_.compare_exchange_strong(seen, word_waiting, std::memory_order_acq_rel,
                                     std::memory_order_acquire))
    return;
  // ORD acquire [W1]: the result, from the setter's exchange.
  while (word_.load(std::memory_order_acquire) != word_set) std_atomics::wait(word_, word_waiting);
}

void enter(registry* pool, seat_call call, bool guest) {
  worker* const seat = current_worker();
  if (seat != nullptr && (pool == nullptr || &seat->pool() == pool)) {
    call.run(call.target, *seat, false);
    return;
  }
  registry& target = pool != nullptr ? *pool : global_registry();
  if (seat != nullptr) {
    target.enter_from(*seat, call);
  } else {
    target.enter_from_outside(call, guest);
  }
}

void push_or_inject(registry& pool, job* j) {
  worker* const seat = current_worker();
  if (seat != nullptr && &seat->pool() == &pool) {
    seat->push(j);
  } else {
    pool.inject(j);
  }
}

void push_fifo_or_inject(registry& pool, job* j) {
  worker* const seat = current_worker();
  if (seat != nullptr && &seat->pool() == &pool) {
    fifo_job& fifo = seat->extra().spawned_fifo;
    fifo.queue.push(j);
    seat->push(&fifo);
  } else {
    pool.inject(j);
  }
}

registry& current_or_global() {
  worker* const seat = current_worker();
  return seat != nullptr ? seat->pool() : global_registry();
}

std::size_t worker_count(const registry& pool) noexcept { return pool.size(); }

void inject_broadcast(registry& pool, job* const* jobs) { pool.inject_broadcast(jobs); }

void detached_added(registry& pool, std::size_t n) { pool.add_detached(n); }

void detached_ended(registry& pool, std::exception_ptr error, const char* kind) noexcept {
  if (error != nullptr) pool.handle_panic(std::move(error), kind);
  pool.end_detached();
}

bool detached_discarded(const registry& pool) noexcept { return pool.discards(); }

}  // namespace twill::par::detail
