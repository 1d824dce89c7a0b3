// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/buffer.hpp"
#include "twill/comm/detail/endpoint.hpp"
#include "twill/comm/detail/kernel.hpp"

#include <concepts>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

// From arguments to kernels: one function an operation and form, with the checks of its preconditions. The
// blocking, nonblocking and persistent forms of all backends come through here, so they refuse the same.
namespace twill::comm::detail {

struct caller {
  const context& ctx;
  op_kind kind;
  int rank;
  int size;
  bool checks;

  [[nodiscard]] call_site site() const noexcept { return ctx.site(kind); }
  [[nodiscard]] std::size_t ranks() const noexcept { return static_cast<std::size_t>(size); }
  [[nodiscard]] std::size_t me() const noexcept { return static_cast<std::size_t>(rank); }
};

using counts_t = std::span<const std::size_t>;

inline void check_length(const caller& c, std::size_t expected, std::size_t actual) {
  if (c.checks && expected != actual) [[unlikely]]
    fail_length(c.site(), expected, actual);
}
inline void check_root(const caller& c, int root) {
  if (c.checks && (root < 0 || root >= c.size)) [[unlikely]]
    fail_root(c.site(), root);
}
inline void check_apart(const caller& c, const void* a, std::size_t a_bytes, const void* b,
                        std::size_t b_bytes) {
  if (!c.checks || a_bytes == 0 || b_bytes == 0) return;
  const auto* const x = static_cast<const std::byte*>(a);
  const auto* const y = static_cast<const std::byte*>(b);
  if (std::less<>{}(x, y + b_bytes) && std::less<>{}(y, x + a_bytes)) [[unlikely]]
    fail_overlap(c.site());
}
template <class T>
void check_apart(const caller& c, std::span<const T> a, std::span<T> b) {
  check_apart(c, a.data(), a.size_bytes(), b.data(), b.size_bytes());
}
// Counts and displacements of a v form against a buffer of `room` elements; `disjoint` for receives.
void check_blocks(const caller& c, counts_t counts, counts_t displs, std::size_t room, bool disjoint);
[[nodiscard]] std::size_t total_of(counts_t counts) noexcept;
[[nodiscard]] std::size_t start_of(counts_t counts, counts_t displs, std::size_t r) noexcept;

template <class T>
[[nodiscard]] std::byte* bytes_of(T* p) noexcept {
  return reinterpret_cast<std::byte*>(p);
}
template <class T>
[[nodiscard]] const std::byte* bytes_of(const T* p) noexcept {
  return reinterpret_cast<const std::byte*>(p);
}

template <class T>
[[nodiscard]] constexpr signature sign(const caller& c, op_code op, int root, std::size_t count) noexcept {
  return {signature_word(c.kind, type_code<T>(), op, root, sizeof(T)), count};
}

template <class Op>
concept reduction = requires {
  { Op::code } -> std::convertible_to<op_code>;
};

// --- every call below is `(caller, arguments of the public function) -> kernel`
struct calls {
  static barrier_kernel barrier(const caller& c) {
    barrier_kernel k;
    k.sig = {signature_word(c.kind, 0, op_code::none, -1, 0), 0};
    return k;
  }

  template <out_buffer M>
  static broadcast_kernel broadcast(const caller& c, M&& data, int root) {
    check_root(c, root);
    const auto d = as_out(data);
    using T = element_t<M>;
    broadcast_kernel k;
    k.sig = sign<T>(c, op_code::none, root, d.size());
    k.granule = sizeof(T);
    k.data = bytes_of(d.data());
    k.n = d.size_bytes();
    k.root = root;
    k.mine = c.rank == root;
    return k;
  }

