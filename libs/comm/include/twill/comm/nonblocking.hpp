// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/buffer.hpp"
#include "twill/comm/detail/calls.hpp"
#include "twill/comm/detail/p2p.hpp"
#include "twill/comm/request.hpp"
#include "twill/comm/scope.hpp"

#include <cstddef>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace twill::comm {

/// The nonblocking and the persistent forms of a communicator's operations, with buffers that the requests
/// own.
///
/// Nonblocking operations take a vector that is moved in, or a loan, and hand it or the result out by `wait`
/// or `test`. Collective ones are begun in the same order on all ranks and completed in any. Persistent ones
/// make both buffers.
template <class Self, class Engine>
class nonblocking_operations {
  template <class B>
  using out_of = std::vector<element_t<B>>;
  using counts_t = std::span<const std::size_t>;

 public:
  /// Complete when all ranks have begun it.
  [[nodiscard]] request<> ibarrier() const {
    auto op = detail::prepare_call(e(), detail::op_kind::barrier,
                                   [](const auto& c) { return detail::calls::barrier(c); });
    op->start();
    return detail::request_access::make(std::move(op));
  }
  /// The payload is the root's elements.
  template <transferable B>
  [[nodiscard]] request<B> ibroadcast(B data, int root) const {
    return in_place_call(detail::op_kind::broadcast, std::move(data),
                         [&](const auto& c, B& b) { return detail::calls::broadcast(c, b, root); });
  }
  /// The payload is the result at the root, elsewhere what was sent.
  template <transferable B, detail::reduction Op>
  [[nodiscard]] request<B> ireduce(B data, Op op, int root) const {
    return in_place_call(detail::op_kind::reduce, std::move(data), [&](const auto& c, B& b) {
      return detail::calls::reduce(c, in_place, b, op, root);
    });
  }
  /// The payload is the result.
  template <transferable B, detail::reduction Op>
  [[nodiscard]] request<B> iallreduce(B data, Op op, order how = order::rank) const {
    return in_place_call(detail::op_kind::allreduce, std::move(data), [&](const auto& c, B& b) {
      return detail::calls::allreduce(c, in_place, b, op, how);
    });
  }
  /// The payload is the reduction over ranks 0 to this one.
  template <transferable B, detail::reduction Op>
  [[nodiscard]] request<B> iscan(B data, Op op) const {
    return in_place_call(detail::op_kind::scan, std::move(data),
                         [&](const auto& c, B& b) { return detail::calls::scan(c, in_place, b, op); });
  }
  /// The payload is the reduction over the ranks before this one; at rank 0 `init`, or the identity.
  template <transferable B, detail::reduction Op, class... Init>
  [[nodiscard]] request<B> iexscan(B data, Op op, const Init&... init) const {
    return in_place_call(detail::op_kind::exscan, std::move(data), [&](const auto& c, B& b) {
      return detail::calls::exscan(c, in_place, b, op, init...);
    });
  }
  /// The payload is all blocks at the root, nothing elsewhere.
  template <transferable B>
  [[nodiscard]] request<out_of<B>> igather(B data, int root) const {
    const std::size_t n = rank() == root ? data.size() * ranks() : 0;
    return two_buffer_call(
        detail::op_kind::gather, std::move(data), n,
        [&](const auto& c, B& s, out_of<B>& m) { return detail::calls::gather(c, s, m, root); });
  }
  /// The payload is all blocks in rank order.
  template <transferable B>
  [[nodiscard]] request<out_of<B>> iallgather(B data) const {
    const std::size_t n = data.size() * ranks();
    return two_buffer_call(
        detail::op_kind::allgather, std::move(data), n,
        [&](const auto& c, B& s, out_of<B>& m) { return detail::calls::allgather(c, s, m); });
  }
  /// `block` elements for each rank; `data` matters at the root.
  template <transferable B>
  [[nodiscard]] request<out_of<B>> iscatter(B data, std::size_t block, int root) const {
    return two_buffer_call(
        detail::op_kind::scatter, std::move(data), block,
        [&](const auto& c, B& s, out_of<B>& m) { return detail::calls::scatter(c, s, m, root); });
  }
  /// The payload is what each rank sent here, in rank order.
  template <transferable B>
  [[nodiscard]] request<B> ialltoall(B data) const {
    return in_place_call(detail::op_kind::alltoall, std::move(data),
                         [&](const auto& c, B& b) { return detail::calls::alltoall(c, in_place, b); });
  }
  /// The payload is this rank's block of the result.
  template <transferable B, detail::reduction Op>
  [[nodiscard]] request<out_of<B>> ireduce_scatter_block(B data, Op op) const {
    const std::size_t n = data.size() / ranks();
    return two_buffer_call(
        detail::op_kind::reduce_scatter_block, std::move(data), n,
        [&](const auto& c, B& s, out_of<B>& m) { return detail::calls::reduce_scatter_block(c, s, m, op); });
  }
  /// The payload is this rank's `counts[rank()]` elements of the result.
  template <transferable B, detail::reduction Op>
  [[nodiscard]] request<out_of<B>> ireduce_scatter(B data, counts_t counts, Op op) const {
    return two_buffer_call(detail::op_kind::reduce_scatter, std::move(data), own(counts),
                           [&](const auto& c, B& s, out_of<B>& m) {
                             return detail::calls::reduce_scatter(c, s, m, counts, op);
                           });
  }
  /// The payload is all blocks at the root, nothing elsewhere; `counts` matters at the root.
  template <transferable B>
  [[nodiscard]] request<out_of<B>> igatherv(B data, int root, counts_t counts) const {
    const std::size_t n = rank() == root ? detail::total_of(counts) : 0;
    return two_buffer_call(
        detail::op_kind::gatherv, std::move(data), n,
        [&](const auto& c, B& s, out_of<B>& m) { return detail::calls::gatherv(c, s, m, root, counts); });
  }
  /// The payload is all blocks in rank order.
  template <transferable B>
  [[nodiscard]] request<out_of<B>> iallgatherv(B data, counts_t counts) const {
    return two_buffer_call(
        detail::op_kind::allgatherv, std::move(data), detail::total_of(counts),
        [&](const auto& c, B& s, out_of<B>& m) { return detail::calls::allgatherv(c, s, m, counts); });
  }
  /// `block` elements for this rank; `data` and `counts` matter at the root.
  template <transferable B>
  [[nodiscard]] request<out_of<B>> iscatterv(B data, std::size_t block, int root, counts_t counts) const {
    return two_buffer_call(
        detail::op_kind::scatterv, std::move(data), block,
        [&](const auto& c, B& s, out_of<B>& m) { return detail::calls::scatterv(c, s, m, root, counts); });
  }
  /// The payload is what each rank sent here, packed in rank order.
  template <transferable B>
  [[nodiscard]] request<out_of<B>> ialltoallv(B data, counts_t send_counts, counts_t recv_counts) const {
    return two_buffer_call(detail::op_kind::alltoallv, std::move(data), detail::total_of(recv_counts),
                           [&](const auto& c, B& s, out_of<B>& m) {
                             return detail::calls::alltoallv(c, s, send_counts, m, recv_counts);
                           });
  }
  /// Complete when the buffer may be used again.
  template <transferable B>
  [[nodiscard]] request<B> isend(B data, int dest, int tag) const {
    return send(detail::op_kind::isend, std::move(data), dest, tag, false);
  }
  /// Complete when the receiver has met it.
  template <transferable B>
  [[nodiscard]] request<B> issend(B data, int dest, int tag) const {
    return send(detail::op_kind::issend, std::move(data), dest, tag, true);
  }
  /// A message of up to n elements; the payload is as long as what came.
  template <comm_data T>
  [[nodiscard]] request<std::vector<T>> irecv(std::size_t n, int source, int tag) const {
    void (*const shorten)(std::vector<T>&, const status&) = [](std::vector<T>& v, const status& s) {
      v.resize(s.bytes / sizeof(T));
    };
    return receive(std::vector<T>(n), source, tag, shorten);
  }
  /// As above, into a loan; `status()` tells the length.
  template <comm_data T>
  [[nodiscard]] request<loan<T>> irecv(loan<T> into, int source, int tag) const {
    return receive(std::move(into), source, tag, static_cast<void (*)(loan<T>&, const status&)>(nullptr));
  }

