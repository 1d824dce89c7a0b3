// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/checksum.hpp"
#include "twill/comm/buffer.hpp"
#include "twill/comm/codec.hpp"
#include "twill/comm/concepts.hpp"
#include "twill/comm/detail/any_engine.hpp"
#include "twill/comm/detail/calls.hpp"
#include "twill/comm/detail/p2p.hpp"
#include "twill/comm/message.hpp"
#include "twill/comm/neighborhood.hpp"
#include "twill/comm/nonblocking.hpp"
#include "twill/comm/region.hpp"
#include "twill/comm/reproducible.hpp"
#include "twill/comm/request.hpp"
#include "twill/comm/scope.hpp"
#include "twill/comm/topology.hpp"
#include "twill/comm/window.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace twill::comm {

/// A group of ranks that exchange data. The engine decides how; every engine has every operation, the same
/// checks and the same results.
///
/// Collectives are called by all ranks in the same order. Arguments that do not fit throw error before
/// anything is sent; ranks that call different collectives all get error(collective_mismatch) with a table of
/// what each called. Thread safety: a handle may be shared between threads; two threads may not be in
/// collectives of one communicator at once (error(concurrent_collective) from check level `collective` on),
/// on two communicators they may.
template <class Engine>
class basic_communicator : public nonblocking_operations<basic_communicator<Engine>, Engine> {
 public:
  /// What counts and displacements are.
  using size_type = std::size_t;
  /// A region of this communicator's ranks.
  template <class T>
  using region = basic_region<T, Engine>;
  /// A window of this communicator's ranks.
  template <class T>
  using window = basic_window<T, Engine>;

  basic_communicator() noexcept = default;
  /// Over an engine of this process.
  explicit basic_communicator(Engine e) noexcept : engine_(std::move(e)) {}
  /// Moves the handle; the other is empty.
  basic_communicator(basic_communicator&&) noexcept = default;
  /// Moves the handle; what this one was is freed.
  basic_communicator& operator=(basic_communicator&&) noexcept = default;

  /// This rank, from 0. Never asks a library.
  [[nodiscard]] int rank() const noexcept { return engine_.rank(); }
  /// The number of ranks.
  [[nodiscard]] int size() const noexcept { return engine_.size(); }
  /// Who carries it.
  [[nodiscard]] backend_kind backend() const noexcept { return engine_.backend(); }
  /// Rank 0: of a communicator from split_local the one that allocates regions.
  [[nodiscard]] bool is_leader() const noexcept { return rank() == 0; }
  /// How much is checked.
  [[nodiscard]] check_level level() const noexcept { return engine_.ctx().ep->level(); }
  /// Where the ranks of the world run. Not collective.
  [[nodiscard]] const execution_topology& topology() const { return *engine_.ctx().ep->topology(); }

  // --- all ranks at once

  /// Returns on no rank before it was called on all; what was written before is seen after.
  void barrier() const {
    if constexpr (requires { engine_.barrier_at_once(); }) {
      if (!engine_.barrier_at_once()) [[unlikely]]
        barrier_by_kernel();
    } else {
      perform(detail::op_kind::barrier, [](const auto& c) { return detail::calls::barrier(c); });
    }
  }
  /// The root's elements on every rank.
  template <out_buffer M>
  void broadcast(M&& data, int root) const {
    if constexpr (requires { engine_.broadcast_at_once(detail::as_out(data), root); }) {
      if (!engine_.broadcast_at_once(detail::as_out(data), root)) [[unlikely]]
        broadcast_by_kernel(data, root);
    } else {
      broadcast_in_line(data, root);
    }
  }
  /// The root's value on every rank.
  template <comm_data T>
  [[nodiscard]] T broadcast_value(const T& value, int root) const {
    T out = value;
    broadcast(std::span<T>(&out, 1), root);
    return out;
  }
  /// The root's object on every rank, whatever its size there: anything that has a codec.
  template <class T>
  void broadcast_object(T& object, int root) const;

