// SPDX-License-Identifier: Apache-2.0
#include "core/registry.hpp"

#include <algorithm>
#include <chrono>
#include <pthread.h>
#include <sched.h>

namespace twill::par::detail {

constinit thread_local worker* current_worker_slot = nullptr;

namespace {

// Beyond these a waiting worker takes no unrelated work on top of its stack.
constexpr std::size_t deepest_steal = 64;
constexpr std::size_t least_stack = std::size_t{128} * 1024;

constinit thread_local std::size_t stack_bottom = 0;
constinit thread_local std::size_t stack_reserve = 0;

void find_stack_bounds() noexcept {
  pthread_attr_t attributes;
  stack_bottom = 1;
  if (pthread_getattr_np(pthread_self(), &attributes) != 0) return;
  void* lowest = nullptr;
  std::size_t size = 0;
  if (pthread_attr_getstack(&attributes, &lowest, &size) == 0) {
    stack_bottom = reinterpret_cast<std::size_t>(lowest);
    stack_reserve = std::min(least_stack, size / 4);
  }
  pthread_attr_destroy(&attributes);
}

[[nodiscard]] bool stack_is_low() noexcept {
  if (stack_bottom == 0) find_stack_bounds();
  return stack_left() < stack_reserve;
}

void pause_briefly(unsigned rounds) noexcept {
  for (unsigned i = 0; i < rounds; ++i) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }
}

/// How an idle worker spends the time between two rounds of search: pauses that grow, then yields, within a
/// time bound.
class idle_time {
 public:
  idle_time(idle_policy policy, bool oversubscribed) noexcept : oversubscribed_(oversubscribed) {
    using std::chrono::microseconds;
    budget_ = policy == idle_policy::throughput ? microseconds(200)
              : policy == idle_policy::balanced ? microseconds(30)
                                                : microseconds(0);
    // With more workers than CPUs a spinning worker takes the time of the one it waits for.
    if (oversubscribed_) budget_ /= 4;
  }

  /// True after a pause; false once the time is up.
  [[nodiscard]] bool pass() noexcept {
    const auto now = std::chrono::steady_clock::now();
    if (rounds_ == 0) start_ = now;
    const auto spent = now - start_;
    if (spent >= budget_) return false;
    if (oversubscribed_ || spent >= budget_ / 2) {
      sched_yield();
    } else {
      pause_briefly(1U << std::min(rounds_, 5U));
    }
    ++rounds_;
    return true;
  }
  void restart() noexcept { rounds_ = 0; }

