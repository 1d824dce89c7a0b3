// SPDX-License-Identifier: Apache-2.0
// Short loops: alone, or with a worker that is awake already.
#include "twill/par/detail/burst.hpp"

#include "core/global.hpp"

#include <algorithm>
#include <chrono>

namespace twill::par::detail {
namespace {

constexpr std::int64_t microsecond = 1'000;
/// What a loop must still have before it, in ns: for a worker that sleeps, and for one that looks for work.
constexpr std::int64_t least_for_sleeper = 20 * microsecond;
constexpr std::int64_t least_for_searcher = 2 * microsecond;
/// A searching worker stays awake about this long, so loops further apart are no burst.
constexpr std::int64_t longest_gap = 25 * microsecond;
/// Time spent alone in a burst before a worker is woken for it: the price of a wake a few times over.
constexpr std::int64_t first_patience = 50 * microsecond;
constexpr std::int64_t last_patience = 3'200 * microsecond;

/// The calling thread's loops that ran alone lately.
struct burst {
  std::int64_t expected_end = 0;  // ns
  std::int64_t alone = 0;         // ns
  std::int64_t patience = first_patience;
};
constinit thread_local burst recent{};

/// The pool that a loop of the calling thread runs in; null where that is the global one and nothing has
/// started it yet.
registry* pool_of_caller() noexcept {
  worker* const seat = current_worker();
  return seat != nullptr ? &seat->pool() : global_registry_if_made();
}

}  // namespace

bool searcher_waits() noexcept {
  registry* const pool = pool_of_caller();
  if (pool == nullptr) return false;
  const sleep_word now = pool->sleep().read();
  return now.inactive() > now.sleeping();
}

bool probing_pays() noexcept {
  if (current_worker() == nullptr) return true;
  const sleep_word now = current_worker()->pool().sleep().read();
  return now.sleeping() > 0 && now.inactive() == now.sleeping();
}

cut cut_for(std::int64_t start, std::int64_t now, std::int64_t rest) noexcept {
  if (rest >= least_for_sleeper) return cut::freely;
  if (rest < least_for_searcher) return cut::none;
  registry* const pool = pool_of_caller();
  if (pool == nullptr || pool->size() < 2) return cut::none;
  burst& mine = recent;
  const sleep_word seen = pool->sleep().read();
  if (const std::size_t searchers = seen.inactive() - std::min(seen.inactive(), seen.sleeping());
      searchers > 0) {
    mine = {now + rest / 2, 0, first_patience};
    return searchers >= 7 ? cut::eight : searchers >= 3 ? cut::four : cut::two;
  }
  if (start - mine.expected_end > longest_gap) mine.alone = 0;
  mine.expected_end = now + rest;
  mine.alone += now - start + rest;
  if (mine.alone < mine.patience) return cut::none;
  // Where the worker is asleep again by the next loop (a pool that saves power, a machine that is busy) the
  // wake was for nothing: the next one waits longer.
  mine.alone = 0;
  mine.patience = std::min(2 * mine.patience, last_patience);
  return cut::two;
}

}  // namespace twill::par::detail
