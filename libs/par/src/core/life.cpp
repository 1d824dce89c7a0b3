// SPDX-License-Identifier: Apache-2.0
// A pool's threads: how they start, what they do first and last, how the pool ends.
#include "core/registry.hpp"
#include "twill/par/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <pthread.h>
#include <utility>

namespace twill::par {
namespace detail {
namespace {

void name_current_thread(const std::string& name) noexcept {
  // Linux takes 15 bytes and refuses longer names.
  std::array<char, 16> text{};
  std::memcpy(text.data(), name.data(), std::min(name.size(), text.size() - 1));
  static_cast<void>(pthread_setname_np(pthread_self(), text.data()));
}

extern "C" void* twill_par_worker_entry(void* argument) {
  const std::unique_ptr<worker_thread> self(static_cast<worker_thread*>(argument));
  self->run();
  return nullptr;
}

}  // namespace

std::shared_ptr<registry> registry::start(pool_plan plan) {
  watch_forks();
  if (plan.options.use_current_thread && current_worker() != nullptr) {
    throw error(errc::current_thread_already_in_pool,
                {.what = "use_current_thread on a thread that is a worker already",
                 .hint = "build the pool on a thread that belongs to no pool"});
  }
  auto pool = std::make_shared<registry>(std::move(plan));
  for (std::size_t i = 0; i < pool->size(); ++i) {
    if (pool->seat(i).extra().has_thread) pool->launch(i);
  }
  if (pool->plan().options.use_current_thread) current_worker_slot = &pool->seat(0);
  return pool;
}

void registry::launch(std::size_t i) {
  auto self = std::make_unique<worker_thread>(shared_from_this(), i);
  if (plan_.options.spawn_handler) {
    const std::error_code code = plan_.options.spawn_handler(std::move(*self));
    if (!code) return;
    self.reset();
    fail_launch(i, code.value());
    return;
  }
  pthread_attr_t attributes;
  int code = pthread_attr_init(&attributes);
  if (code == 0) {
    if (plan_.options.stack_size != 0)
      code = pthread_attr_setstacksize(&attributes, plan_.options.stack_size);
    worker_extra& seat = seats_[i]->extra();
    if (code == 0) code = pthread_create(&seat.thread, &attributes, &twill_par_worker_entry, self.get());
    pthread_attr_destroy(&attributes);
    if (code == 0) {
      seat.joinable = true;
      static_cast<void>(self.release());
      return;
    }
  }
  self.reset();
  fail_launch(i, code);
}

void registry::fail_launch(std::size_t i, int code) {
  // The threads of the seats after this one never existed.
  for (std::size_t k = i + 1; k < size(); ++k) {
    if (seats_[k]->extra().has_thread) worker_ended();
  }
  begin_shutdown(shutdown_mode::discard);
  wait_for_end();
  const std::size_t started = plan_.options.use_current_thread ? i - 1 : i;
  throw error(errc::thread_spawn_failed,
              {.what = fmt::format("worker thread {} of {} could not be created: {} (errno {})", i, size(),
                                   std::strerror(code), code),
               .found = fmt::format("{} started", started),
               .expected = std::to_string(plan_.options.use_current_thread ? size() - 1 : size()),
               .hint = "ask for fewer threads, or raise the limit on processes (ulimit -u) or memory"});
}

void registry::main_loop(std::size_t i) {
  worker& seat = *seats_[i];
  name_current_thread(plan_.worker_names.empty() ? fmt::format("twill-{}", i) : plan_.worker_names[i]);
  // Checked when the pool was planned; a mask that shrank since then leaves the thread where it may run.
  if (!plan_.worker_cpus.empty()) static_cast<void>(bind_current_thread(plan_.worker_cpus[i]));
  current_worker_slot = &seat;
  if (plan_.options.start_handler) {
    if (auto error = capture([&] { plan_.options.start_handler(i); }))
      handle_panic(error, "the start handler");
  }
  seat.wait(seat.extra().terminate, nullptr);
  if (plan_.options.exit_handler) {
    if (auto error = capture([&] { plan_.options.exit_handler(i); })) handle_panic(error, "the exit handler");
  }
  current_worker_slot = nullptr;
}

void registry::worker_ended() noexcept {
  const std::scoped_lock lock(end_mutex_);
  if (--running_ == 0) end_condition_.notify_all();
}

void registry::begin_shutdown(shutdown_mode mode) {
  // ORD relaxed [R3]: see discards.
  if (mode == shutdown_mode::discard) discard_.store(true, std::memory_order_relaxed);
  // ORD seq_cst [R1]: closed before visitors are read; pairs with the visitor's count.
  if (closed_.exchange(true, std::memory_order_seq_cst)) return;
  // ORD seq_cst [R1]: see above.
  if (visitors_.load(std::memory_order_seq_cst) != 0) {
    fatal("a thread_pool was destroyed or shut down while a call from outside was in it");
  }
  end_detached();
}

void registry::wait_for_end() {
  {
    std::unique_lock lock(end_mutex_);
    end_condition_.wait(lock, [&] { return running_ == 0; });
    if (std::exchange(joined_, true)) return;
  }
  for (auto& seat : seats_) {
    worker_extra& extra = seat->extra();
    if (extra.joinable) static_cast<void>(pthread_join(extra.thread, nullptr));
    extra.joinable = false;
  }
}

void registry::shutdown(shutdown_mode mode) {
  worker* const seat = current_worker();
  const bool inside = seat != nullptr && &seat->pool() == this;
  if (inside && seat->extra().has_thread)
    fatal("a thread_pool was destroyed or shut down by one of its own workers");
  if (plan_.options.use_current_thread && !inside && !joined_) {
    fatal("a thread_pool with use_current_thread was destroyed by another thread than its worker 0");
  }
  begin_shutdown(mode);
  // Worker 0 has no loop of its own: it drains here, until the last detached task ended.
  if (inside) seat->wait(seat->extra().terminate, nullptr);
  wait_for_end();
  if (inside) current_worker_slot = nullptr;
}

bool registry::shutdown_for(std::chrono::nanoseconds limit) {
  worker* const seat = current_worker();
  if (seat != nullptr && &seat->pool() == this)
    fatal("shutdown_for was called by one of the pool's own workers");
  begin_shutdown(shutdown_mode::drain);
  {
    std::unique_lock lock(end_mutex_);
    if (!end_condition_.wait_for(lock, limit, [&] { return running_ == 0; })) return false;
  }
  wait_for_end();
  return true;
}

}  // namespace detail

worker_thread::worker_thread(std::shared_ptr<detail::registry> pool, std::size_t index)
    : pool_(std::move(pool)), index_(index) {}

worker_thread::worker_thread(worker_thread&&) noexcept = default;

worker_thread::~worker_thread() {
  if (pool_ != nullptr) pool_->worker_ended();
}

const std::string& worker_thread::name() const noexcept {
  static const std::string none;
  const auto& names = pool_->plan().worker_names;
  return names.empty() ? none : names[index_];
}

std::size_t worker_thread::stack_size() const noexcept { return pool_->plan().options.stack_size; }

void worker_thread::run() { pool_->main_loop(index_); }

}  // namespace twill::par
