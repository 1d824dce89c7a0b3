// SPDX-License-Identifier: Apache-2.0
// Short loops: alone, or with a worker that is awake already.
#include "twill/par/detail/burst.hpp"

#include "core/global.hpp"

#include <algorithm>

namespace twill::par::detail {
namespace {

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

cut burst::cut_for(std::int64_t start, std::int64_t now, std::int64_t rest, std::size_t workers,
                   std::size_t searchers) noexcept {
  // A sleeping worker is awake after this; one that looks for work needs a fraction of a microsecond.
  constexpr std::int64_t least_for_sleeper = 20 * microsecond;
  constexpr std::int64_t least_for_searcher = 2 * microsecond;
  // A searching worker stays awake about this long, so loops further apart are no burst.
  constexpr std::int64_t longest_gap = 25 * microsecond;

  if (rest >= least_for_sleeper) return cut::freely;
  if (rest < least_for_searcher || workers < 2) return cut::none;
  if (searchers > 0) {
    expected_end_ = now + rest / 2;
    alone_ = 0;
    patience_ = first_patience;
    return searchers >= 7 ? cut::eight : searchers >= 3 ? cut::four : cut::two;
  }
  if (start - expected_end_ > longest_gap) alone_ = 0;
  expected_end_ = now + rest;
  alone_ += now - start + rest;
  if (alone_ < patience_) return cut::none;
  // Where the worker is asleep again by the next loop (a pool that saves power, a machine that is busy) the
  // wake was for nothing: the next one waits longer.
  alone_ = 0;
  patience_ = std::min(2 * patience_, last_patience);
  return cut::two;
}

cut cut_for(std::int64_t start, std::int64_t now, std::int64_t rest) noexcept {
  registry* const pool = pool_of_caller();
  if (pool == nullptr) return recent.cut_for(start, now, rest, 1, 0);
  const sleep_word seen = pool->sleep().read();
  return recent.cut_for(start, now, rest, pool->size(),
                        seen.inactive() - std::min(seen.inactive(), seen.sleeping()));
}

}  // namespace twill::par::detail