  // --- reductions
  template <bool All, class T, class Op>
  static fold_kernel<T, Op, All> fold(const caller& c, std::span<const T> in, T* out, Op op, int root,
                                      int last_rank) {
    static_assert(reduction_for<Op, T>, "the operation does not reduce this type");
    fold_kernel<T, Op, All> k(op);
    k.sig = sign<T>(c, Op::code, root, in.size());
    k.granule = sizeof(T);
    k.in = in.data();
    k.out = out;
    k.n = in.size();
    k.first = 0;
    k.last = in.size();
    k.last_rank = last_rank;
    return k;
  }
  template <in_buffer S, out_buffer M, reduction Op>
  static auto reduce(const caller& c, const S& in, M&& out, Op op, int root) {
    using T = element_t<M>;
    check_root(c, root);
    const std::span<const T> s = as_in(in);
    const auto m = as_out(out);
    if (c.rank == root) {
      check_length(c, s.size(), m.size());
      check_apart(c, s, m);
    }
    return fold<false, T>(c, s, m.data(), op, root, c.rank == root ? c.size - 1 : -1);
  }
  template <out_buffer M, reduction Op>
  static auto reduce(const caller& c, in_place_t, M&& data, Op op, int root) {
    using T = element_t<M>;
    check_root(c, root);
    const auto m = as_out(data);
    return fold<false, T>(c, std::span<const T>(m), m.data(), op, root, c.rank == root ? c.size - 1 : -1);
  }
  template <in_buffer S, out_buffer M, reduction Op>
  static auto allreduce(const caller& c, const S& in, M&& out, Op op, order how = order::rank) {
    using T = element_t<M>;
    const std::span<const T> s = as_in(in);
    const auto m = as_out(out);
    check_length(c, s.size(), m.size());
    check_apart(c, s, m);
    auto k = fold<true, T>(c, s, m.data(), op, -1, c.size - 1);
    k.unordered = how == order::any;
    return k;
  }
  template <out_buffer M, reduction Op>
  static auto allreduce(const caller& c, in_place_t, M&& data, Op op, order how = order::rank) {
    using T = element_t<M>;
    const auto m = as_out(data);
    auto k = fold<true, T>(c, std::span<const T>(m), m.data(), op, -1, c.size - 1);
    k.unordered = how == order::any;
    return k;
  }
  template <in_buffer S, out_buffer M, reduction Op>
  static auto scan(const caller& c, const S& in, M&& out, Op op) {
    using T = element_t<M>;
    const std::span<const T> s = as_in(in);
    const auto m = as_out(out);
    check_length(c, s.size(), m.size());
    check_apart(c, s, m);
    return fold<false, T>(c, s, m.data(), op, -1, c.rank);
  }
  template <out_buffer M, reduction Op>
  static auto scan(const caller& c, in_place_t, M&& data, Op op) {
    using T = element_t<M>;
    const auto m = as_out(data);
    return fold<false, T>(c, std::span<const T>(m), m.data(), op, -1, c.rank);
  }
  template <in_buffer S, out_buffer M, reduction Op>
  static auto exscan(const caller& c, const S& in, M&& out, Op op, const element_t<M>& init) {
    using T = element_t<M>;
    const std::span<const T> s = as_in(in);
    const auto m = as_out(out);
    check_length(c, s.size(), m.size());
    check_apart(c, s, m);
    auto k = fold<false, T>(c, s, m.data(), op, -1, c.rank - 1);
    k.filled = true;
    k.fill_value = init;
    return k;
  }
  template <in_buffer S, out_buffer M, reduction Op>
  static auto exscan(const caller& c, const S& in, M&& out, Op op) {
    return exscan(c, in, out, op, Op::template identity<element_t<M>>());
  }
  template <out_buffer M, reduction Op>
  static auto exscan(const caller& c, in_place_t, M&& data, Op op, const element_t<M>& init) {
    using T = element_t<M>;
    const auto m = as_out(data);
    auto k = fold<false, T>(c, std::span<const T>(m), m.data(), op, -1, c.rank - 1);
    k.filled = true;
    k.fill_value = init;
    return k;
  }
  template <out_buffer M, reduction Op>
  static auto exscan(const caller& c, in_place_t, M&& data, Op op) {
    return exscan(c, in_place, data, op, Op::template identity<element_t<M>>());
  }
  template <in_buffer S, out_buffer M, reduction Op>
  static auto reduce_scatter_block(const caller& c, const S& in, M&& out, Op op) {
    using T = element_t<M>;
    const std::span<const T> s = as_in(in);
    const auto m = as_out(out);
    check_length(c, m.size() * c.ranks(), s.size());
    check_apart(c, s, m);
    auto k = fold<false, T>(c, s, m.data(), op, -1, c.size - 1);
    k.first = c.me() * m.size();
    k.last = k.first + m.size();
    return k;
  }
  template <in_buffer S, out_buffer M, reduction Op>
  static auto reduce_scatter(const caller& c, const S& in, M&& out, counts_t counts, Op op) {
    using T = element_t<M>;
    const std::span<const T> s = as_in(in);
    const auto m = as_out(out);
    check_blocks(c, counts, {}, s.size(), false);
    if (c.checks) {
      check_length(c, total_of(counts), s.size());
      check_length(c, counts[c.me()], m.size());
    }
    check_apart(c, s, m);
    auto k = fold<false, T>(c, s, m.data(), op, -1, c.size - 1);
    k.first = start_of(counts, {}, c.me());
    k.last = k.first + m.size();
    return k;
  }