 private:
  std::chrono::steady_clock::duration budget_{};
  std::chrono::steady_clock::time_point start_{};
  unsigned rounds_ = 0;
  bool oversubscribed_;
};

void count(std::atomic<std::uint64_t>& counter) noexcept {
  // ORD relaxed [R0]: a statistic with one writer.
  counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

}  // namespace

std::size_t stack_left() noexcept {
  const auto here = reinterpret_cast<std::size_t>(__builtin_frame_address(0));
  return here > stack_bottom ? here - stack_bottom : 0;
}

worker::worker(registry& pool, sleep_protocol<std_atomics>& sleep, std::size_t index)
    : pool_(&pool), sleep_(&sleep), index_(index), extra_(new worker_extra) {
  // Any odd start differs from seat to seat; zero would never leave zero.
  extra_->random_state = 0x9e37'79b9'7f4a'7c15U * (index + 1) | 1U;
}

worker::~worker() { delete extra_; }

void worker::notify_pushed() noexcept {
  const sleep_word now = sleep_->job_posted();
  if (now.sleeping() == 0) return;
  // A queue that grows while others sleep needs one more; the first job of a queue only if nobody is looking
  // already.
  if (deque_.size_hint() > 1 || now.inactive() <= now.sleeping()) pool_->wake_sleepers(1);
}

void worker::wait_slow(latch& l, const std::atomic<worker*>* thief, bool other_pool) {
  worker_extra& mine = *extra_;
  registry& pool = *pool_;
  const bool in_main_loop = &l == &mine.terminate;
  // A wait for another pool may need what that pool sends here, so that only the stack limits it.
  const bool limited =
      !in_main_loop && (stack_is_low() || (!other_pool && mine.steal_depth >= deepest_steal));
  const parked kind = in_main_loop && mine.has_thread ? parked::idle : parked::asleep;
  parking_spot<std_atomics>& spot = mine.has_guest ? guest_spot_ : own_spot_;

  while (!l.probe()) {
    if (job* const own = take()) {
      run(own);
      continue;
    }
    if (job* const broadcast = mine.broadcasts.pop()) {
      run(broadcast);
      continue;
    }
    // A worker at its limit is no help to anybody: it is neither counted idle nor as a sleeper.
    if (!limited) sleep_->became_inactive();
    idle_time idle(pool.plan().idle, pool.plan().oversubscribed);
    bool announced = false;
    std::uint32_t jec = 0;
    job* found = nullptr;
    while (!l.probe()) {
      if (limited) {
        // ORD relaxed [J1]: a hint; the seat it names lives as long as the pool.
        worker* const helper = thief != nullptr ? thief->load(std::memory_order_relaxed) : nullptr;
        if (helper != nullptr) found = pool.find_from(*this, *helper);
      } else {
        found = pool.find_foreign(*this);
      }
      if (found == nullptr) found = mine.broadcasts.pop();
      if (found != nullptr) break;
      if (idle.pass()) continue;
      if (limited) {
        if (l.doze()) {
          count(mine.sleeps);
          sleep_->park_on_latch(spot, [&] { return l.probe() || !mine.broadcasts.empty(); });
          l.rouse();
        }
        continue;
      }
      if (!announced) {
        // One more round of search follows: a job posted from here on moves the counter away from `jec`.
        jec = sleep_->announce_sleepy();
        announced = true;
        continue;
      }
      announced = false;
      if (!l.doze()) continue;
      const bool slept = sleep_->park(
          spot, kind, jec, [&] { return l.probe() || pool.has_injected() || !mine.broadcasts.empty(); });
      l.rouse();
      if (slept) {
        count(mine.sleeps);
        idle.restart();
        // A guest that sat here meanwhile may have left jobs in the deque.
        found = take();
        if (found != nullptr) break;
      }
    }
    if (!limited) pool.active_again(*this);
    if (found != nullptr) {
      ++mine.steal_depth;
      run(found);
      --mine.steal_depth;
    }
  }
}

job* registry::find_from(worker& w, worker& thief) noexcept {
  for (;;) {
    const steal_result<job> got = thief.steal();
    if (got.status == steal_status::retry) continue;
    if (got.item != nullptr) count(w.extra().stolen);
    return got.item;
  }
}

job* registry::find_foreign(worker& w) noexcept {
  const std::size_t n = seats_.size();
  worker_extra& mine = w.extra();
  if (n > 1) {
    // xorshift64* (Marsaglia 2003, Vigna 2016): victims from a random start, so that thieves spread.
    std::uint64_t x = mine.random_state;
    x ^= x >> 12U;
    x ^= x << 25U;
    x ^= x >> 27U;
    mine.random_state = x;
    const std::size_t start = static_cast<std::size_t>((x * 0x2545'f491'4f6c'dd1dU) >> 33U) % n;
    for (bool again = true; again;) {
      again = false;
      for (std::size_t k = 0; k < n; ++k) {
        const std::size_t victim = start + k < n ? start + k : start + k - n;
        if (victim == w.index()) continue;
        const steal_result<job> got = seats_[victim]->steal();
        if (got.status == steal_status::taken) {
          count(mine.stolen);
          return got.item;
        }
        again = again || got.status == steal_status::retry;
      }
    }
  }
  job* const injected = injector_.pop();
  if (injected != nullptr) count(mine.injected);
  return injected;
}

void registry::active_again(worker& w) noexcept {
  sleep_.became_active();
  if (sleep_.read().sleeping() == 0) return;
  // Work that is left where this worker looked: somebody else should have it. Deques may be missed, the
  // injector not.
  bool more = has_injected();
  for (std::size_t i = 0; i < seats_.size() && !more; ++i)
    more = i != w.index() && !seats_[i]->deque_looks_empty();
  if (more) wake_sleepers(1);
}

void registry::wake_sleepers(std::size_t n) noexcept {
  for (std::size_t i = 0; i < seats_.size() && n > 0; ++i) {
    if (seats_[i]->wake_for_work()) --n;
  }
}

}  // namespace twill::par::detail
