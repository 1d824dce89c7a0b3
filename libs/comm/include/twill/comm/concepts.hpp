// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/data.hpp"
#include "twill/comm/reduction.hpp"
#include "twill/comm/types.hpp"

#include <concepts>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace twill::comm {

/// The little that most algorithms need: small enough for a test double. Every operation here is collective.
template <class C>
concept communicator = requires(C& c, const C& k, std::span<const double> in, std::span<double> out,
                                std::span<const std::size_t> n) {
  { k.rank() } noexcept -> std::same_as<int>;
  { k.size() } noexcept -> std::same_as<int>;
  { k.backend() } noexcept -> std::same_as<backend_kind>;
  requires std::same_as<typename C::size_type, std::size_t>;
  c.barrier();
  c.broadcast(out, 0);
  c.allreduce(in, out, sum);
  { c.allreduce(1.0, sum) } -> std::same_as<double>;
  c.allgatherv(in, out, n);
  { c.split(std::optional<int>(0), 0) } -> std::same_as<std::optional<C>>;
  { c.duplicate() } -> std::same_as<C>;
  c.abort(1);
};

/// Rank, size and barrier: what is left of a communicator whose type nobody needs to know.
template <class C>
concept local_communicator = requires(C& c, const C& k) {
  { k.rank() } noexcept -> std::same_as<int>;
  { k.size() } noexcept -> std::same_as<int>;
  c.barrier();
};

/// Every operation of the inventory, blocking.
template <class C>
concept full_communicator = communicator<C> && requires(C& c, std::span<const double> in,
                                                        std::span<double> out, std::span<const std::size_t> n,
                                                        std::span<const long> whole, std::span<long> bits) {
  c.reduce(in, out, sum, 0);
  { c.reduce(1.0, max, 0) } -> std::same_as<std::optional<double>>;
  c.allreduce(in_place, out, min);
  c.allreduce(whole, bits, bit_xor);
  c.scan(in, out, sum);
  c.exscan(in, out, sum);
  c.gather(in, out, 0);
  { c.gather(1.0, 0) } -> std::same_as<std::vector<double>>;
  c.gatherv(in, out, 0, n);
  c.allgather(in, out);
  { c.allgather(1.0) } -> std::same_as<std::vector<double>>;
  c.scatter(in, out, 0);
  c.scatterv(in, out, 0, n);
  c.alltoall(in, out);
  c.alltoallv(in, n, out, n);
  c.reduce_scatter_block(in, out, sum);
  c.reduce_scatter(in, out, n, sum);
  { c.reproducible_reduce(in, std::size_t{0}, std::size_t{0}, sum) } -> std::same_as<double>;
  c.send(in, 0, 0);
  { c.recv(out, 0, 0) } -> std::same_as<status>;
  { c.sendrecv(in, 0, 0, out, 0, 0) } -> std::same_as<status>;
  { c.probe(0, 0) } -> std::same_as<status>;
  { c.iprobe(0, 0) } -> std::same_as<std::optional<status>>;
  c.ibarrier();
  c.split_local();
};

/// Memory that ranks of a node share.
template <class C>
concept shared_memory_provider = requires(C& c) {
  c.split_local();
  { c.is_leader() } -> std::same_as<bool>;
  { c.template create_region<double>(std::size_t{1}) } -> std::same_as<typename C::template region<double>>;
  { c.template create_window<double>(std::size_t{1}) } -> std::same_as<typename C::template window<double>>;
};

}  // namespace twill::comm
