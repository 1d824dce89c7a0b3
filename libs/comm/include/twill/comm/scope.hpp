// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/detail/calls.hpp"
#include "twill/comm/detail/p2p.hpp"
#include "twill/comm/request.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

namespace twill::comm {
namespace detail {

// Whose the buffers of a call are: of a caller who may take them away while it runs, or of the request, which
// is kept with them.
enum class buffers_of { caller, request };

// The operation of a nonblocking or persistent call.
template <class Engine, class Make>
[[nodiscard]] std::shared_ptr<operation> prepare_call(const Engine& e, op_kind kind, Make&& make,
                                                      buffers_of whose = buffers_of::caller) {
  const context& ctx = e.ctx();
  if (ctx.ep->finalized()) fail(errc::finalized, ctx.site(kind), "the environment has ended");
  const caller c{ctx, kind, e.rank(), e.size(), ctx.ep->level() != check_level::none};
  auto k = make(c);
  k.stays = whose == buffers_of::request;
  return e.prepare(kind, std::move(k));
}

}  // namespace detail

/// Nonblocking operations over borrowed buffers, all complete when the scope ends: `comm.scope([&](auto& s){
/// ... })`.
///
/// Buffers have to outlive the scope, which they do when they are declared outside. Arguments are those of
/// the blocking forms; requests can be waited for before the end through the handle that each call returns.
template <class Engine>
class basic_scope {
 public:
  /// One operation of the scope.
  class handle {
   public:
    /// Blocks until it is complete.
    void wait() const { state_->wait(); }
    /// True when it is complete: looks once.
    [[nodiscard]] bool test() const { return state_->poll(); }
    /// Source, tag and length of a receive that is complete.
    [[nodiscard]] comm::status status() const noexcept { return state_->result(); }

   private:
    friend class basic_scope;
    explicit handle(detail::request_state& s) noexcept : state_(&s) {}
    detail::request_state* state_;
  };

  /// A request that runs `basic_` with these arguments.
  explicit basic_scope(const Engine& e, std::shared_ptr<detail::context> c)
      : engine_(e), ctx_(std::move(c)) {}
  basic_scope(const basic_scope&) = delete;
  basic_scope& operator=(const basic_scope&) = delete;
  ~basic_scope() = default;

