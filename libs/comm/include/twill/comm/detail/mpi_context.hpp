// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/detail/endpoint.hpp"
#include "twill/comm/detail/kernel.hpp"
#include "twill/comm/detail/mpi_table.hpp"
#include "twill/comm/detail/operation.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

// One communicator of an MPI library, and what engines need of it that does not depend on a kernel's type.
namespace twill::comm::detail {

static_assert(sizeof(std::size_t) == sizeof(std::uint64_t));

class mpi_endpoint;

// Exchanges by messages take two tags each, and use them again when this many others have begun.
inline constexpr std::uint64_t exchange_tags = std::uint64_t{1} << 22U;

// What a rank tells the others of a collective before it believes them.
struct mpi_announcement {
  std::uint64_t word = 0;
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
};

// What a thread waits for inside of the library, and until when it may.
struct mpi_blocked {
  op_kind kind = op_kind::none;
  int peer = any_source;  // a rank of the job
  std::chrono::steady_clock::time_point since;
  std::chrono::nanoseconds limit{0};
};

// Two communicators of the library: one for blocking collectives and the program's messages, one for
// nonblocking collectives and this library's own messages, because on one communicator the order of blocking
// and nonblocking collectives would have to be the same on all ranks, and here it need not be.
struct mpi_context final : context, messenger {
  const mpi_table* api = nullptr;
  mpi_handle comm = 0;
  mpi_handle side = 0;
  bool any_order = false;   // reductions may be folded in any order unless a call says otherwise
  bool native_nan = false;  // in any order, a minimum or maximum with NaN is what the library says

  mpi_context();
  ~mpi_context() override;

  [[nodiscard]] mpi_endpoint& home() const noexcept;
  // Persistent collectives are the library's own.
  [[nodiscard]] bool starts_again() const noexcept;
  // Throws what the library's error code means.
  void check(int code, op_kind kind) const {
    if (code != 0) [[unlikely]]
      raise(code, kind);
  }
  [[noreturn]] void raise(int code, op_kind kind, error_context facts) const;
  // Facts are made where they are needed: a caller that has the library's call in line has no room for them.
  [[noreturn, gnu::cold]] void raise(int code, op_kind kind) const;
  // Of a receive that the library refused, or whose length is no number of elements.
  [[noreturn]] void raise_receive(int code, const mpi_status& got, std::size_t capacity,
                                  std::size_t element) const;

  // --- from check level `collective` on
  // Every rank's announcement. Throws: collective_mismatch with a table when words or counts differ.
  [[nodiscard]] const std::vector<mpi_announcement>& agree(op_kind kind, const signature& sig,
                                                           std::size_t bytes);
  // True when it is on all ranks.
  [[nodiscard]] bool all_of(bool mine, op_kind kind);
  // Whether what ranks send to this one is what it expects, pair by pair.
  [[nodiscard]] bool counts_fit(op_kind kind, std::span<const std::size_t> sent,
                                std::span<const std::size_t> expected);
  [[nodiscard]] bool count_fits(op_kind kind, std::span<const std::size_t> sent, std::size_t expected,
                                int root);
  [[noreturn]] void mismatch(const std::vector<mpi_announcement>& all, op_kind kind) const;
  [[noreturn]] void refused(op_kind kind, int r, std::size_t bytes) const;
  void decline(op_kind kind);

  // Room of at least that many bytes that stays until the next call of it.
  [[nodiscard]] std::byte* scratch(std::size_t bytes);
  std::vector<std::uint64_t> lists;  // what the call under way points at
  // Displacements of blocks one behind the other where there are none, and the room for the module's own.
  void complete_lists(mpi_call& call, std::vector<std::uint64_t>& keep, bool send, bool recv) const;
  // As the module's perform; without 64-bit counts in the library by messages where they are needed.
  void perform(const mpi_call& call, op_kind kind);
  void perform_by_messages(const mpi_call& call, op_kind kind);
  [[nodiscard]] bool too_large(const mpi_call& call) const noexcept;

  [[nodiscard]] std::shared_ptr<mpi_context> split(op_kind kind, int color, int key);
  [[nodiscard]] std::uint64_t next_exchange() noexcept {
    // ORD relaxed [exchange]: a number; ranks begin exchanges in the same order.
    return exchanges.fetch_add(1, std::memory_order_relaxed);
  }
  // Frees what the library holds; while the library still runs.
  void close() noexcept;

  // --- messenger
  void send(op_kind kind, const std::byte* data, std::size_t bytes, int dest, int tag) override;
  void send_copy(op_kind kind, const std::byte* data, std::size_t bytes, int dest, int tag) override;
  [[nodiscard]] status receive(op_kind kind, std::byte* data, std::size_t capacity, int source,
                               int tag) override;
  [[nodiscard]] std::optional<status> peek(int source, int tag) override;
  [[nodiscard]] std::optional<arrival> take(int source, int tag) override;
  [[nodiscard]] bool expects(int source, int tag) override;
  [[nodiscard]] std::unique_ptr<transfer> begin_send(op_kind kind, const std::byte* data, std::size_t bytes,
                                                     int dest, int tag, bool synchronous) override;
  [[nodiscard]] std::unique_ptr<transfer> begin_receive(op_kind kind, std::byte* data, std::size_t capacity,
                                                        int source, int tag) override;

