// SPDX-License-Identifier: Apache-2.0
#include "twill/par/scope.hpp"

#include "core/registry.hpp"
#include "twill/par/error.hpp"

#include <algorithm>
#include <mutex>
#include <tuple>
#include <vector>

namespace twill::par::detail {
namespace {

std::atomic<std::size_t> suppressed{0};

}  // namespace

void suppressed_exception() noexcept {
  // ORD relaxed: a statistic.
  suppressed.fetch_add(1, std::memory_order_relaxed);
}

struct collected_errors {
  struct entry {
    std::size_t number;
    std::size_t arrival;  ///< tells the members of one broadcast apart
    std::exception_ptr error;
  };
  std::mutex mutex;
  std::vector<entry> entries;
  std::atomic<std::size_t> next{0};
};

scope_base::scope_base(registry& pool, worker* waiter, const scope_options& options)
    : pool_(&pool), completion_(waiter), options_(options) {
  pool.check_not_forked();
  if (options_.collect_errors) collected_ = std::make_unique<collected_errors>();
}

scope_base::~scope_base() = default;

bool scope_base::stop_requested() const noexcept {
  // ORD relaxed [C4]: a flag that carries no data.
  return stop_.load(std::memory_order_relaxed) || options_.stop.stop_requested() || pool_->stop_requested();
}

bool scope_base::skip_task() noexcept {
  if (!options_.skip_on_stop || !stop_requested()) return false;
  // ORD relaxed [C4]: read after the task counted itself down.
  skipped_.store(true, std::memory_order_relaxed);
  return true;
}

std::size_t scope_base::next_spawn_number() noexcept {
  // ORD relaxed [C5]: numbers only have to differ; the body's and each task's own are ascending.
  return collected_ != nullptr ? collected_->next.fetch_add(1, std::memory_order_relaxed) : 0;
}

void scope_base::record(std::exception_ptr error, std::size_t spawn_number) noexcept {
  if (collected_ != nullptr) {
    const std::scoped_lock lock(collected_->mutex);
    collected_->entries.push_back({spawn_number, collected_->entries.size(), std::move(error)});
    return;
  }
  // ORD relaxed [C6]: elects the one writer of error_; the count [C2] publishes it.
  if (!has_error_.exchange(true, std::memory_order_relaxed)) {
    error_ = std::move(error);
  } else {
    suppressed_exception();
  }
}

void scope_base::finish_and_rethrow() {
  // ORD acq_rel [C2]: the body's own count; acquires what tasks did that ended before.
  if (pending_.fetch_sub(1, std::memory_order_acq_rel) != 1) completion_.wait(*pool_);
  if (collected_ != nullptr && !collected_->entries.empty()) {
    auto& entries = collected_->entries;
    std::sort(entries.begin(), entries.end(), [](const auto& a, const auto& b) {
      return std::tie(a.number, a.arrival) < std::tie(b.number, b.arrival);
    });
    std::vector<std::exception_ptr> errors;
    errors.reserve(entries.size());
    for (auto& e : entries) errors.push_back(std::move(e.error));
    throw aggregate_error(std::move(errors));
  }
  if (error_ != nullptr) std::rethrow_exception(std::exchange(error_, nullptr));
  // ORD relaxed [C4]: ordered by the count [C2].
  if (skipped_.load(std::memory_order_relaxed)) throw cancelled();
}

struct fifo_queues::queue {
  fifo_job fifo;
};

fifo_queues::fifo_queues(registry& pool) : queues_(std::make_unique<queue[]>(pool.size())) {}

fifo_queues::~fifo_queues() = default;

void fifo_queues::push(registry& pool, job* j) {
  worker* const seat = current_worker();
  if (seat != nullptr && &seat->pool() == &pool) {
    fifo_job& fifo = queues_[seat->index()].fifo;
    fifo.queue.push(j);
    seat->push(&fifo);
  } else {
    pool.inject(j);
  }
}

}  // namespace twill::par::detail

namespace twill::par {

std::size_t suppressed_exception_count() noexcept {
  // ORD relaxed: a statistic.
  return detail::suppressed.load(std::memory_order_relaxed);
}

}  // namespace twill::par
