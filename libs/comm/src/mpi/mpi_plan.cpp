// SPDX-License-Identifier: Apache-2.0
#include "twill/comm/detail/mpi_plan.hpp"

#include <numeric>

namespace twill::comm::detail {
namespace {

std::size_t sum(std::span<const std::size_t> counts) noexcept {
  return std::accumulate(counts.begin(), counts.end(), std::size_t{0});
}

std::size_t end_of(std::span<const std::size_t> counts, std::span<const std::size_t> displs) noexcept {
  if (displs.empty()) return sum(counts);
  std::size_t end = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) end = std::max(end, displs[i] + counts[i]);
  return end;
}

// Not where a root's block stays in place: MPICH 4.2 never completes a persistent scatter of that form.
template <class K>
bool direct(const K& k) noexcept {
  return k.stays && !k.skip;
}

// Blocks of a staged result to where the caller wants them: the same places, so gaps stay what they were.
void copy_blocks(std::byte* to, const std::byte* from, std::span<const std::size_t> counts,
                 std::span<const std::size_t> displs, std::size_t element) noexcept {
  std::size_t packed = 0;
  for (std::size_t r = 0; r < counts.size(); ++r) {
    const std::size_t at = displs.empty() ? packed : displs[r] * element;
    const std::size_t n = counts[r] * element;
    copy_bytes(to + at, from + at, n);
    packed += n;
  }
}

}  // namespace

mpi_call plan_of(const mpi_context& c, const gather_kernel& k, const std::byte* in, std::byte* out,
                 std::vector<std::uint64_t>& lists) {
  const int root = root_of(k.sig);
  const auto me = static_cast<std::size_t>(c.rank);
  mpi_call call{.root = root < 0 ? 0 : root,
                .element = static_cast<std::uint32_t>(k.element),
                .in = in,
                .out = out,
                .count = k.n / k.element};
  if (!k.varying) {
    call.what = root < 0 ? mpi_operation::allgather : mpi_operation::gather;
    call.in_place = k.receives && in == out + me * k.n && k.n != 0;
    return call;
  }
  call.what = root < 0 ? mpi_operation::allgatherv : mpi_operation::gatherv;
  if (k.receives) {
    call.recv_counts = k.counts.data();
    call.recv_displs = k.displs.empty() ? nullptr : k.displs.data();
  }
  c.complete_lists(call, lists, false, k.receives);
  if (k.receives) {
    call.in_place = in == out + call.recv_displs[me] * k.element && k.n != 0;
  }
  return call;
}

mpi_call plan_of(const mpi_context& c, const alltoall_kernel& k, const std::byte* in, std::byte* out,
                 std::vector<std::uint64_t>&) {
  return {.what = k.root < 0 ? mpi_operation::alltoall : mpi_operation::scatter,
          .root = k.root < 0 ? 0 : k.root,
          .in_place = static_cast<std::uint8_t>(k.skip && k.root == c.rank),
          .in = k.copied ? k.copy.data() : in,
          .out = out,
          .count = k.block};
}

mpi_call plan_of(const mpi_context& c, const varying_kernel& k, const std::byte* in, std::byte* out,
                 std::vector<std::uint64_t>& lists) {
  mpi_call call{.what = k.root < 0 ? mpi_operation::alltoallv : mpi_operation::scatterv,
                .root = k.root < 0 ? 0 : k.root,
                .element = static_cast<std::uint32_t>(k.element),
                .in_place = static_cast<std::uint8_t>(k.skip && k.root == c.rank),
                .in = k.copied ? k.copy.data() : in,
                .out = out,
                .count = k.own_count};
  if (k.sends) {
    call.send_counts = k.send_counts.data();
    call.send_displs = k.send_displs.empty() || k.copied ? nullptr : k.send_displs.data();
  }
  if (k.root < 0) {
    call.recv_counts = k.recv_counts.data();
    call.recv_displs = k.recv_displs.empty() ? nullptr : k.recv_displs.data();
  }
  c.complete_lists(call, lists, k.sends, k.root < 0);
  return call;
}