  /// Elementwise reduction into the root's `out`, in rank order.
  template <in_buffer S, out_buffer M, detail::reduction Op>
  void reduce(const S& in, M&& out, Op op, int root) const {
    perform(detail::op_kind::reduce,
            [&](const auto& c) { return detail::calls::reduce(c, in, out, op, root); });
  }
  /// In place: what is sent stands where the result will be.
  template <out_buffer M, detail::reduction Op>
  void reduce(in_place_t, M&& data, Op op, int root) const {
    perform(detail::op_kind::reduce,
            [&](const auto& c) { return detail::calls::reduce(c, in_place, data, op, root); });
  }
  /// The reduced value at the root, nothing elsewhere.
  template <comm_data T, detail::reduction Op>
  [[nodiscard]] std::optional<T> reduce(const T& value, Op op, int root) const {
    T out{};
    reduce(std::span<const T>(&value, 1), std::span<T>(&out, 1), op, root);
    return rank() == root ? std::optional<T>(out) : std::nullopt;
  }
  /// Elementwise reduction, the same bits on every rank. `order::rank` and `order::tree` also give them on
  /// every run and every backend.
  template <in_buffer S, out_buffer M, detail::reduction Op>
  void allreduce(const S& in, M&& out, Op op, order how = order::rank) const {
    if constexpr (requires { engine_.reduce_at_once(detail::as_in(in), detail::as_out(out), op, how); }) {
      if (!engine_.reduce_at_once(detail::as_in(in), detail::as_out(out), op, how)) [[unlikely]]
        allreduce_by_kernel(in, out, op, how);
    } else {
      reduce_all(in, out, op, how);
    }
  }
  /// In place: what is sent stands where the result will be.
  template <out_buffer M, detail::reduction Op>
  void allreduce(in_place_t, M&& data, Op op, order how = order::rank) const {
    perform(detail::op_kind::allreduce, [&](const auto& c) {
      auto k = detail::calls::allreduce(c, in_place, data, op);
      k.unordered = how == order::any;
      return k;
    });
    if constexpr (every_byte_counts<element_t<M>>)
      verify(detail::op_kind::allreduce, std::as_bytes(detail::as_out(data)));
  }
  /// Of one value.
  template <comm_data T, detail::reduction Op>
  [[nodiscard]] T allreduce(const T& value, Op op) const {
    T out;
    allreduce(std::span<const T, 1>(&value, 1), std::span<T, 1>(&out, 1), op);
    return out;
  }
  /// The located values reduced by minloc or maxloc.
  template <class T, class I, detail::reduction Op>
  void allreduce(std::span<located<T, I>> data, Op op) const {
    static_assert(std::is_same_v<Op, minloc_t> || std::is_same_v<Op, maxloc_t>,
                  "located values take minloc or maxloc");
    allreduce(in_place, data, op);
  }
  /// Rank i gets the reduction over ranks 0 to i.
  template <in_buffer S, out_buffer M, detail::reduction Op>
  void scan(const S& in, M&& out, Op op) const {
    perform(detail::op_kind::scan, [&](const auto& c) { return detail::calls::scan(c, in, out, op); });
  }
  /// In place: what is sent stands where the result will be.
  template <out_buffer M, detail::reduction Op>
  void scan(in_place_t, M&& data, Op op) const {
    perform(detail::op_kind::scan, [&](const auto& c) { return detail::calls::scan(c, in_place, data, op); });
  }
  /// Of one value.
  template <comm_data T, detail::reduction Op>
  [[nodiscard]] T scan(const T& value, Op op) const {
    T out{};
    scan(std::span<const T>(&value, 1), std::span<T>(&out, 1), op);
    return out;
  }
  /// Rank i gets the reduction over ranks 0 to i - 1; rank 0 gets `init`, the operation's identity when left
  /// out.
  template <in_buffer S, out_buffer M, detail::reduction Op, class... Init>
  void exscan(const S& in, M&& out, Op op, const Init&... init) const {
    perform(detail::op_kind::exscan,
            [&](const auto& c) { return detail::calls::exscan(c, in, out, op, init...); });
  }
  /// In place: what is sent stands where the result will be.
  template <out_buffer M, detail::reduction Op, class... Init>
  void exscan(in_place_t, M&& data, Op op, const Init&... init) const {
    perform(detail::op_kind::exscan,
            [&](const auto& c) { return detail::calls::exscan(c, in_place, data, op, init...); });
  }
  /// Of one value; rank 0 gets `init`.
  template <comm_data T, detail::reduction Op>
  [[nodiscard]] T exscan(const T& value, Op op, const T& init) const {
    T out{};
    exscan(std::span<const T>(&value, 1), std::span<T>(&out, 1), op, init);
    return out;
  }
  /// Of one value; rank 0 gets the operation's identity.
  template <comm_data T, detail::reduction Op>
  [[nodiscard]] T exscan(const T& value, Op op) const {
    return exscan(value, op, Op::template identity<T>());
  }