  // --- gathers
  template <class T>
  static gather_kernel blocks(const caller& c, const T* in, std::size_t n, T* out, bool receives, int root) {
    gather_kernel k;
    k.sig = sign<T>(c, op_code::none, root, n);
    k.granule = sizeof(T);
    k.element = sizeof(T);
    k.in = bytes_of(in);
    k.n = n * sizeof(T);
    k.out = bytes_of(out);
    k.receives = receives;
    k.me = c.rank;
    return k;
  }
  template <in_buffer S, out_buffer M>
  static gather_kernel allgather(const caller& c, const S& in, M&& out) {
    using T = element_t<M>;
    const std::span<const T> s = as_in(in);
    const auto m = as_out(out);
    check_length(c, s.size() * c.ranks(), m.size());
    check_apart(c, s, m);
    return blocks<T>(c, s.data(), s.size(), m.data(), true, -1);
  }
  template <out_buffer M>
  static gather_kernel allgather(const caller& c, in_place_t, M&& data) {
    using T = element_t<M>;
    const auto m = as_out(data);
    check_divisible(c, m.size());
    const std::size_t n = m.size() / c.ranks();
    return blocks<T>(c, m.data() + c.me() * n, n, m.data(), true, -1);
  }
  template <in_buffer S, out_buffer M>
  static gather_kernel gather(const caller& c, const S& in, M&& out, int root) {
    using T = element_t<M>;
    check_root(c, root);
    const std::span<const T> s = as_in(in);
    const auto m = as_out(out);
    if (c.rank == root) {
      check_length(c, s.size() * c.ranks(), m.size());
      check_apart(c, s, m);
    }
    return blocks<T>(c, s.data(), s.size(), m.data(), c.rank == root, root);
  }
  // At the root `data` is the whole result with its own block in place, elsewhere the block.
  template <out_buffer M>
  static gather_kernel gather(const caller& c, in_place_t, M&& data, int root) {
    using T = element_t<M>;
    check_root(c, root);
    const auto m = as_out(data);
    if (c.rank != root) return blocks<T>(c, m.data(), m.size(), m.data(), false, root);
    check_divisible(c, m.size());
    const std::size_t n = m.size() / c.ranks();
    return blocks<T>(c, m.data() + c.me() * n, n, m.data(), true, root);
  }
  template <in_buffer S, out_buffer M>
  static gather_kernel allgatherv(const caller& c, const S& in, M&& out, counts_t counts,
                                  counts_t displs = {}) {
    using T = element_t<M>;
    const std::span<const T> s = as_in(in);
    const auto m = as_out(out);
    check_blocks(c, counts, displs, m.size(), true);
    check_own(c, counts, s.size());
    check_apart(c, s, m);
    return varying(blocks<T>(c, s.data(), s.size(), m.data(), true, -1), counts, displs);
  }
  template <out_buffer M>
  static gather_kernel allgatherv(const caller& c, in_place_t, M&& data, counts_t counts,
                                  counts_t displs = {}) {
    using T = element_t<M>;
    const auto m = as_out(data);
    check_blocks(c, counts, displs, m.size(), true);
    const T* own = m.data() + start_of(counts, displs, c.me());
    return varying(blocks<T>(c, own, counts[c.me()], m.data(), true, -1), counts, displs);
  }
  template <in_buffer S, out_buffer M>
  static gather_kernel gatherv(const caller& c, const S& in, M&& out, int root, counts_t counts,
                               counts_t displs = {}) {
    using T = element_t<M>;
    check_root(c, root);
    const std::span<const T> s = as_in(in);
    const auto m = as_out(out);
    if (c.rank == root) {
      check_blocks(c, counts, displs, m.size(), true);
      check_own(c, counts, s.size());
      check_apart(c, s, m);
    }
    return varying(blocks<T>(c, s.data(), s.size(), m.data(), c.rank == root, root), counts, displs);
  }
  template <out_buffer M>
  static gather_kernel gatherv(const caller& c, in_place_t, M&& data, int root, counts_t counts,
                               counts_t displs = {}) {
    using T = element_t<M>;
    check_root(c, root);
    const auto m = as_out(data);
    if (c.rank != root)
      return varying(blocks<T>(c, m.data(), m.size(), m.data(), false, root), counts, displs);
    check_blocks(c, counts, displs, m.size(), true);
    const T* own = m.data() + start_of(counts, displs, c.me());
    return varying(blocks<T>(c, own, counts[c.me()], m.data(), true, root), counts, displs);
  }

