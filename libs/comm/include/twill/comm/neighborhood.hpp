// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/buffer.hpp"
#include "twill/comm/detail/calls.hpp"
#include "twill/comm/detail/p2p.hpp"

#include <cstddef>
#include <span>
#include <utility>
#include <vector>

namespace twill::comm {

/// The ranks that a rank receives from and sends to: collectives that move data along these edges only.
///
/// Every rank's list of destinations has to name the ranks that list it as a source, as often. Operations are
/// called by all ranks that share an edge, in the same order.
template <class Engine>
class basic_neighborhood {
 public:
  /// For communicator::neighborhood.
  basic_neighborhood(Engine e, std::vector<int> sources, std::vector<int> destinations)
      : engine_(std::move(e)), sources_(std::move(sources)), destinations_(std::move(destinations)) {
    for (const auto* list : {&sources_, &destinations_}) {
      for (const int peer : *list) {
        if (peer < 0 || peer >= engine_.size()) detail::fail_peer(site(), peer);
      }
    }
  }

  /// Whom this rank receives from, in this order.
  [[nodiscard]] const std::vector<int>& sources() const noexcept { return sources_; }
  /// Whom this rank sends to, in this order.
  [[nodiscard]] const std::vector<int>& destinations() const noexcept { return destinations_; }

  /// `in` to every destination; the blocks of all sources in `out`, in the order of sources().
  template <in_buffer S, out_buffer M>
  void allgather(const S& in, M&& out) const {
    using T = element_t<M>;
    const std::span<const T> s = detail::as_in(in);
    const auto m = detail::as_out(out);
    if (m.size() != s.size() * sources_.size())
      detail::fail_length(site(), s.size() * sources_.size(), m.size());
    for (const int to : destinations_) send(s, to);
    for (std::size_t i = 0; i < sources_.size(); ++i) receive(m.subspan(i * s.size(), s.size()), sources_[i]);
  }
  /// Block i of `in` to destinations()[i]; block j of `out` from sources()[j].
  template <in_buffer S, out_buffer M>
  void alltoall(const S& in, M&& out) const {
    using T = element_t<M>;
    const std::span<const T> s = detail::as_in(in);
    const auto m = detail::as_out(out);
    const std::size_t n = destinations_.empty() ? 0 : s.size() / destinations_.size();
    if (s.size() != n * destinations_.size()) detail::fail_length(site(), n * destinations_.size(), s.size());
    const std::size_t k = sources_.empty() ? 0 : m.size() / sources_.size();
    if (m.size() != k * sources_.size()) detail::fail_length(site(), k * sources_.size(), m.size());
    for (std::size_t i = 0; i < destinations_.size(); ++i) send(s.subspan(i * n, n), destinations_[i]);
    for (std::size_t i = 0; i < sources_.size(); ++i) receive(m.subspan(i * k, k), sources_[i]);
  }
  /// As alltoall with a length for each destination; what arrives, whatever its length, in the order of
  /// sources().
  template <in_buffer S>
  [[nodiscard]] ragged<element_t<const S>> alltoallv(const S& in, std::span<const std::size_t> counts) const {
    using T = element_t<const S>;
    const std::span<const T> s = detail::as_in(in);
    if (counts.size() != destinations_.size())
      detail::fail_length(site(), destinations_.size(), counts.size());
    if (detail::total_of(counts) != s.size()) detail::fail_length(site(), detail::total_of(counts), s.size());
    std::size_t at = 0;
    for (std::size_t i = 0; i < destinations_.size(); ++i) {
      send(s.subspan(at, counts[i]), destinations_[i]);
      at += counts[i];
    }
    ragged<T> out;
    for (const int from : sources_) {
      const auto what = detail::take_message(engine_.ctx(), from, tag);
      const std::size_t begin = out.values.size();
      out.values.resize(begin + what.bytes / sizeof(T));
      detail::copy_out(engine_.ctx(), detail::op_kind::neighbor_alltoall, what,
                       detail::bytes_of(out.values.data() + begin), what.bytes, sizeof(T));
      out.offsets.push_back(out.values.size());
    }
    return out;
  }

 private:
  static constexpr int tag = max_tag + 1;

  [[nodiscard]] call_site site() const noexcept {
    return engine_.ctx().site(detail::op_kind::neighbor_alltoall);
  }
  template <class T>
  void send(std::span<const T> data, int to) const {
    detail::check_send(engine_.ctx(), detail::op_kind::neighbor_alltoall, to, tag, true);
    detail::send_aside(engine_.ctx(), detail::op_kind::neighbor_alltoall, detail::bytes_of(data.data()),
                       data.size_bytes(), to, tag);
  }
  template <class T>
  void receive(std::span<T> into, int from) const {
    const status s =
        detail::receive_bytes(engine_.ctx(), detail::op_kind::neighbor_alltoall,
                              detail::bytes_of(into.data()), into.size_bytes(), sizeof(T), from, tag);
    if (s.bytes != into.size_bytes()) detail::fail_length(site(), into.size(), s.bytes / sizeof(T));
  }

  Engine engine_;
  std::vector<int> sources_;
  std::vector<int> destinations_;
};

}  // namespace twill::comm
