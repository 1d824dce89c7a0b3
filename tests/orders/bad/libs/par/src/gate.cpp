// SPDX-License-Identifier: Apache-2.0
#include "twill/par/gate.hpp"

namespace twill::par {

using counter = std::atomic<long>;
counter total{0};

template <class Atomics>
struct policy {
  typename Atomics::template atomic<int> ticket;
  typename Atomics::atomic_type top;
};

void gate::set() {
  // ORD release: pairs with the acquire in open().
  state_.store(true);

  state_.store(true, std::memory_order_release);

  // ORD relaxed: says one order where the code has another.
  state_.store(true, std::memory_order_release);
  // A comment of another kind.
  state_.notify_all();
  // ORD seq_cst: a blank line parts this from the fence.

  std::atomic_thread_fence(std::memory_order_seq_cst);
  ++count_;
  count_ += 2;
  this->count_ = 3;
  if (waiting_ > 0) return;
  int seen = count_;
  slots_[0]++;
  slots_[seen].fetch_add(1);
  busy_.test_and_set(std::memory_order_acquire);
  long plain = 0;
  std::atomic_ref(plain).store(1);
  std::atomic_ref<long> shared(plain);
  shared.fetch_add(1, std::memory_order_relaxed);
  total.store(1);
}

template <class Atomics>
bool take(policy<Atomics>& p, int wanted) {
  p.ticket.fetch_sub(1);
  return p.top.compare_exchange_strong(
      wanted, 1, std::memory_order_acq_rel, std::memory_order_relaxed);
}

template <class P>
void through_policy(typename P::template atomic<int>& word) {
  P::template store<1>(word, 1, std::memory_order_release);
  // ORD acquire: pairs with the store above.
  P::template load<1>(word);
}

void sleep_on(std::atomic<unsigned>& word) {
  while (!word) word.wait(0);
}

}  // namespace twill::par
