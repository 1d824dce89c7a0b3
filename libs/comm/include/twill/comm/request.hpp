// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/data.hpp"
#include "twill/comm/detail/operation.hpp"

#include <concepts>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace twill::comm {
namespace detail {

struct request_access;

// The buffers of a request with payload P, on the heap so that they stay where they are when the request
// moves.
template <class P>
struct payload_box {
  P payload;
  void (*settle)(P&, const status&) = nullptr;  // e.g. shortens a vector to what was received
};

// Both buffers of a persistent request; nothing where they are the caller's.
template <class T>
struct buffer_pair {
  struct none {};
  using element = std::conditional_t<std::is_void_v<T>, none, T>;
  std::vector<element> send;
  std::vector<element> recv;
};

}  // namespace detail

/// An operation under way that owns its buffers and hands them out when it is complete.
///
/// Destroying it before that waits as long as TWILL_COMM_DROP_TIMEOUT says, then ends the process; while an
/// exception is on its way the environment takes it over instead.
/// Thread safety: as a standard container's.
template <class P = void>
class request {
 public:
  /// What `wait` returns.
  using payload_type = P;
  request() noexcept = default;
  /// Moves it; the other one is empty.
  request(request&&) noexcept = default;
  /// Takes the other one over; what this one held ends first.
  request& operator=(request&&) noexcept = default;

  /// Blocks until it is complete and hands the payload out; the request is empty then.
  /// Throws: error(invalid_request) when it is empty, error(finalized), and what the operation ran into.
  P wait() {
    state_.wait();
    return take();
  }
  /// The payload if it is complete: looks once.
  [[nodiscard]] std::optional<P> test() {
    if (!state_.poll()) return std::nullopt;
    return take();
  }
  /// True when it is complete; the payload stays.
  [[nodiscard]] bool done() { return state_.poll(); }
  /// Source, tag and length, once a receive is complete.
  [[nodiscard]] comm::status status() const noexcept { return state_.result(); }
  /// True when it ended before anybody met it; `wait` then hands the buffer back as it was.
  bool cancel() { return state_.cancel(); }
  /// False when it was moved from or its payload was taken.
  [[nodiscard]] bool valid() const noexcept { return state_.valid(); }

 private:
  friend struct detail::request_access;
  P take() {
    P out = std::move(box_->payload);
    if (box_->settle != nullptr && !state_.cancelled()) box_->settle(out, state_.result());
    box_.reset();
    state_.reset();
    return out;
  }
  // First destroyed is the state: it may still need the buffers.
  std::shared_ptr<detail::payload_box<P>> box_;
  detail::request_state state_;
};

/// An operation under way without a payload: a barrier, or one over borrowed buffers.
template <>
class request<void> {
 public:
  /// What `wait` returns.
  using payload_type = void;
  request() noexcept = default;
  /// Moves it; the other one is empty.
  request(request&&) noexcept = default;
  /// Takes the other one over; what this one held ends first.
  request& operator=(request&&) noexcept = default;

  /// Blocks until it is complete. Throws: as a request with a payload does.
  void wait() {
    state_.wait();
    last_ = state_.result();
    state_.reset();
  }
  /// True when it is complete: looks once; the request is empty then.
  [[nodiscard]] bool test() {
    if (!state_.poll()) return false;
    last_ = state_.result();
    state_.reset();
    return true;
  }
  /// True when it is complete.
  [[nodiscard]] bool done() { return state_.poll(); }
  /// Source, tag and length of a receive that is complete.
  [[nodiscard]] comm::status status() const noexcept { return state_.valid() ? state_.result() : last_; }
  /// True when it ended before anybody met it.
  bool cancel() { return state_.cancel(); }
  /// False when it was moved from or waited for.
  [[nodiscard]] bool valid() const noexcept { return state_.valid(); }

 private:
  friend struct detail::request_access;
  detail::request_state state_;
  comm::status last_{};
};

/// An operation that is set up once and started again and again.
///
/// It owns both its buffers, except when it was made by a `persistent_scope`: then they are the caller's.
template <class T = void>
class persistent_request {
 public:
  persistent_request() noexcept = default;
  /// Moves it; the other one is empty.
  persistent_request(persistent_request&&) noexcept = default;
  /// Takes the other one over; what this one held ends first.
  persistent_request& operator=(persistent_request&&) noexcept = default;

  /// Begins it with what the send buffer holds. Throws: error(request_active) when it runs already.
  void start() { state_.restart(); }
  /// Blocks until it is complete; returns at once when it is not active.
  void wait() { state_.wait(); }
  /// True when it is complete or not active: looks once.
  [[nodiscard]] bool test() { return state_.poll(); }
  /// Started and not found complete yet.
  [[nodiscard]] bool active() const noexcept { return state_.active(); }
  /// Source, tag and length of the last receive.
  [[nodiscard]] comm::status status() const noexcept { return state_.result(); }
  /// True when the backend's library carries it itself, from the second start on; false: it repeats the
  /// nonblocking operation.
  [[nodiscard]] bool is_native() const noexcept { return state_.native(); }
  /// False when it was moved from.
  [[nodiscard]] bool valid() const noexcept { return state_.valid(); }
  /// Ends it before anybody met it: true when that was so.
  bool cancel() { return state_.cancel(); }

