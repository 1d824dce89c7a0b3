// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/atomics.hpp"

#include <cstddef>
#include <cstdint>

namespace twill::par::detail {

/// What a worker's parking word says. The word is the futex that the worker's thread waits on.
enum class parked : std::uint32_t {
  awake = 0,
  asleep = 1,      ///< inside a wait: counted as a sleeper, woken by jobs and by its latch
  idle = 2,        ///< as asleep, but in the main loop: the seat may be lent to a guest
  lent = 3,        ///< a guest sits here; the thread stays parked and is counted nowhere
  latch_only = 4,  ///< at a depth limit: must not take foreign jobs, so only its latch wakes it
};

template <class P>
struct parking_spot {
  typename P::template atomic<std::uint32_t> word{static_cast<std::uint32_t>(parked::awake)};
};

/// One reading of the counter word: jobs-event counter, sleepers and inactive workers.
struct sleep_word {
  std::uint64_t bits = 0;
  static constexpr std::uint64_t jec_mask = 0xffff'ffffU;
  static constexpr std::uint64_t one_sleeping = std::uint64_t{1} << 32U;
  static constexpr std::uint64_t one_inactive = std::uint64_t{1} << 48U;
  static constexpr std::uint64_t sleeping_mask = std::uint64_t{0xffffU} << 32U;

  [[nodiscard]] std::uint32_t jec() const noexcept { return static_cast<std::uint32_t>(bits & jec_mask); }
  [[nodiscard]] std::size_t sleeping() const noexcept { return (bits & sleeping_mask) >> 32U; }
  [[nodiscard]] std::size_t inactive() const noexcept { return bits >> 48U; }
  /// An even counter says that somebody is about to sleep and wants to hear of new jobs.
  [[nodiscard]] bool sleepy() const noexcept { return (bits & 1U) == 0; }
  [[nodiscard]] sleep_word next_jec() const noexcept {
    return {(bits & ~jec_mask) | ((bits + 1) & jec_mask)};
  }
};

/// Sleep and wake of one pool, after the jobs-event-counter scheme: src/core/README-sleep.md has states,
/// transitions and what each fence forbids; tests/model/par_sleep.cpp and par_sleep.pml check it.
///
/// Invariants:
///   (1) sleeping <= inactive <= workers;
///   (2) a worker is counted in `sleeping` from [S3] until the one thread that moves its word away from
///   asleep or idle
///       (the waker, a guest, or itself) subtracts it;
///   (3) a job that was injected before a worker looked last is seen by that worker, or its poster sees the
///   sleeper; (4) a latch that is set while its waiter goes to sleep is seen by the waiter, or its setter
///   sees the parked word.
template <class P>
class sleep_protocol {
 public:
  using spot = parking_spot<P>;

  /// Hot: does anybody want to hear of a new job? One load of a line that is not written in the steady state.
  [[nodiscard]] bool wants_notice() const noexcept {
    // ORD relaxed [S0]: a missed sleeper is harmless for a job in the poster's own deque: the poster runs it.
    const std::uint64_t bits = P::template load<site::sleep_relaxed>(word_, std::memory_order_relaxed);
    return (bits & (sleep_word::sleeping_mask | 1U)) != 1U;
  }

  [[nodiscard]] sleep_word read() const noexcept {
    // ORD relaxed [S0]: a hint; decisions are made again by CAS.
    return {P::template load<site::sleep_relaxed>(word_, std::memory_order_relaxed)};
  }

  /// Poster of a job that only its own pool's deque holds. Returns the counters after the event is counted.
  [[nodiscard]] sleep_word job_posted() noexcept {
    sleep_word now = read();
    while (now.sleepy()) {
      const sleep_word next = now.next_jec();
      // ORD relaxed [S1]: the counter's value alone tells the sleepy worker to look again; an injected job is
      // ordered by the fences [S2] and [S5], a deque job may be missed.
      if (P::template compare_exchange<site::sleep_announce>(
              word_, now.bits, next.bits, std::memory_order_relaxed, std::memory_order_relaxed)) {
        return next;
      }
    }
    return now;
  }