  /// Equal blocks of all ranks in the root's `out`, in rank order.
  template <in_buffer S, out_buffer M>
  void gather(const S& in, M&& out, int root) const {
    perform(detail::op_kind::gather, [&](const auto& c) { return detail::calls::gather(c, in, out, root); });
  }
  /// At the root `data` is the result with its own block in place, elsewhere the block.
  template <out_buffer M>
  void gather(in_place_t, M&& data, int root) const {
    perform(detail::op_kind::gather,
            [&](const auto& c) { return detail::calls::gather(c, in_place, data, root); });
  }
  /// All ranks' values at the root, nothing elsewhere.
  template <comm_data T>
  [[nodiscard]] std::vector<T> gather(const T& value, int root) const {
    std::vector<T> out(rank() == root ? static_cast<std::size_t>(size()) : 0);
    gather(std::span<const T>(&value, 1), out, root);
    return out;
  }
  /// Equal blocks of all ranks on every rank, in rank order.
  template <in_buffer S, out_buffer M>
  void allgather(const S& in, M&& out) const {
    perform(detail::op_kind::allgather, [&](const auto& c) { return detail::calls::allgather(c, in, out); });
    verify(detail::op_kind::allgather, std::as_bytes(detail::as_out(out)));
  }
  /// In place: what is sent stands where the result will be.
  template <out_buffer M>
  void allgather(in_place_t, M&& data) const {
    perform(detail::op_kind::allgather,
            [&](const auto& c) { return detail::calls::allgather(c, in_place, data); });
    verify(detail::op_kind::allgather, std::as_bytes(detail::as_out(data)));
  }
  /// All ranks' values on every rank.
  template <comm_data T>
  [[nodiscard]] std::vector<T> allgather(const T& value) const {
    std::vector<T> out(static_cast<std::size_t>(size()));
    allgather(std::span<const T>(&value, 1), out);
    return out;
  }
  /// Blocks of different lengths in the root's `out`: block r of counts[r] elements at displs[r], or packed.
  /// Elements between the blocks stay. Counts and displacements matter at the root.
  template <in_buffer S, out_buffer M>
  void gatherv(const S& in, M&& out, int root, std::span<const std::size_t> counts,
               std::span<const std::size_t> displs = {}) const {
    perform(detail::op_kind::gatherv,
            [&](const auto& c) { return detail::calls::gatherv(c, in, out, root, counts, displs); });
  }
  /// In place: what is sent stands where the result will be.
  template <out_buffer M>
  void gatherv(in_place_t, M&& data, int root, std::span<const std::size_t> counts,
               std::span<const std::size_t> displs = {}) const {
    perform(detail::op_kind::gatherv,
            [&](const auto& c) { return detail::calls::gatherv(c, in_place, data, root, counts, displs); });
  }
  /// All blocks at the root, whatever their lengths; empty elsewhere.
  template <in_buffer S>
  [[nodiscard]] ragged<element_t<const S>> gatherv(const S& in, int root) const {
    const std::vector<std::size_t> counts = gather(std::size_t{std::size(in)}, root);
    ragged<element_t<const S>> out = room_for<element_t<const S>>(counts);
    gatherv(in, out.values, root, counts);
    return out;
  }
  /// As gatherv, on every rank.
  template <in_buffer S, out_buffer M>
  [[gnu::always_inline]] void allgatherv(const S& in, M&& out, std::span<const std::size_t> counts,
                                         std::span<const std::size_t> displs = {}) const {
    if constexpr (requires { engine_.gather_at_once(detail::as_in(in), detail::as_out(out), counts); }) {
      if (displs.empty() && engine_.gather_at_once(detail::as_in(in), detail::as_out(out), counts)) return;
      allgatherv_by_kernel(detail::as_in(in), detail::as_out(out), counts, displs);
    } else {
      perform(detail::op_kind::allgatherv,
              [&](const auto& c) { return detail::calls::allgatherv(c, in, out, counts, displs); });
    }
  }
  /// In place: what is sent stands where the result will be.
  template <out_buffer M>
  void allgatherv(in_place_t, M&& data, std::span<const std::size_t> counts,
                  std::span<const std::size_t> displs = {}) const {
    perform(detail::op_kind::allgatherv,
            [&](const auto& c) { return detail::calls::allgatherv(c, in_place, data, counts, displs); });
  }
  /// All blocks on every rank, whatever their lengths.
  template <in_buffer S>
  [[nodiscard]] ragged<element_t<const S>> allgatherv(const S& in) const {
    const std::vector<std::size_t> counts = allgather(std::size_t{std::size(in)});
    ragged<element_t<const S>> out = room_for<element_t<const S>>(counts);
    allgatherv(in, out.values, counts);
    return out;
  }
  /// Equal blocks of the root's `in`, one to each rank.
  template <in_buffer S, out_buffer M>
  void scatter(const S& in, M&& out, int root) const {
    perform(detail::op_kind::scatter,
            [&](const auto& c) { return detail::calls::scatter(c, in, out, root); });
  }
  /// At the root `data` is what is sent and stays as it is; elsewhere it is what is received.
  template <out_buffer M>
  void scatter(in_place_t, M&& data, int root) const {
    perform(detail::op_kind::scatter,
            [&](const auto& c) { return detail::calls::scatter(c, in_place, data, root); });
  }
  /// Blocks of different lengths of the root's `in`. Counts and displacements matter at the root; everybody's
  /// `out` is as long as its block. Throws: error(collective_mismatch) where it is not.
  template <in_buffer S, out_buffer M>
  void scatterv(const S& in, M&& out, int root, std::span<const std::size_t> counts,
                std::span<const std::size_t> displs = {}) const {
    perform(detail::op_kind::scatterv,
            [&](const auto& c) { return detail::calls::scatterv(c, in, out, root, counts, displs); });
  }
  /// In place: what is sent stands where the result will be.
  template <out_buffer M>
  void scatterv(in_place_t, M&& data, int root, std::span<const std::size_t> counts,
                std::span<const std::size_t> displs = {}) const {
    perform(detail::op_kind::scatterv,
            [&](const auto& c) { return detail::calls::scatterv(c, in_place, data, root, counts, displs); });
  }
  /// Block j of this rank goes to block i of rank j, i being this rank.
  template <in_buffer S, out_buffer M>
  void alltoall(const S& in, M&& out) const {
    perform(detail::op_kind::alltoall, [&](const auto& c) { return detail::calls::alltoall(c, in, out); });
  }
  /// What each rank sends here takes the place of what goes there. Allocates a copy of `data`.
  template <out_buffer M>
  void alltoall(in_place_t, M&& data) const {
    perform(detail::op_kind::alltoall,
            [&](const auto& c) { return detail::calls::alltoall(c, in_place, data); });
  }
  /// As alltoall with a length for every pair of ranks. Throws: error(collective_mismatch) on ranks whose
  /// receive counts are not what is sent to them.
  template <in_buffer S, out_buffer M>
  void alltoallv(const S& in, std::span<const std::size_t> send_counts, M&& out,
                 std::span<const std::size_t> recv_counts) const {
    alltoallv(in, send_counts, {}, out, recv_counts, {});
  }
  /// With displacements; an empty span means packed.
  template <in_buffer S, out_buffer M>
  void alltoallv(const S& in, std::span<const std::size_t> send_counts,
                 std::span<const std::size_t> send_displs, M&& out, std::span<const std::size_t> recv_counts,
                 std::span<const std::size_t> recv_displs) const {
    perform(detail::op_kind::alltoallv, [&](const auto& c) {
      return detail::calls::alltoallv(c, in, send_counts, send_displs, out, recv_counts, recv_displs);
    });
  }
  /// Packed, with equal counts both ways.
  template <out_buffer M>
  void alltoallv(in_place_t, M&& data, std::span<const std::size_t> counts) const {
    perform(detail::op_kind::alltoallv,
            [&](const auto& c) { return detail::calls::alltoallv(c, in_place, data, counts); });
  }
  /// Block after block of `in`, one for each rank; what arrives, whatever its length.
  template <in_buffer S>
  [[nodiscard]] ragged<element_t<const S>> alltoallv(const S& in,
                                                     std::span<const std::size_t> send_counts) const {
    std::vector<std::size_t> counts(static_cast<std::size_t>(size()));
    alltoall(send_counts, counts);
    ragged<element_t<const S>> out = room_for<element_t<const S>>(counts);
    alltoallv(in, send_counts, out.values, counts);
    return out;
  }
  /// Messages to few ranks: what each rank gets, by sender. `to` maps ranks to buffers.
  template <class T, class Map>
  [[nodiscard]] std::map<int, std::vector<T>> sparse_alltoall(const Map& to) const {
    std::vector<std::size_t> counts(static_cast<std::size_t>(size()));
    std::vector<T> packed;
    for (const auto& [peer, data] : std::map<int, std::span<const T>>(to.begin(), to.end())) {
      if (peer < 0 || peer >= size())
        detail::fail_peer(engine_.ctx().site(detail::op_kind::sparse_alltoall), peer);
      counts[static_cast<std::size_t>(peer)] = data.size();
      packed.insert(packed.end(), data.begin(), data.end());
    }
    const ragged<T> got = alltoallv(packed, counts);
    std::map<int, std::vector<T>> out;
    for (std::size_t r = 0; r < got.size(); ++r) {
      if (!got[r].empty()) out.emplace(static_cast<int>(r), std::vector<T>(got[r].begin(), got[r].end()));
    }
    return out;
  }
  /// Block i of the elementwise reduction of all `in` on rank i.
  template <in_buffer S, out_buffer M, detail::reduction Op>
  void reduce_scatter_block(const S& in, M&& out, Op op) const {
    perform(detail::op_kind::reduce_scatter_block,
            [&](const auto& c) { return detail::calls::reduce_scatter_block(c, in, out, op); });
  }
  /// As reduce_scatter_block, with counts[i] elements for rank i.
  template <in_buffer S, out_buffer M, detail::reduction Op>
  void reduce_scatter(const S& in, M&& out, std::span<const std::size_t> counts, Op op) const {
    perform(detail::op_kind::reduce_scatter,
            [&](const auto& c) { return detail::calls::reduce_scatter(c, in, out, counts, op); });
  }
  /// The reduction of `global_size` numbers that lie block after block on the ranks; this rank's begins at
  /// `global_offset`. Bits depend on the numbers alone, not on how many ranks hold them: sums of float and
  /// double are exact and rounded once, all else is folded along a fixed binary tree over the elements.
  /// Throws: error(invalid_argument) on every rank when the blocks are not contiguous in rank order.
  template <in_buffer S, detail::reduction Op>
  [[nodiscard]] element_t<const S> reproducible_reduce(const S& local, std::size_t global_offset,
                                                       std::size_t global_size, Op op) const {
    return detail::reproducible_reduce(engine_, detail::as_in(local), global_offset, global_size, op);
  }