mpi_call mpi_staging<broadcast_kernel>::fill(const mpi_context&, const broadcast_kernel& k) {
  if (k.stays) return {.what = mpi_operation::broadcast, .root = k.root, .out = k.data, .count = k.n};
  out.resize(k.n);
  if (k.mine) k.produce(out.data(), 0, k.n);
  return {.what = mpi_operation::broadcast, .root = k.root, .out = out.data(), .count = k.n};
}
void mpi_staging<broadcast_kernel>::deliver(const mpi_context&, const broadcast_kernel& k) const noexcept {
  if (!k.mine && !k.stays) copy_bytes(k.data, out.data(), k.n);
}

bool mpi_staging<gather_kernel>::fits(const mpi_context& c, const gather_kernel& k) {
  // Of a gatherv the root alone knows the lengths, and all ranks have to go the same way.
  if (!k.varying || root_of(k.sig) >= 0) return true;
  return !c.too_large(plan_of(c, k, k.in, k.out, lists));
}
mpi_call mpi_staging<gather_kernel>::fill(const mpi_context& c, const gather_kernel& k) {
  if (k.stays) return plan_of(c, k, k.in, k.out, lists);
  in.resize(k.n);
  copy_bytes(in.data(), k.in, k.n);
  const auto size = static_cast<std::size_t>(c.size);
  // Blocks lie there as they will lie in the result, so gaps cost room and need no second list.
  out.resize(!k.receives ? 0 : k.varying ? end_of(k.counts, k.displs) * k.element : k.n * size);
  mpi_call call = plan_of(c, k, in.data(), out.data(), lists);
  call.in_place = 0;
  return call;
}
void mpi_staging<gather_kernel>::deliver(const mpi_context&, gather_kernel& k) const noexcept {
  if (!k.receives || k.stays) return;
  if (!k.varying) {
    copy_bytes(k.out, out.data(), out.size());
    return;
  }
  copy_blocks(k.out, out.data(), k.counts, k.displs, k.element);
}

mpi_call mpi_staging<alltoall_kernel>::fill(const mpi_context& c, const alltoall_kernel& k) {
  if (direct(k)) return plan_of(c, k, k.in, k.out, lists);
  in.resize(k.total);
  k.produce(in.data(), 0, k.total);
  out.resize(k.root < 0 ? k.block * static_cast<std::size_t>(c.size) : k.block);
  mpi_call call = plan_of(c, k, in.data(), out.data(), lists);
  call.in = in.data();
  call.in_place = 0;
  return call;
}
void mpi_staging<alltoall_kernel>::deliver(const mpi_context&, const alltoall_kernel& k) const noexcept {
  if (!k.skip && !k.stays) copy_bytes(k.out, out.data(), out.size());
}

mpi_call mpi_staging<varying_kernel>::fill(const mpi_context& c, const varying_kernel& k) {
  if (direct(k)) return plan_of(c, k, k.in, k.out, lists);
  const std::byte* const from = k.copied ? k.copy.data() : k.in;
  const std::size_t sent =
      !k.sends ? 0 : end_of(k.send_counts, k.copied ? std::span<const std::size_t>() : k.send_displs);
  in.resize(sent * k.element);
  copy_bytes(in.data(), from, in.size());
  out.resize((k.root < 0 ? end_of(k.recv_counts, k.recv_displs) : k.own_count) * k.element);
  mpi_call call = plan_of(c, k, in.data(), out.data(), lists);
  call.in = in.data();
  call.in_place = 0;
  return call;
}
void mpi_staging<varying_kernel>::deliver(const mpi_context&, const varying_kernel& k) const noexcept {
  if (k.stays) return;
  if (k.root >= 0) {
    if (!k.skip) copy_bytes(k.out, out.data(), out.size());
    return;
  }
  copy_blocks(k.out, out.data(), k.recv_counts, k.recv_displs, k.element);
}

}  // namespace twill::comm::detail
