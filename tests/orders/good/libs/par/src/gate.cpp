// SPDX-License-Identifier: Apache-2.0
#include "twill/par/gate.hpp"

namespace twill::par {

struct node {
  node* next = nullptr;
  std::atomic<node*> head{nullptr};
};

void gate::set() {
  // Everything that is written above is seen by whoever finds the gate open.
  // ORD release [G1]: pairs with the acquire in open(); the count below
  // is read by the owner alone.
  state_.store(true, std::memory_order_release);
  state_.notify_all();  // ORD notify [G2]: the sleeper checks the state again after it wakes.
  // ORD acq_rel/relaxed: the winner sees what the loser published; the loser only retries.
  for (int expected = 0; !count_.compare_exchange_weak(expected, expected + 1, std::memory_order_acq_rel,
                                                       std::memory_order_relaxed);) {
  }
  if (
      // ORD relaxed: a hint, checked again under the lock.
      count_.load(std::memory_order_relaxed) > 0) {
    std::atomic_thread_fence(std::memory_order_seq_cst);  // ORD seq_cst [G3]: pairs with the fence of the sleeper.
  }
}

int with_order(std::atomic<int>& x, std::memory_order order) {
  // ORD forwarded: as the caller asks.
  return x.load(order);
}

template <class Atomics>
int policy_load(typename Atomics::template atomic<int>& word) {
  // ORD seq_cst: the model checker's atomics take the same orders.
  return word.load(std::memory_order_seq_cst);
}

template <class P>
struct ring {
  typename P::template atomic<int>* slots_ = nullptr;

  static void store(typename P::template atomic<int>& word, int value, std::memory_order order);
  void move(ring& other) {
    slots_ = other.slots_;
    // ORD relaxed: the owner's own slot.
    P::template store<0>(slots_[1], 2, std::memory_order_relaxed);
  }
};

void others(settings& s, window& w, std::condition_variable& sleepers, std::map<int, int>& table, node* list) {
  s.load("file.json");  // of another class
  s.store("file.json");
  w.fetch_add(1, 0, 8);
  sleepers.notify_all();
  table.clear();
  list->next = nullptr;
  std::atomic<int> local = 0;
  auto& alias = local;
  // ORD relaxed: one thread only.
  std::atomic_ref<node*>(list->next).store(nullptr, std::memory_order_relaxed);
  const char* text = "local.load() and ++local";
  static_cast<void>(text), static_cast<void>(alias);
}

}  // namespace twill::par