  // --- two ranks

  /// Sends a copy: returns when `data` may be used again. Throws: error(would_deadlock) for more than 64 KiB
  /// to oneself without a posted receive.
  template <in_buffer S>
  void send(const S& data, int dest, int tag) const {
    if constexpr (requires { engine_.send_at_once(std::as_bytes(detail::as_in(data)), dest, tag); }) {
      if (engine_.send_at_once(std::as_bytes(detail::as_in(data)), dest, tag)) return;
    }
    detail::check_send(engine_.ctx(), detail::op_kind::send, dest, tag);
    const auto s = detail::as_in(data);
    detail::send_bytes(engine_.ctx(), detail::op_kind::send, detail::bytes_of(s.data()), s.size_bytes(), dest,
                       tag);
  }
  /// Blocks until a message is there. Throws: error(truncated) for one longer than `into`,
  /// error(type_mismatch).
  template <out_buffer M>
  status recv(M&& into, int source, int tag) const {
    if constexpr (requires { engine_.recv_at_once(detail::as_out(into), source, tag); }) {
      if (const auto got = engine_.recv_at_once(detail::as_out(into), source, tag)) return *got;
    }
    detail::check_receive(engine_.ctx(), detail::op_kind::recv, source, tag);
    const auto m = detail::as_out(into);
    return detail::receive_bytes(engine_.ctx(), detail::op_kind::recv, detail::bytes_of(m.data()),
                                 m.size_bytes(), sizeof(element_t<M>), source, tag);
  }
  /// The elements of the next message, however many.
  template <comm_data T>
  [[nodiscard]] std::vector<T> recv_vector(int source, int tag) const {
    if (source == null_rank) return {};
    return mprobe(source, tag).template receive_vector<T>();
  }
  /// Sends and receives at once.
  template <in_buffer S, out_buffer M>
  status sendrecv(const S& data, int dest, int send_tag, M&& into, int source, int recv_tag) const {
    auto& c = engine_.ctx();
    detail::check_send(c, detail::op_kind::sendrecv, dest, send_tag);
    detail::check_receive(c, detail::op_kind::sendrecv, source, recv_tag);
    const auto s = detail::as_in(data);
    const auto m = detail::as_out(into);
    detail::send_operation out(engine_.shared_context(), detail::op_kind::sendrecv,
                               detail::bytes_of(s.data()), s.size_bytes(), dest, send_tag, false);
    out.start();
    const status got = detail::receive_bytes(c, detail::op_kind::sendrecv, detail::bytes_of(m.data()),
                                             m.size_bytes(), sizeof(element_t<M>), source, recv_tag);
    if (!out.poll())
      c.ep->wait_until(c.site(detail::op_kind::sendrecv), detail::op_kind::sendrecv, out.peer(),
                       [&] { return out.poll(); });
    return got;
  }
  /// Blocks until a message is there, and leaves it.
  [[nodiscard]] status probe(int source, int tag) const {
    detail::check_receive(engine_.ctx(), detail::op_kind::probe, source, tag);
    return detail::probe_message(engine_.ctx(), source, tag);
  }
  /// Looks once.
  [[nodiscard]] std::optional<status> iprobe(int source, int tag) const {
    detail::check_receive(engine_.ctx(), detail::op_kind::probe, source, tag);
    return detail::look_for_message(engine_.ctx(), source, tag);
  }
  /// Blocks until a message is there, and takes it out: no other thread can receive it.
  [[nodiscard]] message mprobe(int source, int tag) const {
    detail::check_receive(engine_.ctx(), detail::op_kind::probe, source, tag);
    return message(engine_.shared_context(), detail::take_message(engine_.ctx(), source, tag));
  }
  /// As mprobe, looks once.
  [[nodiscard]] std::optional<message> improbe(int source, int tag) const {
    detail::check_receive(engine_.ctx(), detail::op_kind::probe, source, tag);
    const auto found = detail::try_take_message(engine_.ctx(), source, tag);
    if (!found) return std::nullopt;
    return message(engine_.shared_context(), *found);
  }

