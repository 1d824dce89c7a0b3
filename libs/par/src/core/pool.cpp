// SPDX-License-Identifier: Apache-2.0
#include "twill/par/pool.hpp"

#include "core/registry.hpp"
#include "twill/par/broadcast.hpp"
#include "twill/par/detail/broadcast_call.hpp"

#include <fmt/format.h>

namespace twill::par {
namespace {

std::string_view name_of(pin p) noexcept {
  switch (p) {
    case pin::none: return "none";
    case pin::compact: return "compact";
    case pin::scatter: return "scatter";
    case pin::per_node: return "per_node";
    case pin::list: return "list";
  }
  return "unknown";
}

std::string_view name_of(idle_policy p) noexcept {
  switch (p) {
    case idle_policy::throughput: return "throughput";
    case idle_policy::balanced: return "balanced";
    case idle_policy::power: return "power";
  }
  return "unknown";
}

detail::worker* seat_in(const detail::registry* pool) noexcept {
  detail::worker* const seat = detail::current_worker();
  return seat != nullptr && &seat->pool() == pool ? seat : nullptr;
}

std::optional<yield_result> run_one(detail::worker* seat, bool local_only) {
  if (seat == nullptr) return std::nullopt;
  detail::job* j = seat->take();
  if (j == nullptr) j = seat->extra().broadcasts.pop();
  if (j == nullptr && !local_only) j = seat->pool().find_foreign(*seat);
  if (j == nullptr) return yield_result::idle;
  seat->run(j);
  return yield_result::executed;
}

}  // namespace

std::optional<yield_result> yield_now() { return run_one(detail::current_worker(), false); }
std::optional<yield_result> yield_local() { return run_one(detail::current_worker(), true); }

std::optional<std::size_t> current_thread_index() noexcept {
  const detail::worker* const seat = detail::current_worker();
  return seat != nullptr ? std::optional(seat->index()) : std::nullopt;
}

std::size_t current_num_threads() { return detail::current_or_global().size(); }

std::optional<bool> current_thread_has_pending_tasks() noexcept {
  const detail::worker* const seat = detail::current_worker();
  return seat != nullptr ? std::optional(!seat->deque_looks_empty()) : std::nullopt;
}

bool stop_requested() noexcept {
  const detail::worker* const seat = detail::current_worker();
  return seat != nullptr && seat->pool().stop_requested();
}

thread_pool::thread_pool(pool_options options)
    : registry_(detail::registry::start(detail::make_plan(std::move(options)))) {}

thread_pool::~thread_pool() {
  if (registry_ == nullptr) return;
  if (registry_->lost_in_fork()) {
    // Its threads and whoever held its mutexes exist in the parent only: nothing here can be ended or freed.
    static_cast<void>(new std::shared_ptr<detail::registry>(std::move(registry_)));
    return;
  }
  registry_->shutdown(shutdown_mode::drain);
}

std::optional<yield_result> thread_pool::yield_now() const {
  return run_one(seat_in(registry_.get()), false);
}
std::optional<yield_result> thread_pool::yield_local() const {
  return run_one(seat_in(registry_.get()), true);
}

std::optional<std::size_t> thread_pool::current_thread_index() const noexcept {
  const detail::worker* const seat = seat_in(registry_.get());
  return seat != nullptr ? std::optional(seat->index()) : std::nullopt;
}

std::optional<bool> thread_pool::current_thread_has_pending_tasks() const noexcept {
  const detail::worker* const seat = seat_in(registry_.get());
  return seat != nullptr ? std::optional(!seat->deque_looks_empty()) : std::nullopt;
}

std::size_t thread_pool::current_num_threads() const noexcept { return registry_->size(); }

void thread_pool::shutdown(shutdown_mode mode) {
  registry_->check_not_forked();
  registry_->shutdown(mode);
}

bool thread_pool::shutdown_for(std::chrono::nanoseconds limit) {
  registry_->check_not_forked();
  return registry_->shutdown_for(limit);
}

namespace {

pool_description description_of(const detail::pool_plan& plan) {
  pool_description d{.num_threads = plan.num_threads,
                     .num_threads_origin = plan.num_threads_origin,
                     .placement = plan.placement,
                     .placement_origin = plan.placement_origin,
                     .idle = plan.idle,
                     .idle_origin = plan.idle_origin,
                     .stack_size = plan.options.stack_size,
                     .placement_library = plan.placement_library,
                     .budget = plan.budget};
  for (const auto& cpus : plan.worker_cpus) d.worker_cpu.push_back(cpus.front());
  return d;
}

}  // namespace

pool_description thread_pool::describe() const { return description_of(registry_->plan()); }

pool_description describe_current_pool() { return description_of(detail::current_or_global().plan()); }

detail::registry* detail::registry_of(const thread_pool& pool) noexcept { return pool.handle(); }

void detail::broadcast_call(void* target, void (*run)(void*, broadcast_context)) {
  broadcast([target, run](broadcast_context context) { run(target, context); });
}

pool_counters thread_pool::counters() const noexcept { return registry_->counters(); }

std::string pool_description::to_string() const {
  std::string text = fmt::format("threads {} ({})\npin {} ({})", num_threads, num_threads_origin,
                                 name_of(placement), placement_origin);
  for (std::size_t i = 0; i < worker_cpu.size(); ++i)
    text += fmt::format("\n  worker {} cpu {}", i, worker_cpu[i]);
  text += fmt::format("\nidle {} ({})", name_of(idle), idle_origin);
  text +=
      stack_size == 0 ? std::string("\nstack platform default") : fmt::format("\nstack {} bytes", stack_size);
  text += "\nlayout from " + placement_library;
  if (budget) text += "\nbudget " + budget->to_string();
  return text;
}

}  // namespace twill::par
