// SPDX-License-Identifier: Apache-2.0
#include "shm/shm_endpoint.hpp"

#include "shm/futex.hpp"
#include "shm/process.hpp"
#include "twill/base/machine.hpp"

#include <climits>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <time.h>
#include <unistd.h>
#include <utility>

namespace twill::comm::detail {
namespace {

using rendezvous::abort_cause;
using rendezvous::rank_phase;

constexpr std::chrono::milliseconds look_interval{200};
constexpr int default_spin = 20000;

struct shm_ticket final : send_ticket {
  shm_ticket(std::shared_ptr<endpoint> e, shm_block* b) : ep(std::move(e)), block(b) {}
  ~shm_ticket() override { block->release(); }
  shm_ticket(const shm_ticket&) = delete;
  shm_ticket& operator=(const shm_ticket&) = delete;
  [[nodiscard]] bool matched() const noexcept override {
    // ORD acquire [matched]: pairs with release_message: the receive has its copy.
    return block->matched.load(std::memory_order_acquire) != 0;
  }
  std::shared_ptr<endpoint> ep;  // keeps the memory mapped
  shm_block* block;
};

void release_message(void* owner) noexcept {
  auto* const block = static_cast<shm_block*>(owner);
  // ORD release [matched]: pairs with shm_ticket::matched.
  if (block->ticket != 0) block->matched.store(1, std::memory_order_release);
  block->release();
}

}  // namespace

shm_endpoint::shm_endpoint(std::shared_ptr<rendezvous::memory> job, int rank, endpoint_options options)
    : endpoint(options),
      job_(std::move(job)),
      rank_(rank),
      size_(static_cast<int>(job_->header().size)),
      heap_(job_, rank),
      last_sent_(static_cast<std::size_t>(size_), nullptr),
      last_taken_(static_cast<std::size_t>(size_), nullptr) {
  const auto cpus = static_cast<int>(inspect_machine().available_cpus());
  spin_ = options.spin >= 0 ? options.spin : (size_ > cpus ? 0 : default_spin);
  // Ranks that fit wait for each other by sleeping once they have spun: when strangers hold a core, who
  // yields stands behind them for whole slices of time, and who wakes from a sleep comes before them.
  yields_ = size_ > cpus ? 4 : 0;
  rendezvous::enter(*job_, rank_);
}

shm_endpoint::~shm_endpoint() {
  finalize();
  discard_messages();
}

void shm_endpoint::leave() noexcept { rendezvous::leave(*job_, rank_); }

std::uint64_t shm_endpoint::next_context_id() noexcept {
  // ORD relaxed [context-id]: only has to be unique.
  return static_cast<std::uint64_t>(rank_ + 1) << 40U | contexts_.fetch_add(1, std::memory_order_relaxed);
}

std::atomic<std::uint64_t>& shm_endpoint::first(int to, int from) const noexcept {
  auto* const heads = reinterpret_cast<std::atomic<std::uint64_t>*>(job_->at(
      sizeof(rendezvous::job_header) + static_cast<std::size_t>(size_) * sizeof(rendezvous::rank_words)));
  return heads[static_cast<std::size_t>(to) * static_cast<std::size_t>(size_) +
               static_cast<std::size_t>(from)];
}

std::shared_ptr<send_ticket> shm_endpoint::transmit(std::uint64_t context, int me, int to,
                                                    const std::byte* data, std::size_t bytes, int tag,
                                                    bool ticket) {
  // One claim is the payload's, one the list's; the sender's ticket is a third.
  shm_block* const block = heap_.allocate(bytes, ticket ? 3 : 2);
  if (block == nullptr) {
    throw error(errc::allocation_failed, {name_of(op_kind::send), backend_kind::shm, me, size_},
                fmt::format("no room for a message of {} bytes; ranks may share {} bytes (TWILL_SHM_BYTES)",
                            bytes, heap_.limit()),
                {.peer = to, .tag = tag, .requested = bytes});
  }
  copy_bytes(block->data(), data, bytes);
  block->context = context;
  block->bytes = bytes;
  block->source = me;
  block->tag = tag;
  block->ticket = ticket ? 1 : 0;
  std::shared_ptr<send_ticket> result;
  if (ticket) result = std::make_shared<shm_ticket>(shared_from_this(), block);
  {
    const std::lock_guard hold(send_lock_);
    shm_block*& last = last_sent_[static_cast<std::size_t>(to)];
    std::atomic<std::uint64_t>& link = last == nullptr ? first(to, rank_) : last->next;
    // ORD release [message]: pairs with take_in; the block's fields and payload are written before.
    link.store(job_->offset_of(block), std::memory_order_release);
    last = block;
  }
  ring(to);
  return result;
}

void shm_endpoint::take_in() {
  for (int from = 0; from < size_; ++from) {
    if (from == rank_) continue;  // messages to oneself do not come this way; see door()
    shm_block*& last = last_taken_[static_cast<std::size_t>(from)];
    for (;;) {
      std::atomic<std::uint64_t>& link = last == nullptr ? first(rank_, from) : last->next;
      // ORD acquire [message]: pairs with transmit.
      const std::uint64_t offset = link.load(std::memory_order_acquire);
      if (offset == 0) break;
      if (last != nullptr) last->release();  // its `next` has been followed
      last = reinterpret_cast<shm_block*>(job_->at(offset));
      deliver({last->context, last->source, last->tag, last->bytes, last->data(), release_message, last});
    }
  }
}

void shm_endpoint::ring(int job_rank) noexcept {
  rendezvous::rank_words& w = job_->rank(job_rank < 0 ? rank_ : job_rank);
  // ORD seq_cst [bell]: against `sleep`: either the sleeper sees the new bell, or this sees the sleeper.
  w.bell.fetch_add(1, std::memory_order_seq_cst);
  // ORD seq_cst [bell]: see above.
  if (w.sleepers.load(std::memory_order_seq_cst) != 0) futex_wake(w.bell, INT_MAX);
}

std::uint32_t shm_endpoint::bell() const noexcept {
  // ORD acquire [bell]: what was rung for is visible behind it.
  return job_->rank(rank_).bell.load(std::memory_order_acquire);
}

void shm_endpoint::sleep(std::uint32_t seen) noexcept {
  rendezvous::rank_words& w = job_->rank(rank_);
  // A message's sender is often in the middle of it, and nothing was spun for.
  constexpr int looks = 32;
  for (int i = 0; i < (yields_ == 0 ? looks : yields_); ++i) {
    // ORD acquire [bell]: as in bell().
    if (w.bell.load(std::memory_order_acquire) != seen) return;
    ::sched_yield();
  }
  // ORD seq_cst [bell]: see ring; the kernel compares the bell again before it sleeps.
  w.sleepers.fetch_add(1, std::memory_order_seq_cst);
  futex_wait(w.bell, seen, health_interval);
  // ORD relaxed [bell]: a sleeper too many costs a system call, no more.
  w.sleepers.fetch_sub(1, std::memory_order_relaxed);
}

void shm_endpoint::note_wait(op_kind kind, int peer) noexcept { note_wait(kind, peer, 0); }

void shm_endpoint::note_wait(op_kind kind, int peer, std::uint64_t sequence) noexcept {
  rendezvous::rank_words& w = job_->rank(rank_);
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  // ORD relaxed [waits]: read by reports alone.
  w.waiting_since.store(
      static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(t.tv_nsec),
      std::memory_order_relaxed);
  // ORD relaxed [waits]: likewise.
  w.waiting_for.store(peer, std::memory_order_relaxed);
  // ORD relaxed [waits]: likewise.
  w.sequence.store(sequence, std::memory_order_relaxed);
  // ORD relaxed [waits]: likewise.
  w.operation.store(static_cast<std::uint32_t>(kind), std::memory_order_relaxed);
}

std::string shm_endpoint::waits() const { return rendezvous::describe_waits(*job_); }

bool shm_endpoint::check_health(const call_site& site, int peer) {
  if (const auto notice = rendezvous::find_abort(*job_)) {
    const bool lost = notice->cause == abort_cause::left || notice->cause == abort_cause::killed;
    throw error(lost ? errc::rank_failed : errc::job_aborted, site, notice->message, {.peer = notice->rank});
  }
  for (int r = 0; r < size_; ++r) {
    // ORD acquire [phase]: pairs with note_exit and look_for_lost.
    if (static_cast<rank_phase>(job_->rank(r).phase.load(std::memory_order_acquire)) != rank_phase::lost)
      continue;
    throw error(errc::rank_failed, site, fmt::format("rank {} ended without finalising", r), {.peer = r});
  }
  look_for_lost(site);
  // ORD acquire [phase]: pairs with leave: what the rank sent before is there.
  return peer >= 0 && static_cast<rank_phase>(job_->rank(peer).phase.load(std::memory_order_acquire)) ==
                          rank_phase::finished;
}

void shm_endpoint::look_for_lost(const call_site& site) {
  const auto& h = job_->header();
  if (h.threads != 0) return;
  const auto now = std::chrono::steady_clock::now();
  {
    const std::lock_guard hold(send_lock_);
    if (now - looked_ < look_interval) return;
    looked_ = now;
  }
  if (h.launcher_pid != 0 && ::kill(h.launcher_pid, 0) != 0 && errno == ESRCH) {
    abort(4, "the launcher is gone", true);
  }
  for (int r = 0; r < size_; ++r) {
    rendezvous::rank_words& w = job_->rank(r);
    std::uint32_t phase = static_cast<std::uint32_t>(rank_phase::attached);
    // ORD acquire [phase]: pairs with enter: pid and start time are written before.
    if (w.phase.load(std::memory_order_acquire) != phase || r == rank_) continue;
    // ORD relaxed [enter]: written once, before the phase.
    const int pid = w.pid.load(std::memory_order_relaxed);
    // ORD relaxed [enter]: likewise.
    const std::uint64_t started = w.start_time.load(std::memory_order_relaxed);
    if (process_start_time(pid) == started) continue;
    // ORD acq_rel [phase]: a rank that has just finished stays finished; acquire as in check_health.
    if (w.phase.compare_exchange_strong(phase, static_cast<std::uint32_t>(rank_phase::lost),
                                        std::memory_order_acq_rel, std::memory_order_acquire)) {
      throw error(errc::rank_failed, site, fmt::format("rank {} (process {}) is gone", r, pid), {.peer = r});
    }
  }
}

void shm_endpoint::abort(int code, const std::string& message, bool by_call) {
  rendezvous::record_abort(*job_, by_call ? abort_cause::call : abort_cause::exception, rank_, code, message);
  if (job_->header().threads != 0) {
    throw error(errc::job_aborted, {name_of(op_kind::abort), backend_kind::shm, rank_, size_}, message);
  }
  std::fflush(nullptr);
  ::_exit(code);
}

}  // namespace twill::comm::detail
