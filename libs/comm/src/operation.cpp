// SPDX-License-Identifier: Apache-2.0
#include "twill/comm/detail/operation.hpp"

#include <chrono>
#include <cstring>
#include <exception>
#include <string>
#include <unistd.h>

namespace twill::comm::detail {
namespace {

void say(const std::string& text) noexcept {
  // A destructor cannot throw and a library has no log that is sure to be read: the process ends behind this.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

void wait_for(std::span<request_state* const> requests, const std::function<bool()>& ready) {
  for (const request_state* r : requests) {
    if (r->active()) {
      operation& op = *r->get();
      op.ep().wait_until(op.site(), op_kind::wait, any_source, ready);
      return;
    }
  }
}

}  // namespace

operation::~operation() = default;

request_state& request_state::operator=(request_state&& other) noexcept {
  if (this != &other) {
    drop();
    op_ = std::move(other.op_);
    keep_ = std::move(other.keep_);
    done_ = other.done_;
    cancelled_ = other.cancelled_;
  }
  return *this;
}

void request_state::refuse(errc code, const char* why) const {
  fail(code, op_ ? op_->site() : call_site{.operation = name_of(op_kind::wait)}, why);
}

void request_state::check() const {
  if (!op_) refuse(errc::invalid_request, "the request is empty: moved from, or its result was taken");
  if (op_->ep().finalized()) refuse(errc::finalized, "the environment has ended");
}

bool request_state::poll() {
  check();
  if (done_) return true;
  try {
    done_ = op_->poll();
  } catch (...) {
    done_ = true;
    throw;
  }
  return done_;
}

void request_state::wait_longer() {
  check();
  if (done_) return;
  try {
    done_ = op_->block();
  } catch (...) {
    done_ = true;
    throw;
  }
  if (done_) return;
  op_->ep().wait_until(op_->site(), op_->kind(), op_->peer(), [this] { return poll(); });
}

bool request_state::cancel() {
  check();
  if (done_) return cancelled_;
  cancelled_ = op_->cancel();
  done_ = cancelled_;
  return cancelled_;
}

void request_state::reset() noexcept {
  op_.reset();
  keep_.reset();
  done_ = false;
  cancelled_ = false;
}

void request_state::start_anew() {
  check();
  if (!done_) refuse(errc::request_active, "the request was started and has not been waited for");
  op_->start();
  done_ = false;
}

bool request_state::wait_bounded(operation& op) {
  const auto limit = op.ep().options().drop_timeout;
  const auto begin = std::chrono::steady_clock::now();
  bool complete = false;
  op.ep().wait_until(op.site(), op.kind(), op.peer(), [&] {
    complete = complete || op.poll();
    return complete || std::chrono::steady_clock::now() - begin > limit;
  });
  return complete;
}

void request_state::settle() noexcept {
  if (!op_ || done_ || op_->ep().finalized()) return;
  const std::shared_ptr<operation> op = std::move(op_);
  try {
    if (op->poll() || op->cancel() || wait_bounded(*op)) return;
    // Only polls touch the buffers, and nobody polls it again.
    op->shared_endpoint()->bury(op);
  } catch (const std::exception&) {
    // It ended with an error; the exception that is on its way says more.
    return;
  }
}

void request_state::drop() noexcept {
  if (!op_ || done_ || op_->ep().finalized()) return;
  const std::shared_ptr<operation> op = std::move(op_);
  try {
    if (op->poll() || op->cancel()) return;
    if (std::uncaught_exceptions() > 0) {
      // Nothing may be freed that a peer still writes or reads; the environment keeps it.
      op->shared_endpoint()->bury(
          std::make_shared<std::pair<std::shared_ptr<operation>, std::shared_ptr<void>>>(op,
                                                                                         std::move(keep_)));
      return;
    }
    if (wait_bounded(*op)) return;
    say("comm: an unfinished " + std::string(op->site().operation) + " on rank " +
        std::to_string(op->site().rank) + " was destroyed and does not complete: ending the process\n");
  } catch (const std::exception&) {
    // It ended with an error that nobody waits for. Its buffers are safe: only this rank's polls touch them.
    return;
  }
  std::terminate();
}

std::optional<std::size_t> test_any_of(std::span<request_state* const> requests) {
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (requests[i]->active() && requests[i]->poll()) return i;
  }
  return std::nullopt;
}

std::optional<std::size_t> wait_any_of(std::span<request_state* const> requests) {
  std::optional<std::size_t> found;
  wait_for(requests, [&] {
    found = test_any_of(requests);
    return found.has_value();
  });
  return found;
}

std::vector<std::size_t> test_some_of(std::span<request_state* const> requests) {
  std::vector<std::size_t> found;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (requests[i]->active() && requests[i]->poll()) found.push_back(i);
  }
  return found;
}

std::vector<std::size_t> wait_some_of(std::span<request_state* const> requests) {
  std::vector<std::size_t> found;
  wait_for(requests, [&] {
    found = test_some_of(requests);
    return !found.empty();
  });
  return found;
}

bool test_all_of(std::span<request_state* const> requests) {
  bool all = true;
  for (request_state* r : requests) all = (!r->active() || r->poll()) && all;
  return all;
}

void wait_all_of(std::span<request_state* const> requests) {
  std::vector<multiple_errors::item> failed;
  call_site site{.operation = name_of(op_kind::wait)};
  for (std::size_t i = 0; i < requests.size(); ++i) {
    if (!requests[i]->active()) continue;
    site = requests[i]->get()->site();
    try {
      requests[i]->wait();
    } catch (const std::exception&) {
      failed.push_back({i, std::current_exception()});
    }
  }
  if (!failed.empty()) throw multiple_errors(site, std::move(failed));
}

}  // namespace twill::comm::detail