  /// Poster of an injected job, after it is in the queue: the sleepers are read after the push.
  [[nodiscard]] sleep_word job_injected() noexcept {
    // ORD seq_cst fence [S2]: push before reading the sleepers, against park before looking at the queue
    // [S5]; keeps (3).
    P::template fence<site::sleep_post_fence>(std::memory_order_seq_cst);
    return job_posted();
  }

  /// Sleepy worker: makes the counter even and remembers it.
  [[nodiscard]] std::uint32_t announce_sleepy() noexcept {
    sleep_word now = read();
    while (!now.sleepy()) {
      const sleep_word next = now.next_jec();
      // ORD relaxed [S1]: see job_posted.
      if (P::template compare_exchange<site::sleep_announce>(
              word_, now.bits, next.bits, std::memory_order_relaxed, std::memory_order_relaxed)) {
        return next.jec();
      }
    }
    return now.jec();
  }

  void became_inactive() noexcept {
    // ORD relaxed [S0]: a statistic that steers how many are woken.
    P::template fetch_add<site::sleep_relaxed>(word_, sleep_word::one_inactive, std::memory_order_relaxed);
  }
  /// Idle worker that found work or whose latch is set. A poster that still counted it on the idle side has
  /// pushed before this returns: the caller looks at the injector once more and wakes somebody for what it
  /// finds.
  void became_active() noexcept {
    // ORD relaxed [S12]: ordered before the caller's look by the fence.
    P::template fetch_sub<site::sleep_relaxed>(word_, sleep_word::one_inactive, std::memory_order_relaxed);
    // ORD seq_cst fence [S12]: uncounted before looking at the injector, against push before reading [S2];
    // keeps (3).
    P::template fence<site::sleep_active_fence>(std::memory_order_seq_cst);
  }

  /// Worker: sleeps as `kind` unless the counter moved since `jec` or `has_work()` finds something, and
  /// returns when awake.
  template <class HasWork>
  bool park(spot& s, parked kind, std::uint32_t jec, HasWork&& has_work) {
    if (!count_sleeping(jec)) return false;
    return park_counted(s, kind, true, has_work);
  }

  /// Worker at a depth limit: sleeps until its latch is set; jobs do not wake it and it is not counted.
  template <class HasWork>
  void park_on_latch(spot& s, HasWork&& has_work) {
    static_cast<void>(park_counted(s, parked::latch_only, false, has_work));
  }

  /// Setter of a latch whose waiter dozes: wakes it on whichever word of its seat it is parked.
  void unpark_waiter(spot& own, spot& guest) noexcept {
    // ORD seq_cst fence [L5]: latch set before reading the word, against park before probing [S5]; keeps (4).
    P::template fence<site::latch_setter_fence>(std::memory_order_seq_cst);
    if (!unpark(own, true)) static_cast<void>(unpark(guest, true));
  }

  /// Wakes this worker if it sleeps. True when this call is the one that woke it.
  bool unpark(spot& s, bool from_latch) noexcept {
    // ORD relaxed [S6]: the CAS below decides.
    std::uint32_t seen = P::template load<site::sleep_relaxed>(s.word, std::memory_order_relaxed);
    for (;;) {
      const bool counted = seen == value(parked::asleep) || seen == value(parked::idle);
      if (!counted && !(from_latch && seen == value(parked::latch_only))) return false;
      // ORD relaxed [S6]: a wake carries no data; what a guest returned [S10] passes on to [S8] by the
      // release sequence.
      if (P::template compare_exchange<site::sleep_unpark>(
              s.word, seen, value(parked::awake), std::memory_order_relaxed, std::memory_order_relaxed)) {
        // The waker subtracts, so that other posters see the true number of sleepers at once; keeps (2).
        if (counted) count_awake();
        P::wake(s.word);
        return true;
      }
    }
  }

