// SPDX-License-Identifier: Apache-2.0
#include "mpi_backend.hpp"

#include <type_traits>

namespace twill::comm::detail::backend {
namespace {

using direct::as;
using direct::keep;
using direct::most;
using direct::op_of;
using direct::type_of;

enum class mode { now, later, persistent };

// The forms of one collective of the library: blocking, nonblocking, persistent, and each with 64-bit counts.
template <class Now, class Later, class Init, class NowLarge, class LaterLarge, class InitLarge>
struct forms {
  Now now;
  Later later;
  Init init;
  NowLarge now_large;
  LaterLarge later_large;
  InitLarge init_large;
};

#if MPI_VERSION >= 4
#define TWILL_MPI_FORMS(name, later) \
  forms { name, later, name##_init, name##_c, later##_c, name##_init_c }
#else
#define TWILL_MPI_FORMS(name, later) \
  forms { name, later, nullptr, nullptr, nullptr, nullptr }
#endif

// Counts travel as 64 bits up to the call.
struct number {
  std::uint64_t n;
};
template <class T>
constexpr T as_int(T value) noexcept {
  return value;
}
constexpr int as_int(number value) noexcept { return static_cast<int>(value.n); }
#if MPI_VERSION >= 4
template <class T>
constexpr T as_count(T value) noexcept {
  return value;
}
constexpr MPI_Count as_count(number value) noexcept { return static_cast<MPI_Count>(value.n); }
#endif

template <mode M, bool Large, class F, class... A>
int call_as(const F& f, MPI_Comm c, [[maybe_unused]] MPI_Request* r, A... a) {
#if MPI_VERSION >= 4
  if constexpr (Large) {
    if constexpr (M == mode::now) return f.now_large(as_count(a)..., c);
    if constexpr (M == mode::later) return f.later_large(as_count(a)..., c, r);
    if constexpr (M == mode::persistent) return f.init_large(as_count(a)..., c, MPI_INFO_NULL, r);
  } else if constexpr (M == mode::persistent) {
    return f.init(as_int(a)..., c, MPI_INFO_NULL, r);
  }
#endif
  if constexpr (!Large && M == mode::now) return f.now(as_int(a)..., c);
  if constexpr (!Large && M == mode::later) return f.later(as_int(a)..., c, r);
  return MPI_ERR_UNSUPPORTED_OPERATION;
}
template <mode M, class F, class... A>
int call_form(const F& f, bool large, MPI_Comm c, MPI_Request* r, A... a) {
  return large ? call_as<M, true>(f, c, r, a...) : call_as<M, false>(f, c, r, a...);
}

// A block of that many bytes: with 64-bit functions bytes of any number, without them a type of its own.
struct block {
  explicit block(std::uint64_t bytes)
      :
#if MPI_VERSION >= 4
        made(0),
        large(bytes > most),
        count{bytes},
        type(MPI_BYTE)
#else
        made(bytes),
        large(false),
        count{static_cast<std::uint64_t>(made.count())},
        type(made.type())
#endif
  {
  }
  extent made;
  bool large;
  number count;
  MPI_Datatype type;
};

template <mode M>
int blocks(MPI_Comm c, const mpi_call& k, MPI_Request* r) {
  const block b(k.count * k.element);
  if (b.made.code() != MPI_SUCCESS) return b.made.code();
  int me = 0;
  if (const int code = MPI_Comm_rank(c, &me); code != MPI_SUCCESS) return code;
  const void* const in = k.in_place != 0 ? MPI_IN_PLACE : k.in;
  switch (k.what) {
    case mpi_operation::broadcast:
      return call_form<M>(TWILL_MPI_FORMS(MPI_Bcast, MPI_Ibcast), b.large, c, r, k.out, b.count, b.type,
                          k.root);
    case mpi_operation::gather:
      return call_form<M>(TWILL_MPI_FORMS(MPI_Gather, MPI_Igather), b.large, c, r, me == k.root ? in : k.in,
                          b.count, b.type, k.out, b.count, b.type, k.root);
    case mpi_operation::allgather:
      return call_form<M>(TWILL_MPI_FORMS(MPI_Allgather, MPI_Iallgather), b.large, c, r, in, b.count, b.type,
                          k.out, b.count, b.type);
    case mpi_operation::scatter:
      return call_form<M>(TWILL_MPI_FORMS(MPI_Scatter, MPI_Iscatter), b.large, c, r, k.in, b.count, b.type,
                          k.in_place != 0 && me == k.root ? MPI_IN_PLACE : k.out, b.count, b.type, k.root);
    default:
      return call_form<M>(TWILL_MPI_FORMS(MPI_Alltoall, MPI_Ialltoall), b.large, c, r, in, b.count, b.type,
                          k.out, b.count, b.type);
  }
}

template <mode M>
int reductions(MPI_Comm c, const mpi_call& k, MPI_Request* r) {
  int me = 0;
  if (const int code = MPI_Comm_rank(c, &me); code != MPI_SUCCESS) return code;
  const bool large = k.count > most;
#if MPI_VERSION < 4
  if (large) return MPI_ERR_COUNT;
#endif
  const MPI_Datatype type = type_of(k.type);
  const MPI_Op op = op_of(k.op);
  const number n{k.count};
  const void* const in = k.in_place != 0 ? MPI_IN_PLACE : k.in;
  switch (k.what) {
    case mpi_operation::reduce:
      return call_form<M>(TWILL_MPI_FORMS(MPI_Reduce, MPI_Ireduce), large, c, r, me == k.root ? in : k.in,
                          k.out, n, type, op, k.root);
    case mpi_operation::scan:
      return call_form<M>(TWILL_MPI_FORMS(MPI_Scan, MPI_Iscan), large, c, r, in, k.out, n, type, op);
    default:
      return call_form<M>(TWILL_MPI_FORMS(MPI_Allreduce, MPI_Iallreduce), large, c, r, in, k.out, n, type,
                          op);
  }
}

// Counts and displacements in bytes, in the room that the caller keeps until the operation is complete.
template <class Count, class Place>
struct lists {
  Count* counts;
  Place* places;
};
template <class Count, class Place>
lists<Count, Place> scaled(const std::uint64_t* counts, const std::uint64_t* displs, const mpi_call& k, int n,
                           std::uint64_t* room) {
  auto* const c = reinterpret_cast<Count*>(room);
  auto* const p = reinterpret_cast<Place*>(room + n);
  for (int i = 0; i < n && counts != nullptr; ++i) {
    c[i] = static_cast<Count>(counts[i] * k.element);
    p[i] = static_cast<Place>(displs[i] * k.element);
  }
  return {c, p};
}

bool beyond(const std::uint64_t* counts, const std::uint64_t* displs, const mpi_call& k, int n) {
  for (int i = 0; i < n && counts != nullptr; ++i) {
    if ((counts[i] + displs[i]) * k.element > most) return true;
  }
  return false;
}

template <mode M, bool Large, class Count, class Place>
int varying_as(MPI_Comm c, const mpi_call& k, MPI_Request* r, int me, int n) {
  const auto send = scaled<Count, Place>(k.send_counts, k.send_displs, k, n, k.room);
  const auto recv = scaled<Count, Place>(k.recv_counts, k.recv_displs, k, n, k.room + 2 * n);
  const void* const in = k.in_place != 0 ? MPI_IN_PLACE : k.in;
  const number own{k.count * k.element};
  const auto with = [&](const auto& f, auto... a) { return call_as<M, Large>(f, c, r, a...); };
  switch (k.what) {
    case mpi_operation::gatherv:
      return with(TWILL_MPI_FORMS(MPI_Gatherv, MPI_Igatherv), me == k.root ? in : k.in, own, MPI_BYTE, k.out,
                  static_cast<const Count*>(recv.counts), static_cast<const Place*>(recv.places), MPI_BYTE,
                  k.root);
    case mpi_operation::allgatherv:
      return with(TWILL_MPI_FORMS(MPI_Allgatherv, MPI_Iallgatherv), in, own, MPI_BYTE, k.out,
                  static_cast<const Count*>(recv.counts), static_cast<const Place*>(recv.places), MPI_BYTE);
    case mpi_operation::scatterv:
      return with(TWILL_MPI_FORMS(MPI_Scatterv, MPI_Iscatterv), k.in, static_cast<const Count*>(send.counts),
                  static_cast<const Place*>(send.places), MPI_BYTE,
                  k.in_place != 0 && me == k.root ? MPI_IN_PLACE : k.out, own, MPI_BYTE, k.root);
    default:
      return with(TWILL_MPI_FORMS(MPI_Alltoallv, MPI_Ialltoallv), in, static_cast<const Count*>(send.counts),
                  static_cast<const Place*>(send.places), MPI_BYTE, k.out,
                  static_cast<const Count*>(recv.counts), static_cast<const Place*>(recv.places), MPI_BYTE);
  }
}

template <mode M>
int varying(MPI_Comm c, const mpi_call& k, MPI_Request* r) {
  int me = 0;
  int n = 0;
  int code = MPI_Comm_rank(c, &me);
  if (code == MPI_SUCCESS) code = MPI_Comm_size(c, &n);
  if (code != MPI_SUCCESS) return code;
  const bool large = k.count * k.element > most || beyond(k.send_counts, k.send_displs, k, n) ||
                     beyond(k.recv_counts, k.recv_displs, k, n);
  if (!large) return varying_as<M, false, int, int>(c, k, r, me, n);
#if MPI_VERSION >= 4
  return varying_as<M, true, MPI_Count, MPI_Aint>(c, k, r, me, n);
#else
  return MPI_ERR_COUNT;
#endif
}

template <mode M>
int collective(MPI_Comm c, const mpi_call& k, MPI_Request* r) {
  switch (k.what) {
    case mpi_operation::barrier:
      if constexpr (M == mode::now) return MPI_Barrier(c);
      if constexpr (M == mode::later) return MPI_Ibarrier(c, r);
#if MPI_VERSION >= 4
      if constexpr (M == mode::persistent) return MPI_Barrier_init(c, MPI_INFO_NULL, r);
#endif
      return MPI_ERR_UNSUPPORTED_OPERATION;
    case mpi_operation::allreduce:
    case mpi_operation::reduce:
    case mpi_operation::scan: return reductions<M>(c, k, r);
    case mpi_operation::gatherv:
    case mpi_operation::allgatherv:
    case mpi_operation::scatterv:
    case mpi_operation::alltoallv: return varying<M>(c, k, r);
    default: return blocks<M>(c, k, r);
  }
}

}  // namespace

int perform(mpi_handle comm, const mpi_call* call) {
  return collective<mode::now>(as<MPI_Comm>(comm), *call, nullptr);
}

int begin(mpi_handle comm, const mpi_call* call, mpi_handle* request) {
  MPI_Request r = MPI_REQUEST_NULL;
  const int code = collective<mode::later>(as<MPI_Comm>(comm), *call, &r);
  *request = keep(r);
  return code;
}

int make(mpi_handle comm, const mpi_call* call, mpi_handle* request) {
  MPI_Request r = MPI_REQUEST_NULL;
  const int code = collective<mode::persistent>(as<MPI_Comm>(comm), *call, &r);
  *request = keep(r);
  return code;
}

int broadcast(mpi_handle comm, void* data, std::uint64_t bytes, int root) {
  if (bytes <= most) [[likely]]
    return MPI_Bcast(data, static_cast<int>(bytes), MPI_BYTE, root, as<MPI_Comm>(comm));
  const mpi_call call{
      .what = mpi_operation::broadcast, .root = root, .element = 1, .out = data, .count = bytes};
  return perform(comm, &call);
}

int allgather(mpi_handle comm, const void* in, void* out, std::uint64_t bytes) {
  if (bytes <= most) [[likely]] {
    const auto n = static_cast<int>(bytes);
    return MPI_Allgather(in, n, MPI_BYTE, out, n, MPI_BYTE, as<MPI_Comm>(comm));
  }
  const mpi_call call{.what = mpi_operation::allgather, .element = 1, .in = in, .out = out, .count = bytes};
  return perform(comm, &call);
}

}  // namespace twill::comm::detail::backend
