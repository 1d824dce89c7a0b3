// SPDX-License-Identifier: Apache-2.0
// Relacy on the real sleep protocol and latch: jobs that are injected and latches that are set while workers
// fall asleep, seats that are lent. A lost wake-up is a livelock here. README: src/core/README-sleep.md,
// README-latch.md.
#include "par_model.hpp"
#include "twill/par/detail/latch.hpp"
#include "twill/par/detail/sleep.hpp"

namespace twill::par::model {
namespace {

using policy = checked_atomics<true>;
using protocol = detail::sleep_protocol<policy>;
using spot = detail::parking_spot<policy>;
using latch = detail::basic_latch<policy>;
using detail::parked;

/// Injector and the poster's and the worker's rules of registry.cpp and worker.cpp, with no order of their
/// own.
struct pool {
  protocol sleep;
  rl::atomic<int> jobs{0};
  spot own[2];
  spot guest[2];
  /// A plain member of seat 0, touched by whoever owns the seat.
  rl::var<int>* member = nullptr;

  [[nodiscard]] bool has_jobs() { return jobs.load(rl::mo_relaxed, RL_INFO) > 0; }

  bool pop() {
    int n = jobs.load(rl::mo_relaxed, RL_INFO);
    while (n > 0) {
      if (jobs.compare_exchange_strong(n, n - 1, rl::mo_relaxed, RL_INFO, rl::mo_relaxed, RL_INFO))
        return true;
    }
    return false;
  }

  void wake_one() {
    for (int i = 0; i < 2; ++i) {
      if (sleep.unpark(own[i], false) || sleep.unpark(guest[i], false)) return;
    }
  }

  void inject() {
    jobs.fetch_add(1, rl::mo_relaxed, RL_INFO);
    const auto now = sleep.job_injected();
    if (now.sleeping() != 0 && now.inactive() <= now.sleeping()) wake_one();
  }