  /// Guest: takes the seat of a worker that sleeps in its main loop.
  [[nodiscard]] bool try_borrow(spot& s) noexcept {
    std::uint32_t expected = value(parked::idle);
    // ORD acquire [S9]: the seat as its last owner left it; pairs with [S4] and [S10].
    if (!P::template compare_exchange<site::sleep_lend>(
            s.word, expected, value(parked::lent), std::memory_order_acquire, std::memory_order_relaxed)) {
      return false;
    }
    // ORD relaxed [S0]: counters; the seat was sleeping and inactive and is neither now. Keeps (2).
    P::template fetch_sub<site::sleep_relaxed>(word_, sleep_word::one_sleeping + sleep_word::one_inactive,
                                               std::memory_order_relaxed);
    return true;
  }

  /// Guest: gives the seat back asleep. The caller looks at the injector afterwards and wakes somebody for
  /// what it finds.
  void return_asleep(spot& s) noexcept {
    // ORD relaxed [S3]: counted before the word says idle, as in park; keeps (2).
    P::template fetch_add<site::sleep_count>(word_, sleep_word::one_sleeping + sleep_word::one_inactive,
                                             std::memory_order_relaxed);
    // ORD release [S10]: the seat's plain members go to its next owner; pairs with [S8] and [S9].
    P::template store<site::sleep_return>(s.word, value(parked::idle), std::memory_order_release);
    // ORD seq_cst fence [S11]: idle before the caller looks at the injector, against push before reading
    // [S2]; keeps (3).
    P::template fence<site::sleep_return_fence>(std::memory_order_seq_cst);
  }

  /// Guest: gives the seat back to its thread, awake, because there is work in it.
  void return_awake(spot& s) noexcept {
    became_inactive();
    // ORD release [S10]: see return_asleep.
    P::template store<site::sleep_return>(s.word, value(parked::awake), std::memory_order_release);
    P::wake(s.word);
  }

 private:
  static constexpr std::uint32_t value(parked p) noexcept { return static_cast<std::uint32_t>(p); }

  [[nodiscard]] bool count_sleeping(std::uint32_t jec) noexcept {
    sleep_word now = read();
    while (now.jec() == jec) {
      // ORD relaxed [S3]: counted before the word says asleep; the fence [S5] orders both before the last
      // look.
      if (P::template compare_exchange<site::sleep_count>(
              word_, now.bits, now.bits + sleep_word::one_sleeping, std::memory_order_relaxed,
              std::memory_order_relaxed)) {
        return true;
      }
    }
    return false;
  }

  void count_awake() noexcept {
    // ORD relaxed [S0]: a counter; which thread may subtract is decided by the parking word. Keeps (2).
    P::template fetch_sub<site::sleep_relaxed>(word_, sleep_word::one_sleeping, std::memory_order_relaxed);
  }

  template <class HasWork>
  bool park_counted(spot& s, parked kind, bool counted, HasWork& has_work) {
    // ORD release [S4]: a guest that borrows the seat [S9] gets its plain members.
    P::template store<site::sleep_park>(s.word, value(kind), std::memory_order_release);
    // ORD seq_cst fence [S5]: parked before the last look; pairs with [S2], [L5]. Keeps (3) and (4).
    P::template fence<site::sleep_park_fence>(std::memory_order_seq_cst);
    if (has_work()) {
      std::uint32_t expected = value(kind);
      // ORD acquire [S7]: back awake by itself; on failure a waker or a guest was faster, and the loop below
      // sees it.
      if (P::template compare_exchange<site::sleep_withdraw>(
              s.word, expected, value(parked::awake), std::memory_order_acquire, std::memory_order_relaxed)) {
        if (counted) count_awake();
        return false;
      }
    }
    for (;;) {
      // ORD acquire [S8]: the seat as a guest left it [S10].
      const std::uint32_t seen = P::template load<site::sleep_woken>(s.word, std::memory_order_acquire);
      if (seen == value(parked::awake)) return true;
      P::wait(s.word, seen);
    }
  }

  typename P::template atomic<std::uint64_t> word_{1};
};

}  // namespace twill::par::detail