  /// What is sent by the next start; of in-place forms also what is received.
  /// Throws: error(request_active) while it runs.
  [[nodiscard]] std::span<T> send_buffer()
    requires(!std::is_void_v<T>)
  {
    return buffer(buffers_->send.empty() ? buffers_->recv : buffers_->send);
  }
  /// What the last run received. Throws: as send_buffer.
  [[nodiscard]] std::span<T> recv_buffer()
    requires(!std::is_void_v<T>)
  {
    return buffer(buffers_->recv);
  }

 private:
  friend struct detail::request_access;
  using pair = detail::buffer_pair<T>;
  using element = typename pair::element;
  std::span<element> buffer(std::vector<element>& v) {
    if (state_.active()) state_.refuse(errc::request_active, "the request is active: its buffers are in use");
    return v;
  }

  std::shared_ptr<pair> buffers_;
  detail::request_state state_;
};

/// Anything that one can wait for.
template <class R>
concept request_like = std::movable<R> && !std::copyable<R> && requires(R& r) {
  r.wait();
  r.test();
  { r.cancel() } -> std::same_as<bool>;
  { std::as_const(r).valid() } -> std::same_as<bool>;
};

namespace detail {

struct request_access {
  template <class R>
  static request_state& state(R& r) noexcept {
    return r.state_;
  }
  template <class P>
  static request<P> make(std::shared_ptr<operation> op, std::shared_ptr<payload_box<P>> box) {
    request<P> r;
    r.box_ = box;
    r.state_ = request_state(std::move(op), std::move(box));
    return r;
  }
  static request<void> make(std::shared_ptr<operation> op) {
    request<void> r;
    r.state_ = request_state(std::move(op), nullptr);
    return r;
  }
  template <class T>
  static persistent_request<T> make_persistent(std::shared_ptr<operation> op,
                                               std::shared_ptr<buffer_pair<T>> b) {
    persistent_request<T> r;
    r.buffers_ = b;
    r.state_ = request_state(std::move(op), std::move(b));
    r.state_.set_inactive();
    return r;
  }
};

template <class R>
std::vector<request_state*> states(std::span<R> requests) {
  std::vector<request_state*> all;
  for (R& r : requests) all.push_back(&request_access::state(r));
  return all;
}

}  // namespace detail

/// The requests of several types that are waited for together: `pool.add(std::move(r))`, at most `capacity`.
class request_pool {
 public:
  /// For up to `capacity` requests at once.
  explicit request_pool(std::size_t capacity) : capacity_(capacity) {}
  /// Takes a request over and returns its slot; slots of completed requests are used again.
  /// Throws: error(invalid_argument) when the pool is full.
  template <request_like R>
  std::size_t add(R r) {
    auto held = std::make_shared<R>(std::move(r));
    return insert(&detail::request_access::state(*held), held);
  }
  /// Slots of requests that have completed since the last look, at least one; empty when none is active.
  [[nodiscard]] std::vector<std::size_t> wait_some();
  /// Completes all. Throws: multiple_errors.
  void wait_all();
  /// Requests that are not complete.
  [[nodiscard]] std::size_t active() const noexcept;

 private:
  struct slot {
    detail::request_state* state = nullptr;
    std::shared_ptr<void> hold{};
  };
  std::size_t insert(detail::request_state* state, std::shared_ptr<void> hold);
  [[nodiscard]] std::vector<detail::request_state*> states() const;

  std::size_t capacity_;
  std::vector<slot> slots_;
};

/// Waits until one of the active requests is complete and returns its index; nothing when none is active. Its
/// payload is then taken with `wait`, which returns at once.
template <class R>
  requires request_like<R>
[[nodiscard]] std::optional<std::size_t> wait_any(std::span<R> requests) {
  return detail::wait_any_of(detail::states(requests));
}
/// As wait_any, but looks once.
template <class R>
  requires request_like<R>
[[nodiscard]] std::optional<std::size_t> test_any(std::span<R> requests) {
  return detail::test_any_of(detail::states(requests));
}
/// Waits until at least one active request is complete; all that are, in ascending order.
template <class R>
  requires request_like<R>
[[nodiscard]] std::vector<std::size_t> wait_some(std::span<R> requests) {
  return detail::wait_some_of(detail::states(requests));
}
/// As wait_some, but looks once.
template <class R>
  requires request_like<R>
[[nodiscard]] std::vector<std::size_t> test_some(std::span<R> requests) {
  return detail::test_some_of(detail::states(requests));
}
/// Completes all of them; payloads are then taken with `wait`.
/// Throws: multiple_errors that lists every failure; the rest is complete.
template <class R>
  requires request_like<R>
void wait_all(std::span<R> requests) {
  detail::wait_all_of(detail::states(requests));
}
/// True when all are complete: looks once.
template <class R>
  requires request_like<R>
[[nodiscard]] bool test_all(std::span<R> requests) {
  return detail::test_all_of(detail::states(requests));
}
/// Starts every persistent request.
template <class T>
void start_all(std::span<persistent_request<T>> requests) {
  for (auto& r : requests) r.start();
}

}  // namespace twill::comm
