// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/detail/op_kind.hpp"
#include "twill/comm/error.hpp"
#include "twill/comm/types.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace twill::comm {

struct execution_topology;

namespace detail {

// What every rank is told once, when it starts.
struct endpoint_options {
  check_level level = check_level::normal;
  std::chrono::nanoseconds timeout{0};  // zero: no limit
  std::chrono::nanoseconds drop_timeout{std::chrono::seconds(10)};
  int spin = -1;  // pauses before a waiting rank gives its CPU up; -1: chosen
};

// A message that has arrived. `release` hands its memory back; it is called once, after the payload was
// copied.
struct arrival {
  std::uint64_t context = 0;
  int source = 0;
  int tag = 0;
  std::size_t bytes = 0;
  const std::byte* data = nullptr;
  void (*release)(void*) noexcept = nullptr;
  void* owner = nullptr;
};

// A receive that waits for its message. Guarded by the endpoint's lock until `done`.
struct posted_receive {
  std::uint64_t context = 0;
  int source = any_source;
  int tag = any_tag;
  std::byte* buffer = nullptr;
  std::size_t capacity = 0;
  status result{};
  bool done = false;
  bool listed = false;
};

// Tells a sender that a receive has taken its message.
struct send_ticket {
  virtual ~send_ticket();
  [[nodiscard]] virtual bool matched() const noexcept = 0;
};

// Process-local state of one rank in its job: message matching, waiting, health. The base serves one rank
// alone; the shm backend adds peers. All requests, communicators, regions and windows hold a shared_ptr to
// it, so it outlives the environment: `finalized` is what they look at.
class endpoint : public std::enable_shared_from_this<endpoint> {
 public:
  explicit endpoint(endpoint_options options);
  endpoint(const endpoint&) = delete;
  endpoint& operator=(const endpoint&) = delete;
  virtual ~endpoint();

  [[nodiscard]] bool finalized() const noexcept { return gate() == closed; }
  // The level of checks, or `closed` behind the end: one look a call decides whether it is one of the plain
  // ones, up to check_level::normal.
  [[nodiscard]] std::uint8_t gate() const noexcept {
    // ORD relaxed [finalized]: a program that destroys its environment while other threads communicate is
    // wrong already; this only has to be no data race.
    return gate_.load(std::memory_order_relaxed);
  }
  // True while a backend may go to its library at once: plain checks, no limit on waiting, not ended.
  [[nodiscard]] bool direct() const noexcept {
    // ORD relaxed [finalized]: as gate().
    return direct_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] const endpoint_options& options() const noexcept { return options_; }
  [[nodiscard]] check_level level() const noexcept { return options_.level; }
  // For tests that run under several levels in a process whose library starts once.
  void set_checks(check_level level, std::chrono::nanoseconds timeout) noexcept {
    options_.level = level;
    options_.timeout = timeout;
    // ORD relaxed [finalized]: as gate(); nobody communicates while a test changes its level.
    gate_.store(static_cast<std::uint8_t>(level), std::memory_order_relaxed);
    // ORD relaxed [finalized]: as gate_.
    direct_.store(is_direct(options_), std::memory_order_relaxed);
  }
  // Which of the job's nodes this rank is on: equal where memory can be shared.
  [[nodiscard]] virtual int node() const noexcept { return 0; }

  // Completes what was detached, then lets every method throw `finalized`.
  void finalize() noexcept;

  // --- point to point; source and destination are ranks of the communicator `context`
  // Copies the payload, so it is complete for the caller when it returns. `to` is a rank of the job.
  [[nodiscard]] std::shared_ptr<send_ticket> send(std::uint64_t context, int me, int to, bool self,
                                                  const std::byte* data, std::size_t bytes, int tag,
                                                  bool ticket);
  // True when a posted receive of this rank is waiting for such a message.
  [[nodiscard]] bool expects(std::uint64_t context, int source, int tag);
  // Matches an arrived message, or lists the receive.
  void post(posted_receive& receive);
  [[nodiscard]] bool complete(posted_receive& receive);
  // False when it was matched already.
  bool withdraw(posted_receive& receive) noexcept;
  [[nodiscard]] std::optional<status> peek(std::uint64_t context, int source, int tag);
  // Takes a message out, so that no other receive can have it.
  [[nodiscard]] std::optional<arrival> take(std::uint64_t context, int source, int tag);

  // Blocks until ready() is true; `peer` is the job rank it hangs on, any_source when it is not one rank.
  // Throws: job_aborted, rank_failed, timed_out.
  void wait_until(const call_site& site, op_kind kind, int peer, const std::function<bool()>& ready);

  // Keeps an operation whose request was dropped while an exception was on its way; finished at the end.
  void bury(std::shared_ptr<void> operation);

