// SPDX-License-Identifier: Apache-2.0
#include "mpi/mpi_endpoint.hpp"

#include "shm/process.hpp"
#include "twill/base/machine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace twill::comm::detail {
namespace {

// Dead processes of a node are found within twice this.
constexpr std::chrono::milliseconds look_interval{500};
constexpr std::chrono::milliseconds reading_patience{500};
// The library's abort gets this long before the process ends without it.
constexpr std::chrono::seconds abort_patience{2};
// The library's finalisation waits for all ranks; when a rank died in it, it waits for ever.
constexpr std::chrono::seconds finalize_patience{30};

void say(const std::string& text) noexcept {
  // The process ends behind this line; no sink may be relied on any more.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

// MPICH's launcher drops what it has not yet read of a rank when the job is aborted: it gets a moment for it.
void let_launcher_read() noexcept {
  struct stat kind{};
  if (::fstat(STDERR_FILENO, &kind) != 0 || !S_ISFIFO(kind.st_mode)) return;
  const auto begin = std::chrono::steady_clock::now();
  int unread = 0;
  while (::ioctl(STDERR_FILENO, FIONREAD, &unread) == 0 && unread > 0 &&
         std::chrono::steady_clock::now() - begin < reading_patience)
    ::sched_yield();
}

std::int64_t now_ns() noexcept {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

mpi_endpoint::mpi_endpoint(const mpi_table& api, endpoint_options options, int rank,
                           std::vector<mpi_process> processes, bool foreign)
    : endpoint(options), api_(api), rank_(rank), processes_(std::move(processes)), foreign_(foreign) {
  for (mpi_process& p : processes_) {
    // Processes of another namespace have other numbers here; only those that are seen can be watched.
    if (process_start_time(p.pid) != p.start_time) p.pid = 0;
  }
  // Of the machine, not of this process: launchers bind each rank to a core of its own.
  const auto near = std::ranges::count(processes_, node(), &mpi_process::node);
  crowded_ = static_cast<std::size_t>(near) > inspect_machine().online_cpus.value_or(1);
}

mpi_endpoint::~mpi_endpoint() {
  {
    const std::lock_guard hold(watch_lock_);
    stopped_ = true;
  }
  watch_end_.notify_all();
  if (watchdog_.joinable()) watchdog_.join();
}

void mpi_endpoint::watch() {
  if (size() > 1) watchdog_ = std::thread([this] { look_after_peers(); });
}

void mpi_endpoint::look_after_peers() {
  std::unique_lock hold(watch_lock_);
  std::chrono::steady_clock::time_point left{};
  int suspect = -1;
  while (!watch_end_.wait_for(hold, look_interval, [this] { return stopped_; })) {
    // ORD acquire [leaving]: pairs with leave(): from then on peers may end in order.
    if (leaving_.load(std::memory_order_acquire)) {
      const auto now = std::chrono::steady_clock::now();
      if (left == std::chrono::steady_clock::time_point{}) left = now;
      if (now - left > finalize_patience)
        end_job(fmt::format("rank {} of {} waits in the library's finalisation for ranks that do not come",
                            rank_, size()));
      continue;
    }
    look_after_blocked();
    for (int r = 0; r < size(); ++r) {
      const mpi_process& p = processes_[static_cast<std::size_t>(r)];
      if (r == rank_ || p.node != node() || p.pid == 0) continue;
      if (process_start_time(p.pid) == p.start_time) continue;
      // ORD acquire [leaving]: a peer that ended in order did so behind the barrier in leave().
      if (leaving_.load(std::memory_order_acquire)) break;
      // Found twice: this rank gets a whole interval to come out of the barrier that such a peer has left.
      if (std::exchange(suspect, r) != r) break;
      end_job(fmt::format("rank {} (process {}) ended without finalising", r, p.pid));
    }
  }
}

void mpi_endpoint::look_after_blocked() {
  std::string why;
  {
    const std::lock_guard hold(blocked_lock_);
    const auto now = std::chrono::steady_clock::now();
    for (const mpi_blocked& b : blocked_) {
      if (now - b.since <= b.limit) continue;
      why = fmt::format("no progress within {} s in {}", std::chrono::duration<double>(b.limit).count(),
                        name_of(b.kind));
    }
  }
  if (!why.empty()) end_job(why);
}

void mpi_endpoint::end_job(const std::string& why) {
  say(fmt::format("comm: {}; rank {} of {} ends the job\n{}", why, rank_, size(), waits()));
  std::fflush(nullptr);
  let_launcher_read();
  // The library may be stuck in another thread, and its abort with it.
  std::thread([this] { (void)api_.abort(4); }).detach();
  const auto begin = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begin < abort_patience) ::sched_yield();
  ::_exit(4);
}

std::string mpi_endpoint::waits() const {
  // ORD relaxed [waits]: a report; each word is right by itself.
  const auto kind = static_cast<op_kind>(waiting_kind_.load(std::memory_order_relaxed));
  // ORD relaxed [waits]: likewise.
  const int peer = waiting_peer_.load(std::memory_order_relaxed);
  // ORD relaxed [waits]: likewise.
  const std::int64_t since = waiting_since_.load(std::memory_order_relaxed);
  std::string text = fmt::format("rank {}: {}", rank_, name_of(kind));
  if (peer >= 0) text += fmt::format(", waits for rank {}", peer);
  if (kind != op_kind::none)
    text += fmt::format(" since {:.1f} s", static_cast<double>(now_ns() - since) * 1e-9);
  text += '\n';
  const std::lock_guard hold(blocked_lock_);
  for (const mpi_blocked& b : blocked_) {
    const std::chrono::duration<double> length = std::chrono::steady_clock::now() - b.since;
    text +=
        fmt::format("rank {}: in {} of the library since {:.1f} s", rank_, name_of(b.kind), length.count());
    if (b.peer >= 0) text += fmt::format(", waits for rank {}", b.peer);
    text += '\n';
  }
  return text;
}

void mpi_endpoint::note_wait(op_kind kind, int peer) noexcept {
  // ORD relaxed [waits]: read by reports alone.
  waiting_since_.store(now_ns(), std::memory_order_relaxed);
  // ORD relaxed [waits]: likewise.
  waiting_peer_.store(peer, std::memory_order_relaxed);
  // ORD relaxed [waits]: likewise.
  waiting_kind_.store(static_cast<std::uint32_t>(kind), std::memory_order_relaxed);
}

void mpi_endpoint::abort(int code, const std::string& message, bool by_call) {
  if (by_call) say("comm: " + message + "\n");
  std::fflush(nullptr);
  let_launcher_read();
  (void)api_.abort(code);
  ::_exit(code);
}

// Nobody sleeps here: the library makes progress only while it is called.
void mpi_endpoint::ring(int) noexcept {}
void mpi_endpoint::sleep(std::uint32_t) noexcept {
  // Not only where ranks outnumber processors: another thread of this rank may wait for the library's lock,
  // which is not fair, and would never get it from a thread that takes it again at once.
  ::sched_yield();
}

std::uint64_t mpi_endpoint::next_context_id() noexcept {
  const std::lock_guard hold(registry_);
  return ++contexts_made_;
}

void mpi_endpoint::remember(mpi_context* c) {
  const std::lock_guard hold(registry_);
  contexts_.push_back(c);
}
void mpi_endpoint::forget(mpi_context* c) noexcept {
  const std::lock_guard hold(registry_);
  contexts_.remove(c);
}
std::list<mpi_live*>::iterator mpi_endpoint::remember(mpi_live* one) {
  const std::lock_guard hold(registry_);
  return live_.insert(live_.end(), one);
}
void mpi_endpoint::forget(std::list<mpi_live*>::iterator place) noexcept {
  const std::lock_guard hold(registry_);
  live_.erase(place);
}
std::list<mpi_blocked>::iterator mpi_endpoint::remember(const mpi_blocked& one) {
  const std::lock_guard hold(blocked_lock_);
  return blocked_.insert(blocked_.end(), one);
}
void mpi_endpoint::forget(std::list<mpi_blocked>::iterator place) noexcept {
  const std::lock_guard hold(blocked_lock_);
  blocked_.erase(place);
}
void mpi_endpoint::remember(const std::shared_ptr<mpi_context::shared_window>& w) {
  const std::lock_guard hold(registry_);
  windows_.push_back(w);
}
void mpi_endpoint::forget(const std::shared_ptr<mpi_context::shared_window>& w) noexcept {
  const std::lock_guard hold(registry_);
  windows_.remove(w);
}

void mpi_endpoint::send_copy(const mpi_context& c, mpi_handle comm, op_kind kind, const std::byte* data,
                             std::size_t bytes, int dest, int tag) {
  const std::lock_guard hold(lock_);
  while (!copies_.empty()) {
    int done = 0;
    c.check(api_.test(&copies_.front().request, &done, nullptr), kind);
    if (done == 0) break;
    copies_.pop_front();
  }
  copy& mine = copies_.emplace_back();
  if (bytes != 0) mine.data.assign(data, data + bytes);
  const int code =
      api_.begin_send(comm, mpi_send_mode::standard, mine.data.data(), bytes, dest, tag, &mine.request);
  if (code != 0) copies_.pop_back();
  c.check(code, kind);
}

void mpi_endpoint::note_own(const mpi_context& c, int tag, std::size_t bytes) {
  const std::lock_guard hold(own_lock_);
  own_[{c.id, tag}].push_back(bytes);
}

std::size_t mpi_endpoint::take_own(const mpi_context& c, int tag, std::size_t received,
                                   std::size_t capacity) {
  const std::lock_guard hold(own_lock_);
  const auto found = own_.find({c.id, tag});
  if (found == own_.end()) return received;
  std::vector<std::size_t>& lengths = found->second;
  auto at = std::find(lengths.begin(), lengths.end(), received);
  if (at == lengths.end())
    at = std::find_if(lengths.begin(), lengths.end(), [capacity](std::size_t n) { return n > capacity; });
  if (at == lengths.end()) return received;
  const std::size_t length = *at;
  lengths.erase(at);
  if (lengths.empty()) own_.erase(found);
  return length;
}

void mpi_endpoint::let_go_of_copies() noexcept {
  const std::lock_guard hold(lock_);
  for (copy& one : copies_) {
    int done = 0;
    // A message that nobody received: the library drops it when it ends, and its bytes stay until then.
    if (api_.test(&one.request, &done, nullptr) == 0 && done == 0) (void)api_.free_request(&one.request);
  }
}

void mpi_endpoint::leave() noexcept {
  if (size() > 1 && std::uncaught_exceptions() > 0) {
    // The others do not come here in order, and the library's end would wait for them.
    end_job(fmt::format("rank {} leaves with an exception", rank_));
  }
  {
    const std::lock_guard hold(registry_);
    for (mpi_live* one : live_) one->abandon();
  }
  let_go_of_copies();
  if (!contexts_.empty()) (void)api_.barrier(contexts_.front()->comm);
  // ORD release [leaving]: pairs with the watchdog: every rank has come to its end.
  leaving_.store(true, std::memory_order_release);
  const std::lock_guard hold(registry_);
  // Collective, so in an order that is the same on all ranks: the order in which they were made, backwards.
  for (auto w = windows_.rbegin(); w != windows_.rend(); ++w) (void)api_.free_window(&(*w)->handle);
  windows_.clear();
  for (auto c = contexts_.rbegin(); c != contexts_.rend(); ++c) (*c)->close();
  lifeline_ = {};
  if (!foreign_) (void)api_.finalize();
  copies_.clear();
  {
    const std::lock_guard stop(watch_lock_);
    stopped_ = true;
  }
  watch_end_.notify_all();
}

}  // namespace twill::comm::detail
