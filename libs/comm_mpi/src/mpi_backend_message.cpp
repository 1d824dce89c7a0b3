// SPDX-License-Identifier: Apache-2.0
#include "mpi_backend.hpp"
#include "twill/comm/types.hpp"

#include <array>

namespace twill::comm::detail::backend {
namespace {

using direct::as;
using direct::keep;
using direct::most;

int source_of(int source) noexcept {
  return source == any_source ? MPI_ANY_SOURCE : source == null_rank ? MPI_PROC_NULL : source;
}
int dest_of(int dest) noexcept { return dest == null_rank ? MPI_PROC_NULL : dest; }
int tag_of(int tag) noexcept { return tag == any_tag ? MPI_ANY_TAG : tag; }

int tell(int code, const MPI_Status& from, mpi_status* to) {
  // A truncated message has a source and a tag, and no length that the library tells.
  to->source = from.MPI_SOURCE == MPI_PROC_NULL ? null_rank : from.MPI_SOURCE;
  to->tag = from.MPI_TAG == MPI_ANY_TAG ? any_tag : from.MPI_TAG;
  to->cancelled = 0;
  to->bytes = 0;
  if (code != MPI_SUCCESS) return code;
  int few = 0;
  if (const int counted = MPI_Get_count(&from, MPI_BYTE, &few); counted != MPI_SUCCESS) return counted;
  if (few != MPI_UNDEFINED) [[likely]] {
    to->bytes = static_cast<std::uint64_t>(few);
    return MPI_SUCCESS;
  }
  // More than an int holds.
  MPI_Count n = 0;
  const int counted = MPI_Get_elements_x(&from, MPI_BYTE, &n);
  if (n > 0) to->bytes = static_cast<std::uint64_t>(n);
  return counted;
}

}  // namespace

extent::extent(std::uint64_t bytes) {
  if (bytes <= most) {
    count_ = static_cast<int>(bytes);
    return;
  }
  constexpr std::uint64_t block = std::uint64_t{1} << 20U;
  const auto blocks = static_cast<int>(bytes / block);
  const auto rest = static_cast<int>(bytes % block);
  MPI_Datatype one = MPI_DATATYPE_NULL;
  MPI_Datatype many = MPI_DATATYPE_NULL;
  code_ = MPI_Type_contiguous(static_cast<int>(block), MPI_BYTE, &one);
  if (code_ == MPI_SUCCESS) code_ = MPI_Type_contiguous(blocks, one, &many);
  const std::array<int, 2> lengths{1, rest};
  const std::array<MPI_Aint, 2> places{0, static_cast<MPI_Aint>(bytes - static_cast<std::uint64_t>(rest))};
  const std::array<MPI_Datatype, 2> types{many, MPI_BYTE};
  if (code_ == MPI_SUCCESS)
    code_ = MPI_Type_create_struct(2, lengths.data(), places.data(), types.data(), &type_);
  if (code_ == MPI_SUCCESS) code_ = MPI_Type_commit(&type_);
  if (one != MPI_DATATYPE_NULL) MPI_Type_free(&one);
  if (many != MPI_DATATYPE_NULL) MPI_Type_free(&many);
  count_ = 1;
}

extent::~extent() {
  if (type_ != MPI_BYTE && type_ != MPI_DATATYPE_NULL) MPI_Type_free(&type_);
}

int send(mpi_handle comm, const void* data, std::uint64_t bytes, int dest, int tag) {
  if (bytes <= most)
    return MPI_Send(data, static_cast<int>(bytes), MPI_BYTE, dest_of(dest), tag, as<MPI_Comm>(comm));
#if MPI_VERSION >= 4
  return MPI_Send_c(data, static_cast<MPI_Count>(bytes), MPI_BYTE, dest_of(dest), tag, as<MPI_Comm>(comm));
#else
  const extent e(bytes);
  if (e.code() != MPI_SUCCESS) return e.code();
  return MPI_Send(data, e.count(), e.type(), dest_of(dest), tag, as<MPI_Comm>(comm));
#endif
}

int recv(mpi_handle comm, void* data, std::uint64_t bytes, int source, int tag, mpi_status* status) {
  MPI_Status got{};
  int code = MPI_SUCCESS;
  if (bytes <= most) {
    code = MPI_Recv(data, static_cast<int>(bytes), MPI_BYTE, source_of(source), tag_of(tag),
                    as<MPI_Comm>(comm), &got);
  } else {
#if MPI_VERSION >= 4
    code = MPI_Recv_c(data, static_cast<MPI_Count>(bytes), MPI_BYTE, source_of(source), tag_of(tag),
                      as<MPI_Comm>(comm), &got);
#else
    const extent e(bytes);
    if (e.code() != MPI_SUCCESS) return e.code();
    code = MPI_Recv(data, e.count(), e.type(), source_of(source), tag_of(tag), as<MPI_Comm>(comm), &got);
#endif
  }
  return tell(code, got, status);
}

int begin_send(mpi_handle comm, mpi_send_mode mode, const void* data, std::uint64_t bytes, int dest, int tag,
               mpi_handle* request) {
  const bool waits = mode == mpi_send_mode::synchronous;
  const auto c = as<MPI_Comm>(comm);
  MPI_Request r = MPI_REQUEST_NULL;
  int code = MPI_SUCCESS;
#if MPI_VERSION >= 4
  if (bytes > most) {
    const auto n = static_cast<MPI_Count>(bytes);
    code = waits ? MPI_Issend_c(data, n, MPI_BYTE, dest_of(dest), tag, c, &r)
                 : MPI_Isend_c(data, n, MPI_BYTE, dest_of(dest), tag, c, &r);
    *request = keep(r);
    return code;
  }
#endif
  const extent e(bytes);
  if (e.code() != MPI_SUCCESS) return e.code();
  code = waits ? MPI_Issend(data, e.count(), e.type(), dest_of(dest), tag, c, &r)
               : MPI_Isend(data, e.count(), e.type(), dest_of(dest), tag, c, &r);
  *request = keep(r);
  return code;
}

int begin_recv(mpi_handle comm, void* data, std::uint64_t bytes, int source, int tag, mpi_handle* request) {
  MPI_Request r = MPI_REQUEST_NULL;
  int code = MPI_SUCCESS;
#if MPI_VERSION >= 4
  if (bytes > most) {
    code = MPI_Irecv_c(data, static_cast<MPI_Count>(bytes), MPI_BYTE, source_of(source), tag_of(tag),
                       as<MPI_Comm>(comm), &r);
    *request = keep(r);
    return code;
  }
#endif
  const extent e(bytes);
  if (e.code() != MPI_SUCCESS) return e.code();
  code = MPI_Irecv(data, e.count(), e.type(), source_of(source), tag_of(tag), as<MPI_Comm>(comm), &r);
  *request = keep(r);
  return code;
}

int probe(mpi_handle comm, int source, int tag, int* flag, mpi_status* status) {
  MPI_Status got{};
  const int code = MPI_Iprobe(source_of(source), tag_of(tag), as<MPI_Comm>(comm), flag, &got);
  return code != MPI_SUCCESS || *flag == 0 ? code : tell(code, got, status);
}

int take(mpi_handle comm, int source, int tag, int* flag, mpi_handle* message, mpi_status* status) {
  MPI_Status got{};
  MPI_Message taken = MPI_MESSAGE_NULL;
  const int code = MPI_Improbe(source_of(source), tag_of(tag), as<MPI_Comm>(comm), flag, &taken, &got);
  if (code != MPI_SUCCESS || *flag == 0) return code;
  *message = keep(taken);
  return tell(code, got, status);
}

int recv_taken(mpi_handle* message, void* data, std::uint64_t bytes, mpi_status* status) {
  auto taken = as<MPI_Message>(*message);
  MPI_Status got{};
  int code = MPI_SUCCESS;
#if MPI_VERSION >= 4
  code = MPI_Mrecv_c(data, static_cast<MPI_Count>(bytes), MPI_BYTE, &taken, &got);
#else
  const extent e(bytes);
  if (e.code() != MPI_SUCCESS) return e.code();
  code = MPI_Mrecv(data, e.count(), e.type(), &taken, &got);
#endif
  *message = keep(taken);
  return tell(code, got, status);
}

int start(mpi_handle* request) {
  auto r = as<MPI_Request>(*request);
  const int code = MPI_Start(&r);
  *request = keep(r);
  return code;
}

int test(mpi_handle* request, int* flag, mpi_status* status) {
  auto r = as<MPI_Request>(*request);
  MPI_Status got{};
  int code = MPI_Test(&r, flag, status == nullptr ? MPI_STATUS_IGNORE : &got);
  *request = keep(r);
  if (status != nullptr && (*flag != 0 || code != MPI_SUCCESS)) {
    int cancelled = 0;
    if (code == MPI_SUCCESS) MPI_Test_cancelled(&got, &cancelled);
    if (cancelled == 0) code = tell(code, got, status);
    status->cancelled = cancelled;
  }
  return code;
}

namespace {

// Apart, so that a wait without a status has no room for one.
[[gnu::noinline]] int wait_and_tell(mpi_handle* request, mpi_status* status) {
  auto r = as<MPI_Request>(*request);
  MPI_Status got{};
  int code = MPI_Wait(&r, &got);
  *request = keep(r);
  int cancelled = 0;
  if (code == MPI_SUCCESS) MPI_Test_cancelled(&got, &cancelled);
  if (cancelled == 0) code = tell(code, got, status);
  status->cancelled = cancelled;
  return code;
}

}  // namespace

int wait(mpi_handle* request, mpi_status* status) {
  if (status != nullptr) return wait_and_tell(request, status);
  // Written where it is kept: `as` and `keep` copy these very bytes.
  return MPI_Wait(reinterpret_cast<MPI_Request*>(request), MPI_STATUS_IGNORE);
}

int cancel(mpi_handle* request) {
  auto r = as<MPI_Request>(*request);
  const int code = MPI_Cancel(&r);
  *request = keep(r);
  return code;
}

int free_request(mpi_handle* request) {
  auto r = as<MPI_Request>(*request);
  if (r == MPI_REQUEST_NULL) return MPI_SUCCESS;
  const int code = MPI_Request_free(&r);
  *request = keep(r);
  return code;
}

}  // namespace twill::comm::detail::backend