  // --- communicators

  /// Ranks with equal colours together, in the order of (key, rank); nothing for a rank without a colour.
  /// Collective. Throws: error(invalid_argument) for a negative colour.
  [[nodiscard]] std::optional<basic_communicator> split(std::optional<int> color, int key) const {
    if (color && *color < 0) {
      detail::fail(errc::invalid_argument, engine_.ctx().site(detail::op_kind::split),
                   "colour " + std::to_string(*color) + ": no colour is nullopt, others count from 0");
    }
    return forked(detail::op_kind::split, color.value_or(-1), key);
  }
  /// In the order of the old ranks.
  [[nodiscard]] std::optional<basic_communicator> split(std::optional<int> color) const {
    return split(color, rank());
  }
  /// The ranks that share memory, or a smaller part of the machine, with this one. Collective.
  [[nodiscard]] basic_communicator split_local(locality kind = locality::node) const {
    return std::move(*forked(detail::op_kind::split,
                             detail::node_color(engine_.ctx().ep->node(), detail::locality_color(kind)),
                             rank()));
  }
  /// The same ranks; messages and collectives of the two never meet. Collective.
  [[nodiscard]] basic_communicator duplicate() const {
    return std::move(*forked(detail::op_kind::duplicate, 0, rank()));
  }
  /// As duplicate: complete when all ranks have begun it. Collective, in order with the nonblocking
  /// operations.
  [[nodiscard]] request<basic_communicator> iduplicate() const {
    if (engine_.ctx().ep->finalized()) {
      detail::fail(errc::finalized, engine_.ctx().site(detail::op_kind::duplicate),
                   "the environment has ended");
    }
    auto box = std::make_shared<detail::payload_box<basic_communicator>>();
    auto op = engine_.prepare_duplicate(
        [to = box.get()](Engine e) { to->payload = basic_communicator(std::move(e)); });
    op->start();
    return detail::request_access::make<basic_communicator>(std::move(op), std::move(box));
  }
  /// The listed ranks in that order, nothing on the others. Collective over this communicator.
  /// Throws: error(invalid_rank) for a rank that is not there or listed twice.
  [[nodiscard]] std::optional<basic_communicator> create_group(std::span<const int> ranks) const {
    std::optional<int> color;
    int key = 0;
    for (std::size_t i = 0; i < ranks.size(); ++i) {
      const bool twice = std::find(ranks.begin(), ranks.begin() + static_cast<std::ptrdiff_t>(i), ranks[i]) !=
                         ranks.begin() + static_cast<std::ptrdiff_t>(i);
      if (ranks[i] < 0 || ranks[i] >= size() || twice)
        detail::fail_peer(engine_.ctx().site(detail::op_kind::split), ranks[i]);
      if (ranks[i] == rank()) {
        color = 0;
        key = static_cast<int>(i);
      }
    }
    return forked(detail::op_kind::split, color.value_or(-1), key);
  }
  /// How the ranks of two communicators relate. Not collective.
  [[nodiscard]] group_relation compare(const basic_communicator& other) const {
    return detail::compare_groups(engine_.ctx(), other.engine_.ctx());
  }
  /// The ranks of the world that are in it, in its order.
  [[nodiscard]] const std::vector<int>& group() const noexcept { return engine_.ctx().world; }
  /// The ranks that this one exchanges with, for the neighbour operations. Collective.
  [[nodiscard]] basic_neighborhood<Engine> neighborhood(std::vector<int> sources,
                                                        std::vector<int> destinations) const {
    return basic_neighborhood<Engine>(engine_, std::move(sources), std::move(destinations));
  }
  /// Ends every rank of the job; the launcher returns `code`.
  [[noreturn]] void abort(int code) const {
    engine_.ctx().ep->abort(
        code, "rank " + std::to_string(rank()) + " called abort(" + std::to_string(code) + ")", true);
    std::terminate();  // for the compiler: abort of an endpoint does not return
  }