  // --- shared memory
  struct shared_window {
    mpi_handle handle = 0;
    std::atomic<bool> released{false};
  };
  // Frees the windows that every rank has let go of; collective. All of them when the job ends.
  void reclaim();
  std::list<std::shared_ptr<shared_window>> windows;

  // Receives under way that a message of this rank to itself could match.
  std::mutex posted_lock;
  std::list<std::pair<int, int>> posted;

 private:
  std::atomic<std::uint64_t> exchanges{0};
  std::vector<mpi_announcement> told_;
  std::vector<std::byte> scratch_;
};

// A blocking call of the library, which nothing can end but the end of the job. With a timeout the watchdog
// knows it while it lasts; without one this is one comparison.
class mpi_blocking {
 public:
  mpi_blocking(const mpi_context& c, op_kind kind, int peer = any_source)
      : c_(c.ep->options().timeout.count() != 0 ? &c : nullptr) {
    if (c_ != nullptr) [[unlikely]]
      begin(kind, peer);
  }
  mpi_blocking(const mpi_blocking&) = delete;
  mpi_blocking& operator=(const mpi_blocking&) = delete;
  ~mpi_blocking() {
    if (c_ != nullptr) [[unlikely]]
      end();
  }

 private:
  void begin(op_kind kind, int peer);
  void end() noexcept;

  const mpi_context* c_;
  std::list<mpi_blocked>::iterator place_{};
};

// Something of the library that is under way: the end of the environment has to deal with it.
class mpi_live {
 public:
  explicit mpi_live(mpi_context& c);
  mpi_live(const mpi_live&) = delete;
  mpi_live& operator=(const mpi_live&) = delete;
  virtual ~mpi_live();
  // While the library still runs: nothing of it is used afterwards.
  virtual void abandon() noexcept = 0;

 private:
  std::shared_ptr<mpi_endpoint> ep_;
  std::list<mpi_live*>::iterator place_;
};

// A request of the library: of a collective, or a persistent one.
class mpi_request final : public mpi_live {
 public:
  explicit mpi_request(mpi_context& c);
  ~mpi_request() override;
  void begin(const mpi_call& call, op_kind kind);
  void start_again(const mpi_call& call, op_kind kind);
  // The call that was begun last, and will begin again as it is. False: not in this way.
  [[nodiscard]] bool prepare(const mpi_call& call);
  // The library's function and nothing else: gives its code. Requires: prepare gave true.
  [[nodiscard]] int begin_prepared() {
    active_ = true;
    return again_.begin(&again_, &handle_);
  }
  // Likewise. Requires: no limit on waiting, and not crowded().
  [[nodiscard]] int wait_unwatched() {
    const int code = ctx_.api->wait(&handle_, nullptr);
    active_ = false;
    return code;
  }
  // Waiting inside of the library would take the processor from a rank that has none.
  [[nodiscard]] bool crowded() const noexcept { return crowded_; }
  [[nodiscard]] bool complete(op_kind kind);
  // Inside of the library until it is complete. False where that could not be ended, or would take the
  // processor from a rank that has none: nothing was done.
  [[nodiscard]] bool wait(op_kind kind) {
    if (crowded_ || ctx_.ep->options().timeout.count() != 0) return false;
    ctx_.check(wait_unwatched(), kind);
    return true;
  }
  void abandon() noexcept override;

 private:
  mpi_context& ctx_;
  mpi_handle handle_ = 0;
  bool active_ = false;
  bool persistent_ = false;
  const bool crowded_;
  mpi_again again_;
};

// All ranks' contributions by messages, with the announcements in front: the nonblocking collectives of check
// level `collective`, and those that a library has no nonblocking form for.
class mpi_exchange final : public mpi_live {
 public:
  explicit mpi_exchange(mpi_context& c);
  ~mpi_exchange() override;
  void begin(op_kind kind, const signature& sig, std::vector<std::byte> mine);
  [[nodiscard]] bool complete(op_kind kind);
  [[nodiscard]] const std::vector<mpi_announcement>& told() const noexcept { return told_; }
  [[nodiscard]] std::span<const std::byte> of(int rank) const noexcept {
    return data_[static_cast<std::size_t>(rank)];
  }
  void abandon() noexcept override;

 private:
  [[nodiscard]] int tag() const noexcept;
  [[nodiscard]] bool all_done(std::vector<mpi_handle>& requests, op_kind kind);

  mpi_context& ctx_;
  std::uint64_t number_ = 0;
  std::vector<mpi_announcement> told_;
  std::vector<std::vector<std::byte>> data_;
  std::vector<mpi_handle> sends_;
  std::vector<mpi_handle> heads_;
  std::vector<mpi_handle> bodies_;
  enum class stage { idle, heads, bodies } stage_ = stage::idle;
};

}  // namespace twill::comm::detail