  /// Begins the blocking `barrier` with these arguments.
  template <class... A>
  handle ibarrier(A&&... a) {
    return add(detail::op_kind::barrier,
               [&](const auto& c) { return detail::calls::barrier(c, std::forward<A>(a)...); });
  }
  /// Begins the blocking `broadcast` with these arguments.
  template <class... A>
  handle ibroadcast(A&&... a) {
    return add(detail::op_kind::broadcast,
               [&](const auto& c) { return detail::calls::broadcast(c, std::forward<A>(a)...); });
  }
  /// Begins the blocking `reduce` with these arguments.
  template <class... A>
  handle ireduce(A&&... a) {
    return add(detail::op_kind::reduce,
               [&](const auto& c) { return detail::calls::reduce(c, std::forward<A>(a)...); });
  }
  /// Begins the blocking `allreduce` with these arguments.
  template <class... A>
  handle iallreduce(A&&... a) {
    return add(detail::op_kind::allreduce,
               [&](const auto& c) { return detail::calls::allreduce(c, std::forward<A>(a)...); });
  }
  /// Begins the blocking `scan` with these arguments.
  template <class... A>
  handle iscan(A&&... a) {
    return add(detail::op_kind::scan,
               [&](const auto& c) { return detail::calls::scan(c, std::forward<A>(a)...); });
  }
  /// Begins the blocking `exscan` with these arguments.
  template <class... A>
  handle iexscan(A&&... a) {
    return add(detail::op_kind::exscan,
               [&](const auto& c) { return detail::calls::exscan(c, std::forward<A>(a)...); });
  }
  /// Begins the blocking `gather` with these arguments.
  template <class... A>
  handle igather(A&&... a) {
    return add(detail::op_kind::gather,
               [&](const auto& c) { return detail::calls::gather(c, std::forward<A>(a)...); });
  }
  /// Begins the blocking `allgather` with these arguments.
  template <class... A>
  handle iallgather(A&&... a) {
    return add(detail::op_kind::allgather,
               [&](const auto& c) { return detail::calls::allgather(c, std::forward<A>(a)...); });
  }
  /// Begins the blocking `scatter` with these arguments.
  template <class... A>
  handle iscatter(A&&... a) {
    return add(detail::op_kind::scatter,
               [&](const auto& c) { return detail::calls::scatter(c, std::forward<A>(a)...); });
  }
  /// Begins the blocking `alltoall` with these arguments.
  template <class... A>
  handle ialltoall(A&&... a) {
    return add(detail::op_kind::alltoall,
               [&](const auto& c) { return detail::calls::alltoall(c, std::forward<A>(a)...); });
  }
  /// Begins the blocking `reduce_scatter_block` with these arguments.
  template <class... A>
  handle ireduce_scatter_block(A&&... a) {
    return add(detail::op_kind::reduce_scatter_block,
               [&](const auto& c) { return detail::calls::reduce_scatter_block(c, std::forward<A>(a)...); });
  }
  /// Begins the blocking `reduce_scatter` with these arguments.
  template <class... A>
  handle ireduce_scatter(A&&... a) {
    return add(detail::op_kind::reduce_scatter,
               [&](const auto& c) { return detail::calls::reduce_scatter(c, std::forward<A>(a)...); });
  }
  /// Begins the blocking `gatherv` with these arguments.
  template <class... A>
  handle igatherv(A&&... a) {
    return add(detail::op_kind::gatherv,
               [&](const auto& c) { return detail::calls::gatherv(c, std::forward<A>(a)...); });
  }
  /// Begins the blocking `allgatherv` with these arguments.
  template <class... A>
  handle iallgatherv(A&&... a) {
    return add(detail::op_kind::allgatherv,
               [&](const auto& c) { return detail::calls::allgatherv(c, std::forward<A>(a)...); });
  }
  /// Begins the blocking `scatterv` with these arguments.
  template <class... A>
  handle iscatterv(A&&... a) {
    return add(detail::op_kind::scatterv,
               [&](const auto& c) { return detail::calls::scatterv(c, std::forward<A>(a)...); });
  }
  /// Begins the blocking `alltoallv` with these arguments.
  template <class... A>
  handle ialltoallv(A&&... a) {
    return add(detail::op_kind::alltoallv,
               [&](const auto& c) { return detail::calls::alltoallv(c, std::forward<A>(a)...); });
  }
  /// As send, complete when the buffer may be used again.
  template <in_buffer S>
  handle isend(const S& data, int dest, int tag) {
    return send(detail::op_kind::isend, data, dest, tag, false);
  }
  /// As isend, complete when the receiver has met it.
  template <in_buffer S>
  handle issend(const S& data, int dest, int tag) {
    return send(detail::op_kind::issend, data, dest, tag, true);
  }
  /// As recv.
  template <out_buffer M>
  handle irecv(M&& into, int source, int tag) {
    detail::check_receive(*ctx_, detail::op_kind::irecv, source, tag);
    const auto m = detail::as_out(into);
    return start(std::make_shared<detail::receive_operation>(ctx_, detail::op_kind::irecv,
                                                             detail::bytes_of(m.data()), m.size_bytes(),
                                                             sizeof(element_t<M>), source, tag));
  }

  /// Completes all as far as possible, for the way out by an exception.
  void settle() noexcept {
    for (auto& s : states_) s.settle();
  }
  /// Completes all. Throws: multiple_errors.
  void wait_all() {
    std::vector<detail::request_state*> all;
    for (auto& s : states_) all.push_back(&s);
    detail::wait_all_of(all);
  }

