// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/detail/mpi_table.hpp"
#include "twill/comm/reduction.hpp"

// The C++ bindings of old libraries are not used, and not compiled.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <limits>

// The calls that programs make most, for the module's table and for programs that are compiled against one
// MPI library: there nothing stands between the operation and the library's function.
namespace twill::comm::detail::direct {

inline constexpr std::uint64_t most = static_cast<std::uint64_t>(std::numeric_limits<int>::max());

// A handle of the library as this library keeps it. MPICH's are numbers, Open MPI's addresses.
template <class T>
[[nodiscard]] inline mpi_handle keep(const T& native) noexcept {
  static_assert(sizeof(T) <= sizeof(mpi_handle));
  mpi_handle out = 0;
  std::memcpy(&out, &native, sizeof native);
  return out;
}
template <class T>
[[nodiscard]] inline T as(mpi_handle kept) noexcept {
  T out{};
  std::memcpy(&out, &kept, sizeof out);
  return out;
}

// Of detail::type_code. Tables: a constant for a code that the compiler knows, else one load and no jump.
[[nodiscard, gnu::always_inline]] inline MPI_Datatype type_of(std::uint8_t code) noexcept {
  static const std::array<MPI_Datatype, 16> types{MPI_BYTE,
                                                  MPI_C_BOOL,
                                                  MPI_BYTE,
                                                  MPI_FLOAT,
                                                  MPI_DOUBLE,
                                                  MPI_LONG_DOUBLE,
                                                  MPI_C_FLOAT_COMPLEX,
                                                  MPI_C_DOUBLE_COMPLEX,
                                                  MPI_INT8_T,
                                                  MPI_UINT8_T,
                                                  MPI_INT16_T,
                                                  MPI_UINT16_T,
                                                  MPI_INT32_T,
                                                  MPI_UINT32_T,
                                                  MPI_INT64_T,
                                                  MPI_UINT64_T};
  return types[code < types.size() ? code : 0];
}

// Of detail::op_code, which counts in this order.
[[nodiscard, gnu::always_inline]] inline MPI_Op op_of(std::uint8_t code) noexcept {
  static_assert(static_cast<int>(op_code::sum) == 1 && static_cast<int>(op_code::log_xor) == 10);
  static const std::array<MPI_Op, 11> ops{MPI_OP_NULL, MPI_SUM,  MPI_PROD, MPI_MIN, MPI_MAX, MPI_BAND,
                                          MPI_BOR,     MPI_BXOR, MPI_LAND, MPI_LOR, MPI_LXOR};
  return ops[code < ops.size() ? code : 0];
}

[[nodiscard]] inline int barrier(mpi_handle comm) { return MPI_Barrier(as<MPI_Comm>(comm)); }

// Beyond 2^31 - 1 elements in pieces: elementwise, so the results are the same.
[[nodiscard, gnu::noinline]] inline int allreduce_large(mpi_handle comm, const void* in, void* out,
                                                        std::uint64_t count, MPI_Datatype t, MPI_Op op) {
#if MPI_VERSION >= 4
  return MPI_Allreduce_c(in == out ? MPI_IN_PLACE : in, out, static_cast<MPI_Count>(count), t, op,
                         as<MPI_Comm>(comm));
#else
  int bytes = 0;
  if (const int code = MPI_Type_size(t, &bytes); code != MPI_SUCCESS) return code;
  constexpr std::uint64_t piece = std::uint64_t{1} << 30U;
  for (std::uint64_t at = 0; at < count; at += piece) {
    const std::uint64_t n = count - at < piece ? count - at : piece;
    const std::uint64_t offset = at * static_cast<std::uint64_t>(bytes);
    const int code =
        MPI_Allreduce(in == out ? MPI_IN_PLACE : static_cast<const char*>(in) + offset,
                      static_cast<char*>(out) + offset, static_cast<int>(n), t, op, as<MPI_Comm>(comm));
    if (code != MPI_SUCCESS) return code;
  }
  return MPI_SUCCESS;
#endif
}

// In line, so that type and operation are constants where the program's are.
[[nodiscard, gnu::always_inline]] inline int allreduce(mpi_handle comm, const void* in, void* out,
                                                       std::uint64_t count, std::uint8_t type,
                                                       std::uint8_t op) {
  if (count > most) [[unlikely]]
    return allreduce_large(comm, in, out, count, type_of(type), op_of(op));
  return MPI_Allreduce(in == out ? MPI_IN_PLACE : in, out, static_cast<int>(count), type_of(type), op_of(op),
                       as<MPI_Comm>(comm));
}

[[nodiscard]] inline int allgatherv(mpi_handle comm, const void* in, std::uint64_t bytes, void* out,
                                    const int* lengths, const int* places) {
  return MPI_Allgatherv(in, static_cast<int>(bytes), MPI_BYTE, out, lengths, places, MPI_BYTE,
                        as<MPI_Comm>(comm));
}

// Of at most 2^31 - 1 bytes, between this rank and one that is neither any nor null.
[[nodiscard]] inline int send(mpi_handle comm, const void* data, std::uint64_t bytes, int dest, int tag) {
  return MPI_Send(data, static_cast<int>(bytes), MPI_BYTE, dest, tag, as<MPI_Comm>(comm));
}
// Bytes that came, of at most 2^31 - 1.
[[nodiscard]] inline std::uint64_t length_of(const MPI_Status& got) noexcept {
#if defined(OMPI_MAJOR_VERSION)
  // What MPI_Get_count divides by the length of the type, at the price of one more call.
  return got._ucount;
#else
  int length = 0;
  return MPI_Get_count(&got, MPI_BYTE, &length) == MPI_SUCCESS ? static_cast<std::uint64_t>(length) : 0;
#endif
}

[[nodiscard]] inline int recv(mpi_handle comm, void* data, std::uint64_t bytes, int source, int tag,
                              mpi_status* status) {
  MPI_Status got{};
  const int code = MPI_Recv(data, static_cast<int>(bytes), MPI_BYTE, source, tag, as<MPI_Comm>(comm), &got);
  status->source = got.MPI_SOURCE;
  status->tag = got.MPI_TAG;
  status->cancelled = 0;
  status->bytes = 0;
  if (code != MPI_SUCCESS) [[unlikely]]
    return code;
  status->bytes = length_of(got);
  return MPI_SUCCESS;
}

}  // namespace twill::comm::detail::direct