  // Throws when the job cannot go on: an abort, a lost rank. True when the job rank `peer` has left in order.
  virtual bool check_health(const call_site& site, int peer);
  // Takes in what has arrived. Requires: the lock is held.
  virtual void take_in() {}
  // Job ranks of the peers may sleep on their bells: ring them.
  virtual void ring(int job_rank) noexcept;
  [[nodiscard]] virtual std::string waits() const;
  // Ends every rank of the job. Ranks that are threads cannot end alone: there it throws job_aborted.
  [[noreturn]] virtual void abort(int code, const std::string& message, bool by_call);
  [[nodiscard]] std::shared_ptr<const execution_topology> topology() const { return topology_; }
  void set_topology(std::shared_ptr<const execution_topology> t) { topology_ = std::move(t); }

 protected:
  virtual std::shared_ptr<send_ticket> transmit(std::uint64_t context, int me, int to, const std::byte* data,
                                                std::size_t bytes, int tag, bool ticket);
  virtual void leave() noexcept {}
  [[nodiscard]] virtual std::uint32_t bell() const noexcept;
  virtual void sleep(std::uint32_t seen) noexcept;
  virtual void note_wait(op_kind, int) noexcept {}
  // Hands back what nobody received; while the memory that it lies in is still there.
  void discard_messages() noexcept;
  // A message for this rank, from whomever. Requires: the lock is held.
  void deliver(const arrival& message);

  std::mutex lock_;

 private:
  static bool is_direct(const endpoint_options& o) noexcept {
    return o.level <= check_level::normal && o.timeout.count() == 0;
  }
  static bool fits(const posted_receive& receive, const arrival& message) noexcept;
  static void hand_over(posted_receive& receive, const arrival& message) noexcept;

  endpoint_options options_;
  static constexpr std::uint8_t closed = 0xff;
  std::atomic<std::uint8_t> gate_;
  std::atomic<bool> direct_;
  std::atomic<std::uint32_t> own_bell_{0};
  std::list<posted_receive*> posted_;
  std::deque<arrival> unexpected_;
  std::vector<std::shared_ptr<void>> buried_;
  std::shared_ptr<const execution_topology> topology_;
};

// A message under way in a library that matches messages itself.
struct transfer {
  virtual ~transfer();
  virtual void start() = 0;
  [[nodiscard]] virtual bool poll() = 0;
  [[nodiscard]] virtual bool cancel() noexcept = 0;
  [[nodiscard]] virtual status result() const noexcept = 0;
};

// Messages of a communicator whose backend matches them itself; ranks are those of the communicator.
class messenger {
 public:
  virtual ~messenger();
  virtual void send(op_kind kind, const std::byte* data, std::size_t bytes, int dest, int tag) = 0;
  // Returns at once, whether somebody receives or not.
  virtual void send_copy(op_kind kind, const std::byte* data, std::size_t bytes, int dest, int tag) = 0;
  // Throws: truncated.
  [[nodiscard]] virtual status receive(op_kind kind, std::byte* data, std::size_t capacity, int source,
                                       int tag) = 0;
  [[nodiscard]] virtual std::optional<status> peek(int source, int tag) = 0;
  [[nodiscard]] virtual std::optional<arrival> take(int source, int tag) = 0;
  [[nodiscard]] virtual bool expects(int source, int tag) = 0;
  [[nodiscard]] virtual std::unique_ptr<transfer> begin_send(op_kind kind, const std::byte* data,
                                                             std::size_t bytes, int dest, int tag,
                                                             bool synchronous) = 0;
  [[nodiscard]] virtual std::unique_ptr<transfer> begin_receive(op_kind kind, std::byte* data,
                                                                std::size_t capacity, int source,
                                                                int tag) = 0;
};

// One communicator of this rank, whatever its backend.
struct context {
  std::shared_ptr<endpoint> ep;
  std::uint64_t id = 0;
  int rank = 0;
  int size = 1;
  backend_kind backend = backend_kind::local;
  std::vector<int> world{};       // job rank of each rank
  messenger* mail = nullptr;      // null: messages are matched by the endpoint
  std::atomic<bool> busy{false};  // a thread is inside a collective; looked at from check level collective on

  context() = default;
  context(const context&) = delete;
  context& operator=(const context&) = delete;
  virtual ~context();

  [[nodiscard]] call_site site(op_kind kind) const noexcept { return {name_of(kind), backend, rank, size}; }
};

// From check level `collective` on: a thread is inside a collective of this communicator.
class one_collective {
 public:
  one_collective(context& c, op_kind kind) : busy_(c.busy) {
    // ORD acquire [busy]: only two threads at once are an error; a thread that comes after another sees its
    // state.
    if (busy_.exchange(true, std::memory_order_acquire)) refuse(c, kind);
  }
  one_collective(const one_collective&) = delete;
  one_collective& operator=(const one_collective&) = delete;
  ~one_collective() {
    // ORD release [busy]: pairs with the acquire of the thread that comes next.
    busy_.store(false, std::memory_order_release);
  }

 private:
  [[noreturn]] static void refuse(const context& c, op_kind kind);
  std::atomic<bool>& busy_;
};

[[nodiscard]] group_relation compare_groups(const context& a, const context& b);

}  // namespace detail
}  // namespace twill::comm