  /// Searches and sleeps until `done()`; takes jobs when `takes`. Returns true when it took a job.
  template <class Done, class HasWork>
  bool wait(int seat, parked kind, latch* l, bool takes, Done done, HasWork has_work) {
    sleep.became_inactive();
    bool took = false;
    bool announced = false;
    std::uint32_t jec = 0;
    while (!done()) {
      if (takes && pop()) {
        took = true;
        break;
      }
      if (!announced) {
        jec = sleep.announce_sleepy();
        announced = true;
        continue;
      }
      announced = false;
      if (l != nullptr && !l->doze()) continue;
      sleep.park(own[seat], kind, jec, has_work);
      if (member != nullptr) (*member)(RL_INFO) = (*member)(RL_INFO) + 1;
      if (l != nullptr) l->rouse();
    }
    sleep.became_active();
    if (sleep.read().sleeping() != 0 && has_jobs()) wake_one();
    return took;
  }
};

struct base {
  std::unique_ptr<pool> p;
  void make() { p = std::make_unique<pool>(); }
  /// Nobody sleeps and nobody searches once all threads ended: the counters are back where they began.
  void balanced() {
    RL_ASSERT(p->sleep.read().sleeping() == 0);
    RL_ASSERT(p->sleep.read().inactive() == 0);
    p.reset();
  }
};

/// An injected job is never missed by the one worker that falls asleep.
struct inject_while_falling_asleep : rl::test_suite<inject_while_falling_asleep, 2>, base {
  void before() { make(); }
  void thread(unsigned index) {
    if (index == 0) {
      p->inject();
    } else {
      p->wait(0, parked::idle, nullptr, true, [] { return false; }, [&] { return p->has_jobs(); });
    }
  }
  void after() { balanced(); }
};

/// Two jobs, two workers: each worker gets one, whoever was counted as awake.
struct two_jobs_two_workers : rl::test_suite<two_jobs_two_workers, 3>, base {
  void before() { make(); }
  void thread(unsigned index) {
    if (index == 0) {
      p->inject();
      p->inject();
    } else {
      p->wait(
          static_cast<int>(index) - 1, parked::idle, nullptr, true, [] { return false; },
          [&] { return p->has_jobs(); });
    }
  }
  void after() { balanced(); }
};

/// A latch that is set while its waiter falls asleep; the result is plain data.
struct latch_while_falling_asleep : rl::test_suite<latch_while_falling_asleep, 2>, base {
  std::unique_ptr<latch> l;
  rl::var<int> result;
  void before() {
    make();
    l = std::make_unique<latch>();
  }
  void thread(unsigned index) {
    if (index == 0) {
      result(RL_INFO) = 5;
      if (l->set()) p->sleep.unpark_waiter(p->own[0], p->guest[0]);
    } else {
      p->wait(0, parked::asleep, l.get(), false, [&] { return l->probe(); }, [&] { return l->probe(); });
      RL_ASSERT(result(RL_INFO) == 5);
    }
  }
  void after() {
    l.reset();
    balanced();
  }
};

/// The same at a depth limit: only the latch wakes the waiter.
struct latch_only_waiter : rl::test_suite<latch_only_waiter, 2>, base {
  std::unique_ptr<latch> l;
  rl::var<int> result;
  void before() {
    make();
    l = std::make_unique<latch>();
  }
  void thread(unsigned index) {
    if (index == 0) {
      result(RL_INFO) = 5;
      if (l->set()) p->sleep.unpark_waiter(p->own[0], p->guest[0]);
    } else {
      while (!l->probe()) {
        if (!l->doze()) continue;
        p->sleep.park_on_latch(p->own[0], [&] { return l->probe(); });
        l->rouse();
      }
      RL_ASSERT(result(RL_INFO) == 5);
    }
  }
  void after() {
    l.reset();
    balanced();
  }
};

/// A worker whose latch is set leaves the search without the job that a poster left to it: it must pass it
/// on.
struct searcher_leaves : rl::test_suite<searcher_leaves, 3>, base {
  std::unique_ptr<latch> l;
  void before() {
    make();
    l = std::make_unique<latch>();
  }
  void thread(unsigned index) {
    if (index == 0) {
      if (l->set()) p->sleep.unpark_waiter(p->own[0], p->guest[0]);
      p->inject();
    } else if (index == 1) {
      p->wait(
          0, parked::asleep, l.get(), false, [&] { return l->probe(); },
          [&] { return l->probe() || p->has_jobs(); });
    } else {
      p->wait(1, parked::idle, nullptr, true, [] { return false; }, [&] { return p->has_jobs(); });
    }
  }
  void after() {
    l.reset();
    balanced();
  }
};

/// A guest borrows the seat while jobs arrive, and returns it asleep or awake. The seat's members are plain
/// data with one owner at a time, and the job is run by the seat's thread in the end.
template <bool ReturnsAwake>
struct guest_on_the_seat : rl::test_suite<guest_on_the_seat<ReturnsAwake>, 3>, base {
  rl::var<int> seat_member;
  void before() {
    make();
    seat_member(RL_INFO) = 0;
    p->member = &seat_member;
  }
  void thread(unsigned index) {
    if (index == 0) {
      p->inject();
    } else if (index == 1) {
      for (int k = 0; k < 3; ++k) {
        if (!p->sleep.try_borrow(p->own[0])) continue;
        seat_member(RL_INFO) = seat_member(RL_INFO) + 1;
        if constexpr (ReturnsAwake) {
          p->sleep.return_awake(p->own[0]);
        } else {
          p->sleep.return_asleep(p->own[0]);
          if (p->has_jobs()) p->sleep.unpark(p->own[0], true);
        }
        break;
      }
    } else {
      p->wait(0, parked::idle, nullptr, true, [] { return false; }, [&] { return p->has_jobs(); });
    }
  }
  void after() { balanced(); }
};

}  // namespace
}  // namespace twill::par::model

int main() {
  using namespace twill::par::model;
  using o = std::memory_order;
  const std::vector<table_row> rows = {
      {"L1 probe: acquire -> relaxed", {site::latch_probe, o::relaxed}},
      {"L2 set: release -> relaxed", {site::latch_set, o::relaxed}},
      {"L5 setter's fence: left out", {site::latch_setter_fence}},
      {"S2 poster's fence: left out", {site::sleep_post_fence}},
      {"S4 park: release -> relaxed", {site::sleep_park, o::relaxed}},
      {"S5 park's fence: left out", {site::sleep_park_fence}},
      {"S7 withdraw: acquire -> relaxed", {site::sleep_withdraw, o::relaxed}},
      {"S8 woken: acquire -> relaxed", {site::sleep_woken, o::relaxed}},
      {"S9 borrow: acquire -> relaxed", {site::sleep_lend, o::relaxed}},
      {"S10 return: release -> relaxed", {site::sleep_return, o::relaxed}},
      {"S11 return's fence: left out", {site::sleep_return_fence}},
      {"S12 leaving the search, fence: left out", {site::sleep_active_fence}},
  };
  return finish(check<inject_while_falling_asleep, two_jobs_two_workers, latch_while_falling_asleep,
                      latch_only_waiter, searcher_leaves, guest_on_the_seat<false>, guest_on_the_seat<true>>(
      "sleep protocol", 100'000, rows));
}