  // --- memory

  /// `count` elements that all ranks of this communicator map, allocated by its rank 0. Collective.
  /// Throws: error(allocation_failed) on every rank alike, error(collective_mismatch) when counts differ.
  template <comm_data T>
  [[nodiscard]] region<T> create_region(std::size_t count, const region_options& how = {}) const {
    static_assert(alignof(T) <= 64);
    perform(detail::op_kind::create_region, [&](const detail::caller& c) {
      auto k = detail::calls::barrier(c);
      k.sig.count = count;
      return k;
    });
    auto s = detail::share(engine_, detail::op_kind::create_region,
                           {.bytes = rank() == 0 ? detail::bytes_for<T>(count) : 0,
                            .alignment = how.alignment,
                            .contiguous = false,
                            .zero = how.zero});
    const std::span<std::byte> whole(s.base[0], count * sizeof(T));
    int refusal = detail::use_huge_pages(whole, how.pages);
    if (rank() == 0) {
      if (const int code = detail::place_pages(whole, how); code != 0) refusal = code;
    }
    // Every mapping has its own advice on pages, and all ranks tell the same.
    refusal = allreduce(refusal, max);
    return region<T>(engine_, std::move(s), count, how.where, refusal);
  }
  /// `local_count` elements of this rank that all ranks can read and write. Collective.
  /// Throws: error(allocation_failed) on every rank alike.
  template <comm_data T>
  [[nodiscard]] window<T> create_window(std::size_t local_count, const window_options& how = {}) const {
    static_assert(alignof(T) <= 64);
    auto s = detail::share(engine_, detail::op_kind::create_window,
                           {.bytes = detail::bytes_for<T>(local_count),
                            .alignment = how.alignment,
                            .contiguous = how.contiguous,
                            .zero = how.zero});
    return window<T>(engine_, std::move(s));
  }