  // --- persistent, inactive until started; `send_buffer` and `recv_buffer` of the request are what they work
  // on

  /// Of a barrier.
  [[nodiscard]] persistent_request<> barrier_init() const {
    auto op = detail::prepare_call(e(), detail::op_kind::barrier,
                                   [](const auto& c) { return detail::calls::barrier(c); });
    return detail::request_access::make_persistent<void>(std::move(op), nullptr);
  }
  /// `broadcast` of blocks of `n` elements.
  template <comm_data T>
  [[nodiscard]] persistent_request<T> broadcast_init(std::size_t n, int root) const {
    return prepared<T>(detail::op_kind::broadcast, 0, n,
                       [&](const auto& c, auto&, auto& m) { return detail::calls::broadcast(c, m, root); });
  }
  /// `reduce` of blocks of `n` elements.
  template <comm_data T, detail::reduction Op>
  [[nodiscard]] persistent_request<T> reduce_init(std::size_t n, Op op, int root) const {
    return prepared<T>(detail::op_kind::reduce, n, n, [&](const auto& c, auto& s, auto& m) {
      return detail::calls::reduce(c, s, m, op, root);
    });
  }
  /// `reduce` of blocks of `n` elements, in place.
  template <comm_data T, detail::reduction Op>
  [[nodiscard]] persistent_request<T> reduce_init(in_place_t, std::size_t n, Op op, int root) const {
    return prepared<T>(detail::op_kind::reduce, 0, n, [&](const auto& c, auto&, auto& m) {
      return detail::calls::reduce(c, in_place, m, op, root);
    });
  }
  /// `allreduce` of blocks of `n` elements.
  template <comm_data T, detail::reduction Op>
  [[nodiscard]] persistent_request<T> allreduce_init(std::size_t n, Op op, order how = order::rank) const {
    return prepared<T>(detail::op_kind::allreduce, n, n, [&](const auto& c, auto& s, auto& m) {
      return detail::calls::allreduce(c, s, m, op, how);
    });
  }
  /// `allreduce` of blocks of `n` elements, in place.
  template <comm_data T, detail::reduction Op>
  [[nodiscard]] persistent_request<T> allreduce_init(in_place_t, std::size_t n, Op op,
                                                     order how = order::rank) const {
    return prepared<T>(detail::op_kind::allreduce, 0, n, [&](const auto& c, auto&, auto& m) {
      return detail::calls::allreduce(c, in_place, m, op, how);
    });
  }
  /// `scan` of blocks of `n` elements.
  template <comm_data T, detail::reduction Op>
  [[nodiscard]] persistent_request<T> scan_init(std::size_t n, Op op) const {
    return prepared<T>(detail::op_kind::scan, n, n,
                       [&](const auto& c, auto& s, auto& m) { return detail::calls::scan(c, s, m, op); });
  }
  /// `exscan` of blocks of `n` elements.
  template <comm_data T, detail::reduction Op, class... Init>
  [[nodiscard]] persistent_request<T> exscan_init(std::size_t n, Op op, const Init&... init) const {
    return prepared<T>(detail::op_kind::exscan, n, n, [&](const auto& c, auto& s, auto& m) {
      return detail::calls::exscan(c, s, m, op, init...);
    });
  }
  /// `gather` of blocks of `n` elements.
  template <comm_data T>
  [[nodiscard]] persistent_request<T> gather_init(std::size_t n, int root) const {
    return prepared<T>(detail::op_kind::gather, n, rank() == root ? n * ranks() : 0,
                       [&](const auto& c, auto& s, auto& m) { return detail::calls::gather(c, s, m, root); });
  }
  /// `gather` of blocks of `n` elements, in place.
  template <comm_data T>
  [[nodiscard]] persistent_request<T> gather_init(in_place_t, std::size_t n, int root) const {
    return prepared<T>(
        detail::op_kind::gather, 0, rank() == root ? n * ranks() : n,
        [&](const auto& c, auto&, auto& m) { return detail::calls::gather(c, in_place, m, root); });
  }
  /// `allgather` of blocks of `n` elements.
  template <comm_data T>
  [[nodiscard]] persistent_request<T> allgather_init(std::size_t n) const {
    return prepared<T>(detail::op_kind::allgather, n, n * ranks(),
                       [&](const auto& c, auto& s, auto& m) { return detail::calls::allgather(c, s, m); });
  }
  /// `allgather` of blocks of `n` elements, in place.
  template <comm_data T>
  [[nodiscard]] persistent_request<T> allgather_init(in_place_t, std::size_t n) const {
    return prepared<T>(detail::op_kind::allgather, 0, n * ranks(), [&](const auto& c, auto&, auto& m) {
      return detail::calls::allgather(c, in_place, m);
    });
  }
  /// `scatter` of blocks of `n` elements.
  template <comm_data T>
  [[nodiscard]] persistent_request<T> scatter_init(std::size_t n, int root) const {
    return prepared<T>(
        detail::op_kind::scatter, rank() == root ? n * ranks() : 0, n,
        [&](const auto& c, auto& s, auto& m) { return detail::calls::scatter(c, s, m, root); });
  }
  /// `scatter` of blocks of `n` elements, in place.
  template <comm_data T>
  [[nodiscard]] persistent_request<T> scatter_init(in_place_t, std::size_t n, int root) const {
    return prepared<T>(
        detail::op_kind::scatter, 0, rank() == root ? n * ranks() : n,
        [&](const auto& c, auto&, auto& m) { return detail::calls::scatter(c, in_place, m, root); });
  }
  /// `alltoall` of blocks of `n` elements.
  template <comm_data T>
  [[nodiscard]] persistent_request<T> alltoall_init(std::size_t n) const {
    return prepared<T>(detail::op_kind::alltoall, n * ranks(), n * ranks(),
                       [&](const auto& c, auto& s, auto& m) { return detail::calls::alltoall(c, s, m); });
  }
  /// `alltoall` of blocks of `n` elements, in place.
  template <comm_data T>
  [[nodiscard]] persistent_request<T> alltoall_init(in_place_t, std::size_t n) const {
    return prepared<T>(detail::op_kind::alltoall, 0, n * ranks(), [&](const auto& c, auto&, auto& m) {
      return detail::calls::alltoall(c, in_place, m);
    });
  }
  /// `reduce_scatter_block` of blocks of `n` elements.
  template <comm_data T, detail::reduction Op>
  [[nodiscard]] persistent_request<T> reduce_scatter_block_init(std::size_t n, Op op) const {
    return prepared<T>(
        detail::op_kind::reduce_scatter_block, n * ranks(), n,
        [&](const auto& c, auto& s, auto& m) { return detail::calls::reduce_scatter_block(c, s, m, op); });
  }
  /// `reduce_scatter` with these counts, for every start.
  template <comm_data T, detail::reduction Op>
  [[nodiscard]] persistent_request<T> reduce_scatter_init(counts_t counts, Op op) const {
    return prepared<T>(
        detail::op_kind::reduce_scatter, detail::total_of(counts), own(counts),
        [&](const auto& c, auto& s, auto& m) { return detail::calls::reduce_scatter(c, s, m, counts, op); });
  }
  /// `gatherv` with these counts, for every start.
  template <comm_data T>
  [[nodiscard]] persistent_request<T> gatherv_init(std::size_t n, int root, counts_t counts) const {
    return prepared<T>(
        detail::op_kind::gatherv, n, rank() == root ? detail::total_of(counts) : 0,
        [&](const auto& c, auto& s, auto& m) { return detail::calls::gatherv(c, s, m, root, counts); });
  }
  /// `allgatherv` with these counts, for every start.
  template <comm_data T>
  [[nodiscard]] persistent_request<T> allgatherv_init(counts_t counts) const {
    return prepared<T>(
        detail::op_kind::allgatherv, own(counts), detail::total_of(counts),
        [&](const auto& c, auto& s, auto& m) { return detail::calls::allgatherv(c, s, m, counts); });
  }
  /// `scatterv` with these counts, for every start.
  template <comm_data T>
  [[nodiscard]] persistent_request<T> scatterv_init(std::size_t n, int root, counts_t counts) const {
    return prepared<T>(
        detail::op_kind::scatterv, rank() == root ? detail::total_of(counts) : 0, n,
        [&](const auto& c, auto& s, auto& m) { return detail::calls::scatterv(c, s, m, root, counts); });
  }
  /// `alltoallv` with these counts, for every start.
  template <comm_data T>
  [[nodiscard]] persistent_request<T> alltoallv_init(counts_t send_counts, counts_t recv_counts) const {
    return prepared<T>(detail::op_kind::alltoallv, detail::total_of(send_counts),
                       detail::total_of(recv_counts), [&](const auto& c, auto& s, auto& m) {
                         return detail::calls::alltoallv(c, s, send_counts, m, recv_counts);
                       });
  }
  /// `send` of `n` elements.
  template <comm_data T>
  [[nodiscard]] persistent_request<T> send_init(std::size_t n, int dest, int tag) const {
    auto& c = e().ctx();
    detail::check_send(c, detail::op_kind::send, dest, tag);
    auto b = buffers<T>(n, 0);
    auto op = std::make_shared<detail::send_operation>(e().shared_context(), detail::op_kind::send,
                                                       detail::bytes_of(b->send.data()), n * sizeof(T), dest,
                                                       tag, false);
    return detail::request_access::make_persistent<T>(std::move(op), std::move(b));
  }
  /// `recv` of up to `n` elements.
  template <comm_data T>
  [[nodiscard]] persistent_request<T> recv_init(std::size_t n, int source, int tag) const {
    auto& c = e().ctx();
    detail::check_receive(c, detail::op_kind::recv, source, tag);
    auto b = buffers<T>(0, n);
    auto op = std::make_shared<detail::receive_operation>(e().shared_context(), detail::op_kind::recv,
                                                          detail::bytes_of(b->recv.data()), n * sizeof(T),
                                                          sizeof(T), source, tag);
    return detail::request_access::make_persistent<T>(std::move(op), std::move(b));
  }

