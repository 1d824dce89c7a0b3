// SPDX-License-Identifier: Apache-2.0
// Relacy on the real deque: owner with one and two thieves, slots reused, growth. README:
// src/core/README-deque.md.
#include "par_model.hpp"
#include "twill/par/detail/deque.hpp"

namespace twill::par::model {
namespace {

struct item {
  rl::var<int> payload;
  rl::var<int> taken;
};

/// The owner runs a script of pushes and takes while each thief tries so many steals. Every item leaves at
/// most once, its payload is visible to whoever gets it, and none is left behind.
template <bool Fences, int Thieves, int Items, int TakeEvery, int Steals, int Capacity>
struct deque_race
    : rl::test_suite<deque_race<Fences, Thieves, Items, TakeEvery, Steals, Capacity>, 1 + Thieves> {
  using deque = detail::work_deque<checked_atomics<Fences>, item>;
  std::unique_ptr<deque> d;
  std::unique_ptr<item[]> items;

  void before() {
    d = std::make_unique<deque>(Capacity);
    items = std::make_unique<item[]>(Items);
    for (int i = 0; i < Items; ++i) items[i].taken(RL_INFO) = 0;
  }

  void got(item* it) {
    RL_ASSERT(it->payload(RL_INFO) == 7);
    // A plain variable: two takers are a data race or a second count.
    it->taken(RL_INFO) = it->taken(RL_INFO) + 1;
  }

  void thread(unsigned index) {
    if (index == 0) {
      for (int i = 0; i < Items; ++i) {
        items[i].payload(RL_INFO) = 7;
        d->push(&items[i]);
        if (i % TakeEvery == TakeEvery - 1) {
          if (item* const it = d->take()) got(it);
        }
      }
      while (item* const it = d->take()) got(it);
    } else {
      for (int i = 0; i < Steals; ++i) {
        if (const auto s = d->steal(); s.item != nullptr) got(s.item);
      }
    }
  }

  void after() {
    for (int i = 0; i < Items; ++i) RL_ASSERT(items[i].taken(RL_INFO) == 1);
    items.reset();
    d.reset();
  }
};

/// One slot's worth of room: what a thief reads is overwritten as early as it can be.
template <bool F>
using reuse = deque_race<F, 1, 5, 2, 4, 2>;
template <bool F>
using one_thief = deque_race<F, 1, 3, 3, 3, 4>;
template <bool F>
using two_thieves = deque_race<F, 2, 3, 2, 2, 2>;
template <bool F>
using growth = deque_race<F, 1, 4, 5, 3, 1>;

}  // namespace
}  // namespace twill::par::model

int main() {
  using namespace twill::par::model;
  using o = std::memory_order;
  const std::vector<table_row> fenced = {
      {"D2 push release fence: left out", {site::deque_push_publish}},
      {"D3 grown buffer published: release -> relaxed", {site::deque_push_buffer, o::relaxed}},
      {"D4 take seq_cst fence: left out", {site::deque_take_fence}},
      {"D8 steal seq_cst fence: left out", {site::deque_steal_fence}},
      {"D9 steal reads bottom: acquire -> relaxed", {site::deque_steal_bottom, o::relaxed}},
      {"D10 steal reads buffer: acquire -> relaxed", {site::deque_steal_buffer, o::relaxed}},
  };
  const std::vector<table_row> unfenced = {
      {"D2, D4 push publishes bottom: release -> relaxed", {site::deque_push_publish, o::relaxed}},
      {"D4 take stores bottom: seq_cst -> release", {site::deque_take_fence, o::release}},
      {"D5 take reads top: seq_cst -> acquire", {site::deque_take_top, o::acquire}},
      {"D9 steal reads bottom: seq_cst -> acquire", {site::deque_steal_bottom, o::acquire}},
      {"D11 steal claims: seq_cst -> relaxed", {site::deque_steal_cas, o::relaxed}},
      {"D11 steal claims: seq_cst -> acq_rel", {site::deque_steal_cas, o::acq_rel}},
  };
  constexpr unsigned long schedules = 100'000;
  return finish(check<one_thief<true>, two_thieves<true>, reuse<true>, growth<true>>("deque with fences",
                                                                                     schedules, fenced) |
                check<one_thief<false>, two_thieves<false>, reuse<false>, growth<false>>(
                    "deque without fences", schedules, unfenced));
}
