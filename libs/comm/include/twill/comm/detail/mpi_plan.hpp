// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/data.hpp"
#include "twill/comm/detail/kernel.hpp"
#include "twill/comm/detail/mpi_context.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <type_traits>
#include <vector>

// From kernels to calls of an MPI library.
namespace twill::comm::detail {

// -1: without a root.
[[nodiscard]] constexpr int root_of(const signature& sig) noexcept {
  return static_cast<int>(sig.word >> 24U & 0xffffU) - 1;
}

// The library reduces this type by this operation.
template <class T, class Op>
inline constexpr bool native_reduction =
    Op::code != op_code::none && Op::code < op_code::minloc &&
    ((std::integral<T> && !std::is_same_v<T, bool>) ||
     ((std::is_same_v<T, float> || std::is_same_v<T, double> || is_complex<T>) &&
      (Op::code == op_code::sum || Op::code == op_code::prod)) ||
     ((std::is_same_v<T, float> || std::is_same_v<T, double>) &&
      (Op::code == op_code::min || Op::code == op_code::max)));
// In whatever order, the result has the same bits.
template <class T, class Op>
inline constexpr bool exact_reduction = native_reduction<T, Op> && std::integral<T>;
// A reduction that the library has is left to it where its order of folding is allowed to be any, and what it
// makes of a NaN: standards of MPI leave that open.
template <class T, class Op>
[[nodiscard]] bool left_to_library(const mpi_context& c, bool any) noexcept {
  constexpr bool extremum = Op::code == op_code::min || Op::code == op_code::max;
  return exact_reduction<T, Op> || ((any || c.any_order) && (!extremum || c.native_nan));
}

// The calls below take the places of contribution and result: the program's for a blocking call, the
// operation's own for one that goes on. `lists` holds what the call points at.
[[nodiscard]] mpi_call plan_of(const mpi_context& c, const gather_kernel& k, const std::byte* in,
                               std::byte* out, std::vector<std::uint64_t>& lists);
[[nodiscard]] mpi_call plan_of(const mpi_context& c, const alltoall_kernel& k, const std::byte* in,
                               std::byte* out, std::vector<std::uint64_t>& lists);
[[nodiscard]] mpi_call plan_of(const mpi_context& c, const varying_kernel& k, const std::byte* in,
                               std::byte* out, std::vector<std::uint64_t>& lists);

// The buffers of a collective that goes on; of one whose program's stay, only what it needs besides. `refill`
// is all that a call of the same plan needs before it begins again.
template <class K>
struct mpi_staging;

struct mpi_buffers {
  std::vector<std::byte> in;
  std::vector<std::byte> out;
  std::vector<std::uint64_t> lists;
  // Nothing is received here that belongs elsewhere.
  [[nodiscard]] bool unused() const noexcept { return out.empty(); }
};

template <>
struct mpi_staging<barrier_kernel> {
  [[nodiscard]] static bool fits(const mpi_context&, const barrier_kernel&) noexcept { return true; }
  [[nodiscard]] static mpi_call fill(const mpi_context&, const barrier_kernel&) noexcept { return {}; }
  static void refill(const barrier_kernel&) noexcept {}
  [[nodiscard]] static bool unused() noexcept { return true; }
  static void deliver(const mpi_context&, const barrier_kernel&) noexcept {}
};

template <>
struct mpi_staging<broadcast_kernel> : mpi_buffers {
  [[nodiscard]] static bool fits(const mpi_context&, const broadcast_kernel&) noexcept { return true; }
  [[nodiscard]] mpi_call fill(const mpi_context& c, const broadcast_kernel& k);
  void refill(const broadcast_kernel& k) noexcept {
    if (!k.stays && k.mine) k.produce(out.data(), 0, k.n);
  }
  void deliver(const mpi_context& c, const broadcast_kernel& k) const noexcept;
};

template <>
struct mpi_staging<gather_kernel> : mpi_buffers {
  [[nodiscard]] bool fits(const mpi_context& c, const gather_kernel& k);
  [[nodiscard]] mpi_call fill(const mpi_context& c, const gather_kernel& k);
  void refill(const gather_kernel& k) noexcept {
    if (!k.stays) copy_bytes(in.data(), k.in, k.n);
  }
  void deliver(const mpi_context& c, gather_kernel& k) const noexcept;
};

template <>
struct mpi_staging<alltoall_kernel> : mpi_buffers {
  [[nodiscard]] static bool fits(const mpi_context&, const alltoall_kernel&) noexcept { return true; }
  [[nodiscard]] mpi_call fill(const mpi_context& c, const alltoall_kernel& k);
  void deliver(const mpi_context& c, const alltoall_kernel& k) const noexcept;
};

template <>
struct mpi_staging<varying_kernel> : mpi_buffers {
  [[nodiscard]] static bool fits(const mpi_context&, const varying_kernel&) noexcept { return true; }
  [[nodiscard]] mpi_call fill(const mpi_context& c, const varying_kernel& k);
  void deliver(const mpi_context& c, const varying_kernel& k) const noexcept;
};

template <class T, class Op, bool All>
struct mpi_staging<fold_kernel<T, Op, All>> : mpi_buffers {
  using kernel = fold_kernel<T, Op, All>;