 private:
  template <in_buffer S>
  handle send(detail::op_kind kind, const S& data, int dest, int tag, bool synchronous) {
    detail::check_send(*ctx_, kind, dest, tag);
    const auto s = detail::as_in(data);
    return start(std::make_shared<detail::send_operation>(ctx_, kind, detail::bytes_of(s.data()),
                                                          s.size_bytes(), dest, tag, synchronous));
  }
  template <class Make>
  handle add(detail::op_kind kind, Make&& make) {
    return start(detail::prepare_call(engine_, kind, make));
  }
  handle start(std::shared_ptr<detail::operation> op) {
    op->start();
    return handle(states_.emplace_back(std::move(op), nullptr));
  }

  Engine engine_;
  std::shared_ptr<detail::context> ctx_;
  std::deque<detail::request_state> states_;  // their destructors complete what an exception left behind
};

/// Persistent operations over borrowed buffers: `comm.persistent([&](auto& s){ auto r =
/// s.allreduce_init(...); ... })`. Requests may not outlive the call; arguments are those of the blocking
/// forms.
template <class Engine>
class basic_persistent_scope {
 public:
  /// A request that runs `basic_persistent_` with these arguments.
  explicit basic_persistent_scope(const Engine& e, std::shared_ptr<detail::context> c)
      : engine_(e), ctx_(std::move(c)) {}
  basic_persistent_scope(const basic_persistent_scope&) = delete;
  basic_persistent_scope& operator=(const basic_persistent_scope&) = delete;
  ~basic_persistent_scope() = default;

