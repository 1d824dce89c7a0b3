// SPDX-License-Identifier: Apache-2.0
#include "mpi_backend.hpp"
#include "mpi_backend_forms.hpp"

namespace twill::comm::detail::backend {
namespace {

using direct::as;
using direct::keep;
using direct::most;
using direct::op_of;
using direct::type_of;

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

// Of rooted operations the root alone can be in place, so nobody else has to know who this is.
int rank_in_place(MPI_Comm c, const mpi_call& k, int* me) {
  return k.in_place != 0 ? MPI_Comm_rank(c, me) : MPI_SUCCESS;
}

template <mode M>
int blocks(MPI_Comm c, const mpi_call& k, MPI_Request* r) {
  const block b(k.count * k.element);
  if (b.made.code() != MPI_SUCCESS) return b.made.code();
  int me = 0;
  if (const int code = rank_in_place(c, k, &me); code != MPI_SUCCESS) return code;
  const void* const in = k.in_place != 0 ? MPI_IN_PLACE : k.in;
  switch (k.what) {
    case mpi_operation::broadcast:
      return call_form<M>(TWILL_MPI_FORMS(Bcast, Ibcast), b.large, c, r, k.out, b.count, b.type, k.root);
    case mpi_operation::gather:
      return call_form<M>(TWILL_MPI_FORMS(Gather, Igather), b.large, c, r, me == k.root ? in : k.in, b.count,
                          b.type, k.out, b.count, b.type, k.root);
    case mpi_operation::allgather:
      return call_form<M>(TWILL_MPI_FORMS(Allgather, Iallgather), b.large, c, r, in, b.count, b.type, k.out,
                          b.count, b.type);
    case mpi_operation::scatter:
      return call_form<M>(TWILL_MPI_FORMS(Scatter, Iscatter), b.large, c, r, k.in, b.count, b.type,
                          k.in_place != 0 && me == k.root ? MPI_IN_PLACE : k.out, b.count, b.type, k.root);
    default:
      return call_form<M>(TWILL_MPI_FORMS(Alltoall, Ialltoall), b.large, c, r, in, b.count, b.type, k.out,
                          b.count, b.type);
  }
}

template <mode M>
int reductions(MPI_Comm c, const mpi_call& k, MPI_Request* r) {
  int me = 0;
  if (const int code = rank_in_place(c, k, &me); code != MPI_SUCCESS) return code;
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
      return call_form<M>(TWILL_MPI_FORMS(Reduce, Ireduce), large, c, r, me == k.root ? in : k.in, k.out, n,
                          type, op, k.root);
    case mpi_operation::scan:
      return call_form<M>(TWILL_MPI_FORMS(Scan, Iscan), large, c, r, in, k.out, n, type, op);
    default: return call_form<M>(TWILL_MPI_FORMS(Allreduce, Iallreduce), large, c, r, in, k.out, n, type, op);
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
      return with(TWILL_MPI_FORMS(Gatherv, Igatherv), me == k.root ? in : k.in, own, MPI_BYTE, k.out,
                  static_cast<const Count*>(recv.counts), static_cast<const Place*>(recv.places), MPI_BYTE,
                  k.root);
    case mpi_operation::allgatherv:
      return with(TWILL_MPI_FORMS(Allgatherv, Iallgatherv), in, own, MPI_BYTE, k.out,
                  static_cast<const Count*>(recv.counts), static_cast<const Place*>(recv.places), MPI_BYTE);
    case mpi_operation::scatterv:
      return with(TWILL_MPI_FORMS(Scatterv, Iscatterv), k.in, static_cast<const Count*>(send.counts),
                  static_cast<const Place*>(send.places), MPI_BYTE,
                  k.in_place != 0 && me == k.root ? MPI_IN_PLACE : k.out, own, MPI_BYTE, k.root);
    default:
      return with(TWILL_MPI_FORMS(Alltoallv, Ialltoallv), in, static_cast<const Count*>(send.counts),
                  static_cast<const Place*>(send.places), MPI_BYTE, k.out,
                  static_cast<const Count*>(recv.counts), static_cast<const Place*>(recv.places), MPI_BYTE);
  }
}

template <mode M>
int varying(MPI_Comm c, const mpi_call& k, MPI_Request* r) {
  int me = 0;
  int n = 0;
  int code = rank_in_place(c, k, &me);
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
    case mpi_operation::barrier: return call_as<M, false>(barrier_forms, c, r);
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

// The functions that a prepared call begins by. A repeated start is its library's function and little else,
// so the handle is written where it is kept: `as` and `keep` copy these very bytes.
MPI_Request* in_place(mpi_handle* request) noexcept { return reinterpret_cast<MPI_Request*>(request); }

int barrier_again(const mpi_again* a, mpi_handle* request) {
  return MPI_Ibarrier(as<MPI_Comm>(a->comm), in_place(request));
}
int broadcast_again(const mpi_again* a, mpi_handle* request) {
  return MPI_Ibcast(a->out, a->count, as<MPI_Datatype>(a->type), a->root, as<MPI_Comm>(a->comm),
                    in_place(request));
}
int allreduce_again(const mpi_again* a, mpi_handle* request) {
  return MPI_Iallreduce(a->in, a->out, a->count, as<MPI_Datatype>(a->type), as<MPI_Op>(a->op),
                        as<MPI_Comm>(a->comm), in_place(request));
}
int allgather_again(const mpi_again* a, mpi_handle* request) {
  return MPI_Iallgather(a->in, a->count, as<MPI_Datatype>(a->type), a->out, a->count,
                        as<MPI_Datatype>(a->type), as<MPI_Comm>(a->comm), in_place(request));
}
int allgatherv_again(const mpi_again* a, mpi_handle* request) {
  return MPI_Iallgatherv(a->in, a->count, as<MPI_Datatype>(a->type), a->out, a->lengths, a->places,
                         as<MPI_Datatype>(a->type), as<MPI_Comm>(a->comm), in_place(request));
}
int native_again(const mpi_again*, mpi_handle* request) { return MPI_Start(in_place(request)); }

}  // namespace

// Lengths beyond the library's int stay with begin().
void prepare(mpi_handle comm, const mpi_call* call, mpi_again* again) {
  if (call == nullptr) {
    *again = {.begin = native_again};
    return;
  }
  const mpi_call& k = *call;
  *again = {.comm = comm,
            .in = k.in_place != 0 ? MPI_IN_PLACE : k.in,
            .out = k.out,
            .type = keep(MPI_BYTE),
            .root = k.root};
  const std::uint64_t bytes = k.count * k.element;
  const auto found = [&](int (*f)(const mpi_again*, mpi_handle*), std::uint64_t count) {
    if (count > most || k.count > most) return;
    again->count = static_cast<std::int32_t>(count);
    again->begin = f;
  };
  switch (k.what) {
    case mpi_operation::barrier: found(barrier_again, 0); break;
    case mpi_operation::broadcast: found(broadcast_again, bytes); break;
    case mpi_operation::allreduce:
      again->type = keep(type_of(k.type));
      again->op = keep(op_of(k.op));
      found(allreduce_again, k.count);
      break;
    case mpi_operation::allgather: found(allgather_again, bytes); break;
    case mpi_operation::allgatherv: {
      int n = 0;
      if (MPI_Comm_size(as<MPI_Comm>(comm), &n) != MPI_SUCCESS || beyond(k.recv_counts, k.recv_displs, k, n))
        return;
      const auto recv = scaled<int, int>(k.recv_counts, k.recv_displs, k, n, k.room + 2 * n);
      again->lengths = recv.counts;
      again->places = recv.places;
      found(allgatherv_again, bytes);
      break;
    }
    default: break;
  }
}

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

int allreduce(mpi_handle comm, const void* in, void* out, std::uint64_t count, std::uint8_t type,
              std::uint8_t op) {
  return direct::allreduce(comm, in, out, count, type, op);
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