 private:
  friend Self;
  nonblocking_operations() = default;

  [[nodiscard]] const Engine& e() const noexcept { return static_cast<const Self&>(*this).engine(); }
  [[nodiscard]] int rank() const noexcept { return e().rank(); }
  [[nodiscard]] std::size_t ranks() const noexcept { return static_cast<std::size_t>(e().size()); }
  // The length of this rank's block; 0 where counts are too few, which the call then refuses.
  [[nodiscard]] std::size_t own(counts_t counts) const noexcept {
    const auto r = static_cast<std::size_t>(rank());
    return r < counts.size() ? counts[r] : 0;
  }

  template <class B, class Make>
  [[nodiscard]] request<B> in_place_call(detail::op_kind kind, B data, Make&& make) const {
    auto box = std::make_shared<detail::payload_box<B>>(detail::payload_box<B>{std::move(data)});
    auto op = detail::prepare_call(
        e(), kind, [&](const auto& c) { return make(c, box->payload); }, detail::buffers_of::request);
    op->start();
    return detail::request_access::make<B>(std::move(op), std::move(box));
  }
  template <class B, class Make>
  [[nodiscard]] request<out_of<B>> two_buffer_call(detail::op_kind kind, B data, std::size_t n,
                                                   Make&& make) const {
    struct both {
      detail::payload_box<out_of<B>> result;
      B sent;
    };
    auto box = std::make_shared<both>(both{{out_of<B>(n)}, std::move(data)});
    auto op = detail::prepare_call(
        e(), kind, [&](const auto& c) { return make(c, box->sent, box->result.payload); },
        detail::buffers_of::request);
    op->start();
    return detail::request_access::make<out_of<B>>(
        std::move(op), std::shared_ptr<detail::payload_box<out_of<B>>>(box, &box->result));
  }
  template <class B>
  [[nodiscard]] request<B> send(detail::op_kind kind, B data, int dest, int tag, bool synchronous) const {
    detail::check_send(e().ctx(), kind, dest, tag);
    auto box = std::make_shared<detail::payload_box<B>>(detail::payload_box<B>{std::move(data)});
    auto op = std::make_shared<detail::send_operation>(
        e().shared_context(), kind, detail::bytes_of(box->payload.data()),
        box->payload.size() * sizeof(element_t<B>), dest, tag, synchronous);
    op->start();
    return detail::request_access::make<B>(std::move(op), std::move(box));
  }
  template <class B>
  [[nodiscard]] request<B> receive(B into, int source, int tag, void (*settle)(B&, const status&)) const {
    detail::check_receive(e().ctx(), detail::op_kind::irecv, source, tag);
    auto box = std::make_shared<detail::payload_box<B>>(detail::payload_box<B>{std::move(into), settle});
    auto op = std::make_shared<detail::receive_operation>(
        e().shared_context(), detail::op_kind::irecv, detail::bytes_of(box->payload.data()),
        box->payload.size() * sizeof(element_t<B>), sizeof(element_t<B>), source, tag);
    op->start();
    return detail::request_access::make<B>(std::move(op), std::move(box));
  }
  template <class T>
  [[nodiscard]] static std::shared_ptr<detail::buffer_pair<T>> buffers(std::size_t send, std::size_t recv) {
    return std::make_shared<detail::buffer_pair<T>>(
        detail::buffer_pair<T>{std::vector<T>(send), std::vector<T>(recv)});
  }
  template <class T, class Make>
  [[nodiscard]] persistent_request<T> prepared(detail::op_kind kind, std::size_t send, std::size_t recv,
                                               Make&& make) const {
    auto b = buffers<T>(send, recv);
    auto op = detail::prepare_call(
        e(), kind, [&](const auto& c) { return make(c, b->send, b->recv); }, detail::buffers_of::request);
    return detail::request_access::make_persistent<T>(std::move(op), std::move(b));
  }
};

}  // namespace twill::comm