  /// A request that runs `barrier` with these arguments.
  template <class... A>
  [[nodiscard]] persistent_request<> barrier_init(A&&... a) {
    return add(detail::op_kind::barrier,
               [&](const auto& c) { return detail::calls::barrier(c, std::forward<A>(a)...); });
  }
  /// A request that runs `broadcast` with these arguments.
  template <class... A>
  [[nodiscard]] persistent_request<> broadcast_init(A&&... a) {
    return add(detail::op_kind::broadcast,
               [&](const auto& c) { return detail::calls::broadcast(c, std::forward<A>(a)...); });
  }
  /// A request that runs `reduce` with these arguments.
  template <class... A>
  [[nodiscard]] persistent_request<> reduce_init(A&&... a) {
    return add(detail::op_kind::reduce,
               [&](const auto& c) { return detail::calls::reduce(c, std::forward<A>(a)...); });
  }
  /// A request that runs `allreduce` with these arguments.
  template <class... A>
  [[nodiscard]] persistent_request<> allreduce_init(A&&... a) {
    return add(detail::op_kind::allreduce,
               [&](const auto& c) { return detail::calls::allreduce(c, std::forward<A>(a)...); });
  }
  /// A request that runs `scan` with these arguments.
  template <class... A>
  [[nodiscard]] persistent_request<> scan_init(A&&... a) {
    return add(detail::op_kind::scan,
               [&](const auto& c) { return detail::calls::scan(c, std::forward<A>(a)...); });
  }
  /// A request that runs `exscan` with these arguments.
  template <class... A>
  [[nodiscard]] persistent_request<> exscan_init(A&&... a) {
    return add(detail::op_kind::exscan,
               [&](const auto& c) { return detail::calls::exscan(c, std::forward<A>(a)...); });
  }
  /// A request that runs `gather` with these arguments.
  template <class... A>
  [[nodiscard]] persistent_request<> gather_init(A&&... a) {
    return add(detail::op_kind::gather,
               [&](const auto& c) { return detail::calls::gather(c, std::forward<A>(a)...); });
  }
  /// A request that runs `allgather` with these arguments.
  template <class... A>
  [[nodiscard]] persistent_request<> allgather_init(A&&... a) {
    return add(detail::op_kind::allgather,
               [&](const auto& c) { return detail::calls::allgather(c, std::forward<A>(a)...); });
  }
  /// A request that runs `scatter` with these arguments.
  template <class... A>
  [[nodiscard]] persistent_request<> scatter_init(A&&... a) {
    return add(detail::op_kind::scatter,
               [&](const auto& c) { return detail::calls::scatter(c, std::forward<A>(a)...); });
  }
  /// A request that runs `alltoall` with these arguments.
  template <class... A>
  [[nodiscard]] persistent_request<> alltoall_init(A&&... a) {
    return add(detail::op_kind::alltoall,
               [&](const auto& c) { return detail::calls::alltoall(c, std::forward<A>(a)...); });
  }
  /// A request that runs `reduce_scatter_block` with these arguments.
  template <class... A>
  [[nodiscard]] persistent_request<> reduce_scatter_block_init(A&&... a) {
    return add(detail::op_kind::reduce_scatter_block,
               [&](const auto& c) { return detail::calls::reduce_scatter_block(c, std::forward<A>(a)...); });
  }
  /// A request that runs `reduce_scatter` with these arguments.
  template <class... A>
  [[nodiscard]] persistent_request<> reduce_scatter_init(A&&... a) {
    return add(detail::op_kind::reduce_scatter,
               [&](const auto& c) { return detail::calls::reduce_scatter(c, std::forward<A>(a)...); });
  }
  /// A request that runs `gatherv` with these arguments.
  template <class... A>
  [[nodiscard]] persistent_request<> gatherv_init(A&&... a) {
    return add(detail::op_kind::gatherv,
               [&](const auto& c) { return detail::calls::gatherv(c, std::forward<A>(a)...); });
  }
  /// A request that runs `allgatherv` with these arguments.
  template <class... A>
  [[nodiscard]] persistent_request<> allgatherv_init(A&&... a) {
    return add(detail::op_kind::allgatherv,
               [&](const auto& c) { return detail::calls::allgatherv(c, std::forward<A>(a)...); });
  }
  /// A request that runs `scatterv` with these arguments.
  template <class... A>
  [[nodiscard]] persistent_request<> scatterv_init(A&&... a) {
    return add(detail::op_kind::scatterv,
               [&](const auto& c) { return detail::calls::scatterv(c, std::forward<A>(a)...); });
  }
  /// A request that runs `alltoallv` with these arguments.
  template <class... A>
  [[nodiscard]] persistent_request<> alltoallv_init(A&&... a) {
    return add(detail::op_kind::alltoallv,
               [&](const auto& c) { return detail::calls::alltoallv(c, std::forward<A>(a)...); });
  }
  /// As send, again and again.
  template <in_buffer S>
  [[nodiscard]] persistent_request<> send_init(const S& data, int dest, int tag) {
    detail::check_send(*ctx_, detail::op_kind::send, dest, tag);
    const auto s = detail::as_in(data);
    return make(std::make_shared<detail::send_operation>(
        ctx_, detail::op_kind::send, detail::bytes_of(s.data()), s.size_bytes(), dest, tag, false));
  }
  /// As recv, again and again.
  template <out_buffer M>
  [[nodiscard]] persistent_request<> recv_init(M&& into, int source, int tag) {
    detail::check_receive(*ctx_, detail::op_kind::recv, source, tag);
    const auto m = detail::as_out(into);
    return make(std::make_shared<detail::receive_operation>(ctx_, detail::op_kind::recv,
                                                            detail::bytes_of(m.data()), m.size_bytes(),
                                                            sizeof(element_t<M>), source, tag));
  }

 private:
  template <class Make>
  persistent_request<> add(detail::op_kind kind, Make&& make_kernel) {
    return make(detail::prepare_call(engine_, kind, make_kernel));
  }
  static persistent_request<> make(std::shared_ptr<detail::operation> op) {
    return detail::request_access::make_persistent<void>(std::move(op), nullptr);
  }

  Engine engine_;
  std::shared_ptr<detail::context> ctx_;
};

}  // namespace twill::comm