  // --- operations over borrowed buffers

  /// Runs `body` with a scope whose nonblocking operations are complete when this returns, also by an
  /// exception.
  template <class F>
  void scope(F&& body) const {
    basic_scope<Engine> s(engine_, engine_.shared_context());
    try {
      body(s);
    } catch (...) {
      s.settle();
      throw;
    }
    s.wait_all();
  }
  /// Runs `body` with a scope that makes persistent requests over borrowed buffers.
  template <class F>
  void persistent(F&& body) const {
    basic_persistent_scope<Engine> s(engine_, engine_.shared_context());
    body(s);
  }

  /// How kernels run; for backends and tests.
  [[nodiscard]] const Engine& engine() const noexcept { return engine_; }

 private:
  // Inlined, and what is rare is not: a known engine's call is then the checks and the kernel.
  template <class Make>
  [[gnu::always_inline]] void perform(detail::op_kind kind, Make&& make) const {
    detail::context& ctx = engine_.ctx();
    const std::uint8_t gate = ctx.ep->gate();
    if (gate > static_cast<std::uint8_t>(check_level::normal)) [[unlikely]] {
      // By value: what is not passed by its address stays in registers on the plain way.
      perform_checked(kind, make);
    } else {
      const detail::caller c{ctx, kind, rank(), size(), gate != 0};
      auto k = make(c);
      engine_.run(kind, k);
    }
  }
  template <class S, class M, class Op>
  [[gnu::always_inline]] void reduce_all(const S& in, M& out, Op op, order how) const {
    // Values: an address of a local would keep it out of registers.
    perform(detail::op_kind::allreduce,
            [from = detail::as_in(in), to = detail::as_out(out), op, how](const auto& c) {
              auto k = detail::calls::allreduce(c, from, to, op);
              k.unordered = how == order::any;
              return k;
            });
    if constexpr (every_byte_counts<element_t<M>>)
      verify(detail::op_kind::allreduce, std::as_bytes(detail::as_out(out)));
  }
  // Out of the way of a caller that has the library's call in line.
  template <class S, class M, class Op>
  [[gnu::noinline]] void allreduce_by_kernel(const S& in, M& out, Op op, order how) const {
    reduce_all(in, out, op, how);
  }
  // Likewise.
  [[gnu::noinline]] void barrier_by_kernel() const {
    perform(detail::op_kind::barrier, [](const auto& c) { return detail::calls::barrier(c); });
  }
  template <class M>
  [[gnu::always_inline]] void broadcast_in_line(M& data, int root) const {
    perform(detail::op_kind::broadcast,
            [&](const auto& c) { return detail::calls::broadcast(c, data, root); });
    verify(detail::op_kind::broadcast, std::as_bytes(detail::as_out(data)));
  }
  template <class M>
  [[gnu::noinline]] void broadcast_by_kernel(M& data, int root) const {
    broadcast_in_line(data, root);
  }
  template <class T>
  [[gnu::noinline]] void allgatherv_by_kernel(std::span<const T> in, std::span<T> out,
                                              std::span<const std::size_t> counts,
                                              std::span<const std::size_t> displs) const {
    if (displs.empty() && engine_.gather_listed(in, out, counts)) return;
    perform(detail::op_kind::allgatherv,
            [&](const auto& c) { return detail::calls::allgatherv(c, in, out, counts, displs); });
  }
  // Every rank takes part even when its arguments are refused, so that the others hear of it instead of
  // waiting.
  template <class Make>
  [[gnu::noinline, gnu::cold]] void perform_checked(detail::op_kind kind, Make make) const {
    const detail::caller c{engine_.ctx(), kind, rank(), size(), true};
    if (engine_.ctx().ep->finalized()) detail::fail(errc::finalized, c.site(), "the environment has ended");
    const detail::one_collective guard(engine_.ctx(), c.kind);
    auto k = [&] {
      try {
        return make(c);
      } catch (const error&) {
        engine_.decline(c.kind);
        throw;
      }
    }();
    engine_.run(c.kind, k);
  }
  // Bytes between the members of a reduced value, and behind a long double, belong to nobody: they may
  // differ.
  template <class T>
  static constexpr bool every_byte_counts =
      std::is_same_v<T, float> || std::is_same_v<T, double> || std::has_unique_object_representations_v<T>;
  // Level heavy: what must be equal on all ranks is.
  [[gnu::always_inline]] void verify([[maybe_unused]] detail::op_kind kind,
                                     [[maybe_unused]] std::span<const std::byte> result) const {
    if constexpr (!Engine::is_local) {
      if (level() == check_level::heavy) [[unlikely]]
        compare_results(kind, result);
    }
  }
  [[gnu::noinline]] void compare_results(detail::op_kind kind, std::span<const std::byte> result) const {
    const std::uint32_t mine = crc32c(result);
    std::vector<std::uint32_t> all(static_cast<std::size_t>(size()));
    const detail::caller c{engine_.ctx(), kind, rank(), size(), true};
    auto k = detail::calls::allgather(c, std::span<const std::uint32_t>(&mine, 1), all);
    engine_.run(kind, k);
    for (std::size_t r = 0; r < all.size(); ++r) {
      if (all[r] != all[0])
        detail::fail(errc::protocol_error, engine_.ctx().site(kind),
                     "rank " + std::to_string(r) + " has another result than rank 0",
                     {.peer = static_cast<int>(r)});
    }
  }
  template <class T>
  [[nodiscard]] static ragged<T> room_for(const std::vector<std::size_t>& counts) {
    ragged<T> out;
    for (const std::size_t n : counts) out.offsets.push_back(out.offsets.back() + n);
    out.values.resize(out.offsets.back());
    return out;
  }
  [[nodiscard]] std::optional<basic_communicator> forked(detail::op_kind kind, int color, int key) const {
    if (engine_.ctx().ep->finalized())
      detail::fail(errc::finalized, engine_.ctx().site(kind), "the environment has ended");
    auto e = engine_.fork(kind, color, key);
    if (!e) return std::nullopt;
    return basic_communicator(std::move(*e));
  }