  [[nodiscard]] static bool reduces(const mpi_context& c, const kernel& k) noexcept {
    if constexpr (All && native_reduction<T, Op>) {
      return c.size > 1 && left_to_library<T, Op>(c, k.unordered);
    }
    return false;
  }
  [[nodiscard]] static bool fits(const mpi_context& c, const kernel& k) noexcept {
    return !reduces(c, k) || k.n <= 0x7fffffffU || (c.api->features & mpi_native_large) != 0;
  }
  [[nodiscard]] mpi_call fill(const mpi_context& c, const kernel& k) {
    const std::size_t bytes = k.bytes();
    const void* from = k.in;
    if (!k.stays) {
      in.resize(bytes);
      k.produce(in.data(), 0, bytes);
      from = in.data();
    }
    if (reduces(c, k)) {
      if (!k.stays) out.resize(bytes);
      return {.what = mpi_operation::allreduce,
              .element = sizeof(T),
              .type = type_code<T>(),
              .op = static_cast<std::uint8_t>(Op::code),
              .in_place = static_cast<std::uint8_t>(k.stays && k.in == k.out),
              .in = from,
              .out = k.stays ? static_cast<void*>(k.out) : out.data(),
              .count = k.n};
    }
    // Contributions to whoever folds them, in rank order.
    const int root = root_of(k.sig);
    const bool takes = root < 0 || root == c.rank;
    out.resize(takes ? bytes * static_cast<std::size_t>(c.size) : 0);
    return {.what = root < 0 ? mpi_operation::allgather : mpi_operation::gather,
            .root = root < 0 ? 0 : root,
            .element = 1,
            .in = from,
            .out = out.data(),
            .count = bytes};
  }
  void refill(const kernel& k) noexcept {
    if (!k.stays) copy_bytes(in.data(), k.in, k.bytes());
  }
  void deliver(const mpi_context& c, kernel& k) const {
    const std::size_t bytes = k.bytes();
    if (reduces(c, k)) {
      if (!k.stays) copy_bytes(k.out, out.data(), bytes);
      return;
    }
    if (out.size() != bytes * static_cast<std::size_t>(c.size)) return;
    for (int r = 0; r < c.size; ++r) k.consume(r, 0, out.data() + static_cast<std::size_t>(r) * bytes, bytes);
  }
};

// Complete when every rank has begun it; hands the copy out.
[[nodiscard]] std::shared_ptr<operation> begin_mpi_duplicate(
    std::shared_ptr<mpi_context> c, std::function<void(std::shared_ptr<mpi_context>)> done);

}  // namespace twill::comm::detail
