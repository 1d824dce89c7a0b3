// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/buffer.hpp"
#include "twill/comm/concepts.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace twill::hybrid {

/// One operation that went through a recording communicator.
struct recorded_call {
  std::string_view operation{};  ///< `allgatherv`
  std::string_view phase{};      ///< what set_phase said
  std::size_t sent = 0;          ///< bytes that this rank gave
  std::size_t received = 0;      ///< bytes that this rank has from it, its own among them
};

/// Calls and bytes.
struct recorded_total {
  std::size_t calls = 0;     ///< operations
  std::size_t sent = 0;      ///< bytes
  std::size_t received = 0;  ///< bytes
};

/// A communicator that counts what goes through it and hands everything on. Copies of a split and a duplicate
/// record into the same list.
template <comm::communicator C>
class recording_communicator {
 public:
  /// As in the communicator below.
  using size_type = std::size_t;

  /// Over a communicator that outlives it.
  explicit recording_communicator(C& below) : below_(&below, [](C*) {}), calls_(std::make_shared<log>()) {}

  /// As in the communicator below.
  [[nodiscard]] int rank() const noexcept { return below_->rank(); }
  /// As in the communicator below.
  [[nodiscard]] int size() const noexcept { return below_->size(); }
  /// As in the communicator below.
  [[nodiscard]] comm::backend_kind backend() const noexcept { return below_->backend(); }

  /// What the next calls are for; the text has to live as long as the record.
  void set_phase(std::string_view phase) const noexcept { calls_->phase = phase; }
  /// In order.
  [[nodiscard]] const std::vector<recorded_call>& calls() const noexcept { return calls_->list; }
  /// Of all calls, or of one phase.
  [[nodiscard]] recorded_total total(std::string_view phase = {}) const noexcept {
    recorded_total out;
    for (const recorded_call& c : calls_->list) {
      if (!phase.empty() && c.phase != phase) continue;
      ++out.calls;
      out.sent += c.sent;
      out.received += c.received;
    }
    return out;
  }
  /// Starts over; keeps the room that it has.
  void clear() const noexcept { calls_->list.clear(); }
  /// Room for so many calls, so that recording allocates nothing.
  void reserve(std::size_t calls) const { calls_->list.reserve(calls); }

  /// Recorded as `barrier`, without bytes.
  void barrier() const {
    below_->barrier();
    note("barrier", 0, 0);
  }
  /// The root gives the bytes, the others have them.
  template <comm::out_buffer M>
  void broadcast(M&& data, int root) const {
    below_->broadcast(data, root);
    const std::size_t n = std::as_bytes(comm::detail::as_out(data)).size();
    note("broadcast", rank() == root ? n : 0, rank() == root ? 0 : n);
  }
  /// Every rank gives and has a vector.
  template <comm::in_buffer S, comm::out_buffer M, class Op>
  void allreduce(const S& in, M&& out, Op op) const {
    below_->allreduce(in, out, op);
    const std::size_t n = std::as_bytes(comm::detail::as_out(out)).size();
    note("allreduce", n, n);
  }
  /// Of one value.
  template <comm::comm_data T, class Op>
  [[nodiscard]] T allreduce(const T& value, Op op) const {
    const T out = below_->allreduce(value, op);
    note("allreduce", sizeof(T), sizeof(T));
    return out;
  }
  /// Every rank gives its block and has all.
  template <comm::in_buffer S, comm::out_buffer M>
  void allgatherv(const S& in, M&& out, std::span<const std::size_t> counts) const {
    below_->allgatherv(in, out, counts);
    note("allgatherv", std::as_bytes(comm::detail::as_in(in)).size(),
         std::as_bytes(comm::detail::as_out(out)).size());
  }
  /// Blocks of lengths that only their owners know: one call here, the lengths travel ahead in it.
  template <comm::in_buffer S>
  [[nodiscard]] auto allgatherv(const S& in) const {
    auto out = below_->allgatherv(in);
    note("allgatherv", std::as_bytes(comm::detail::as_in(in)).size(),
         std::as_bytes(std::span(out.values)).size());
    return out;
  }
  /// Not recorded; the part records with this one.
  [[nodiscard]] std::optional<recording_communicator> split(std::optional<int> color, int key) const {
    auto part = below_->split(color, key);
    if (!part) return std::nullopt;
    return recording_communicator(std::make_shared<C>(std::move(*part)), calls_);
  }
  /// Not recorded; the copy records with this one.
  [[nodiscard]] recording_communicator duplicate() const {
    return recording_communicator(std::make_shared<C>(below_->duplicate()), calls_);
  }
  /// Ends every rank of the job.
  void abort(int code) const { below_->abort(code); }

 private:
  struct log {
    std::vector<recorded_call> list;
    std::string_view phase;
  };
  recording_communicator(std::shared_ptr<C> below, std::shared_ptr<log> calls)
      : below_(std::move(below)), calls_(std::move(calls)) {}
  void note(std::string_view operation, std::size_t sent, std::size_t received) const {
    calls_->list.push_back({operation, calls_->phase, sent, received});
  }

  std::shared_ptr<C> below_;
  std::shared_ptr<log> calls_;
};

}  // namespace twill::hybrid