  // --- from one, from each
  template <in_buffer S, out_buffer M>
  static alltoall_kernel scatter(const caller& c, const S& in, M&& out, int root) {
    using T = element_t<M>;
    check_root(c, root);
    const std::span<const T> s = as_in(in);
    const auto m = as_out(out);
    if (c.rank == root) {
      check_length(c, m.size() * c.ranks(), s.size());
      check_apart(c, s, m);
    }
    return equal_blocks<T>(c, c.rank == root ? s.data() : nullptr, m.data(), m.size(), root);
  }
  // At the root `data` is what is sent, and its own block stays there; elsewhere it is what is received.
  template <out_buffer M>
  static alltoall_kernel scatter(const caller& c, in_place_t, M&& data, int root) {
    using T = element_t<M>;
    check_root(c, root);
    const auto m = as_out(data);
    if (c.rank != root) return equal_blocks<T>(c, nullptr, m.data(), m.size(), root);
    check_divisible(c, m.size());
    auto k = equal_blocks<T>(c, m.data(), m.data(), m.size() / c.ranks(), root);
    k.skip = true;
    return k;
  }
  template <in_buffer S, out_buffer M>
  static alltoall_kernel alltoall(const caller& c, const S& in, M&& out) {
    using T = element_t<M>;
    const std::span<const T> s = as_in(in);
    const auto m = as_out(out);
    check_length(c, s.size(), m.size());
    check_divisible(c, s.size());
    check_apart(c, s, m);
    return equal_blocks<T>(c, s.data(), m.data(), m.size() / c.ranks(), -1);
  }
  template <out_buffer M>
  static alltoall_kernel alltoall(const caller& c, in_place_t, M&& data) {
    using T = element_t<M>;
    const auto m = as_out(data);
    check_divisible(c, m.size());
    auto k = equal_blocks<T>(c, m.data(), m.data(), m.size() / c.ranks(), -1);
    k.copied = true;
    return k;
  }
  template <in_buffer S, out_buffer M>
  static varying_kernel scatterv(const caller& c, const S& in, M&& out, int root, counts_t counts,
                                 counts_t displs = {}) {
    using T = element_t<M>;
    check_root(c, root);
    const std::span<const T> s = as_in(in);
    const auto m = as_out(out);
    if (c.rank == root) {
      check_blocks(c, counts, displs, s.size(), false);
      check_own(c, counts, m.size());
      check_apart(c, s, m);
    }
    return from_root<T>(c, s.data(), m, root, counts, displs);
  }
  // As scatter in place: the root's own block stays in `data`, which is what it sends.
  template <out_buffer M>
  static varying_kernel scatterv(const caller& c, in_place_t, M&& data, int root, counts_t counts,
                                 counts_t displs = {}) {
    using T = element_t<M>;
    check_root(c, root);
    const auto m = as_out(data);
    if (c.rank != root) return from_root<T>(c, nullptr, m, root, counts, displs);
    check_blocks(c, counts, displs, m.size(), false);
    auto k = from_root<T>(c, m.data(), m.first(counts[c.me()]), root, counts, displs);
    k.skip = true;
    return k;
  }
  template <in_buffer S, out_buffer M>
  static varying_kernel alltoallv(const caller& c, const S& in, counts_t send_counts, counts_t send_displs,
                                  M&& out, counts_t recv_counts, counts_t recv_displs) {
    using T = element_t<M>;
    const std::span<const T> s = as_in(in);
    const auto m = as_out(out);
    check_blocks(c, send_counts, send_displs, s.size(), false);
    check_blocks(c, recv_counts, recv_displs, m.size(), true);
    check_apart(c, s, m);
    auto k = varying_base<T>(c, -1);
    k.in = bytes_of(s.data());
    k.send_counts = send_counts;
    k.send_displs = send_displs;
    k.out = bytes_of(m.data());
    k.recv_counts = recv_counts;
    k.recv_displs = recv_displs;
    return k;
  }
  template <in_buffer S, out_buffer M>
  static varying_kernel alltoallv(const caller& c, const S& in, counts_t send_counts, M&& out,
                                  counts_t recv_counts) {
    return alltoallv(c, in, send_counts, {}, std::forward<M>(out), recv_counts, {});
  }
  // What is sent to each rank is replaced by what it sends: equal counts both ways, packed.
  template <out_buffer M>
  static varying_kernel alltoallv(const caller& c, in_place_t, M&& data, counts_t counts) {
    using T = element_t<M>;
    const auto m = as_out(data);
    check_blocks(c, counts, {}, m.size(), true);
    auto k = varying_base<T>(c, -1);
    k.in = bytes_of(m.data());
    k.out = bytes_of(m.data());
    k.send_counts = counts;
    k.recv_counts = counts;
    k.copied = true;
    return k;
  }