  Engine engine_;
};

template <class Engine>
template <class T>
void basic_communicator<Engine>::broadcast_object(T& object, int root) const {
  std::vector<std::byte> bytes;
  const bool valid = root >= 0 && root < size();
  if (valid && rank() == root) bytes = encode(object);
  const auto length = broadcast_value(std::size_t{bytes.size()}, root);
  bytes.resize(length);
  broadcast(bytes, root);
  if (rank() != root) object = decode<T>(bytes);
}

/// One rank.
using local_comm = basic_communicator<detail::local_engine>;
/// Processes of one node.
using shm_comm = basic_communicator<detail::shm_engine>;
/// Ranks of an MPI library's job, by the module that was loaded. Programs that are compiled against one
/// library have linked_mpi_comm in twill/comm_mpi.hpp.
using mpi_comm = basic_communicator<detail::mpi_engine>;
/// Whichever backend was chosen at run time: one branch a call.
using any_communicator = basic_communicator<detail::any_engine>;

/// The world has a topology.
template <class C>
concept topology_provider = requires(const C& c) {
  { c.topology() } -> std::same_as<const execution_topology&>;
};

/// Nonblocking operations over raw spans, for bindings and benchmarks: the caller keeps the buffers alive and
/// untouched until the request is complete.
namespace unsafe {

/// `unsafe::start<op>(comm, ...)`: the nonblocking form of whatever `make(caller)` describes.
template <class Engine, class Make>
[[nodiscard]] request<> start(const basic_communicator<Engine>& c, detail::op_kind kind, Make&& make) {
  auto op = detail::prepare_call(c.engine(), kind, std::forward<Make>(make));
  op->start();
  return detail::request_access::make(std::move(op));
}
/// Nonblocking allreduce over spans.
template <class Engine, in_buffer S, out_buffer M, detail::reduction Op>
[[nodiscard]] request<> iallreduce(const basic_communicator<Engine>& c, const S& in, M&& out, Op op) {
  return start(c, detail::op_kind::allreduce,
               [&](const auto& who) { return detail::calls::allreduce(who, in, out, op); });
}

}  // namespace unsafe
}  // namespace twill::comm
