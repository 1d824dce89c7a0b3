// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/detail/endpoint.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace twill::comm::detail {

// Something under way. A request owns one; engines derive from it.
class operation {
 public:
  operation(std::shared_ptr<endpoint> ep, const call_site& where, op_kind what)
      : ep_(std::move(ep)), site_(where), kind_(what) {}
  operation(const operation&) = delete;
  operation& operator=(const operation&) = delete;
  virtual ~operation();

  // True once it is complete; from then on it does nothing. Throws: what went wrong, once.
  [[nodiscard]] virtual bool poll() = 0;
  // Waits inside of a library that is faster at it than looks are: true when it is complete. False: nothing
  // was done. Throws: as poll.
  [[nodiscard]] virtual bool block() { return false; }
  // True when it will never complete and has left its buffers alone.
  [[nodiscard]] virtual bool cancel() noexcept { return false; }
  // What was received, of receives.
  [[nodiscard]] virtual status result() const noexcept { return {}; }
  // Begins anew; only of persistent operations.
  virtual void start() {}
  // As start and block, the shortest way there is: true when that was all. False: nothing was done, also
  // where the environment has ended.
  [[nodiscard]] virtual bool start_at_once() { return false; }
  [[nodiscard]] virtual bool finish_at_once() { return false; }
  // A library carries it when it begins anew.
  [[nodiscard]] virtual bool native() const noexcept { return false; }

  [[nodiscard]] endpoint& ep() const noexcept { return *ep_; }
  [[nodiscard]] const std::shared_ptr<endpoint>& shared_endpoint() const noexcept { return ep_; }
  [[nodiscard]] const call_site& site() const noexcept { return site_; }
  [[nodiscard]] op_kind kind() const noexcept { return kind_; }
  [[nodiscard]] virtual int peer() const noexcept { return any_source; }

 private:
  std::shared_ptr<endpoint> ep_;
  call_site site_;
  op_kind kind_;
};

// Where a request stands, apart from its payload: shared by requests of all types.
class request_state {
 public:
  request_state() noexcept = default;
  // `keep` owns the buffers: it lives as long as the operation may touch them.
  request_state(std::shared_ptr<operation> op, std::shared_ptr<void> keep) noexcept
      : op_(std::move(op)), keep_(std::move(keep)) {}
  request_state(request_state&& other) noexcept = default;
  request_state& operator=(request_state&& other) noexcept;
  ~request_state() { drop(); }

  [[nodiscard]] bool valid() const noexcept { return op_ != nullptr; }
  [[nodiscard]] bool done() const noexcept { return done_; }
  // Looks once. Throws: finalized, invalid_request, and what went wrong.
  bool poll();
  void wait() {
    if (op_ != nullptr && !done_) [[likely]] {
      // Also when it throws.
      done_ = true;
      if (op_->finish_at_once()) [[likely]]
        return;
      done_ = false;
    }
    wait_longer();
  }
  bool cancel();
  [[nodiscard]] bool cancelled() const noexcept { return cancelled_; }
  [[nodiscard]] status result() const noexcept { return op_ ? op_->result() : status{}; }
  [[nodiscard]] bool native() const noexcept { return op_ != nullptr && op_->native(); }
  [[nodiscard]] operation* get() const noexcept { return op_.get(); }
  // Completes it as far as that is possible in bounded time; else the environment takes it over. For buffers
  // that an exception is about to take away.
  void settle() noexcept;
  // The operation is over and its result handed out.
  void reset() noexcept;
  // Of a persistent request: runs again.
  void restart() {
    if (op_ != nullptr && done_ && op_->start_at_once()) [[likely]] {
      done_ = false;
      return;
    }
    start_anew();
  }
  [[nodiscard]] bool active() const noexcept { return op_ != nullptr && !done_; }
  void set_inactive() noexcept { done_ = true; }
  [[noreturn]] void refuse(errc code, const char* why) const;

 private:
  void check() const;
  void wait_longer();
  void start_anew();
  // True when it completed within the drop timeout.
  [[nodiscard]] static bool wait_bounded(operation& op);
  void drop() noexcept;

  std::shared_ptr<operation> op_;
  std::shared_ptr<void> keep_;
  bool done_ = false;
  bool cancelled_ = false;
};

// The common part of wait_any and its kin, over requests of one type or of several.
[[nodiscard]] std::optional<std::size_t> wait_any_of(std::span<request_state* const> requests);
[[nodiscard]] std::optional<std::size_t> test_any_of(std::span<request_state* const> requests);
[[nodiscard]] std::vector<std::size_t> wait_some_of(std::span<request_state* const> requests);
[[nodiscard]] std::vector<std::size_t> test_some_of(std::span<request_state* const> requests);
// Completes all, then throws multiple_errors when some failed.
void wait_all_of(std::span<request_state* const> requests);
[[nodiscard]] bool test_all_of(std::span<request_state* const> requests);

}  // namespace twill::comm::detail