 private:
  static void check_divisible(const caller& c, std::size_t n) {
    if (c.checks && n % c.ranks() != 0) [[unlikely]] {
      fail(errc::invalid_buffer, c.site(),
           std::to_string(n) + " elements cannot be dealt to " + std::to_string(c.size) + " ranks",
           {.expected = n / c.ranks() * c.ranks(), .actual = n});
    }
  }
  static void check_own(const caller& c, counts_t counts, std::size_t n) {
    if (c.checks) check_length(c, counts[c.me()], n);
  }
  static gather_kernel varying(gather_kernel k, counts_t counts, counts_t displs) noexcept {
    k.varying = true;
    k.counts = counts;
    k.displs = displs;
    k.sig.count = 0;  // lengths differ from rank to rank
    return k;
  }
  template <class T>
  static alltoall_kernel equal_blocks(const caller& c, const T* in, T* out, std::size_t n, int root) {
    alltoall_kernel k;
    k.sig = sign<T>(c, op_code::none, root, n);
    k.granule = sizeof(T);
    k.in = bytes_of(in);
    k.total = root < 0 || c.rank == root ? n * sizeof(T) * c.ranks() : 0;
    k.out = bytes_of(out);
    k.block = n * sizeof(T);
    k.me = c.rank;
    k.root = root;
    return k;
  }
  template <class T>
  static varying_kernel varying_base(const caller& c, int root) {
    varying_kernel k;
    k.sig = sign<T>(c, op_code::none, root, 0);
    // The header of lengths has to lie in the first piece.
    k.granule = c.ranks() * sizeof(std::size_t);
    k.element = sizeof(T);
    k.me = c.rank;
    k.size = c.size;
    k.root = root;
    k.backend = c.ctx.backend;
    return k;
  }
  template <class T>
  static varying_kernel from_root(const caller& c, const T* in, std::span<T> out, int root, counts_t counts,
                                  counts_t displs) {
    auto k = varying_base<T>(c, root);
    k.sends = c.rank == root;
    if (k.sends) {
      k.in = bytes_of(in);
      k.send_counts = counts;
      k.send_displs = displs;
    }
    k.out = bytes_of(out.data());
    k.own_count = out.size();
    return k;
  }
};

}  // namespace twill::comm::detail
