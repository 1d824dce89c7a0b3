// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/detail/mpi_table.hpp"
#include "twill/comm/reduction.hpp"

// The C++ bindings of old libraries are not used, and not compiled.
#define OMPI_SKIP_MPICXX 1
#define MPICH_SKIP_MPICXX 1
#include <mpi.h>

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

// Of detail::type_code.
[[nodiscard]] inline MPI_Datatype type_of(std::uint8_t code) noexcept {
  switch (code) {
    case 1: return MPI_C_BOOL;
    case 3: return MPI_FLOAT;
    case 4: return MPI_DOUBLE;
    case 5: return MPI_LONG_DOUBLE;
    case 6: return MPI_C_FLOAT_COMPLEX;
    case 7: return MPI_C_DOUBLE_COMPLEX;
    case 8: return MPI_INT8_T;
    case 9: return MPI_UINT8_T;
    case 10: return MPI_INT16_T;
    case 11: return MPI_UINT16_T;
    case 12: return MPI_INT32_T;
    case 13: return MPI_UINT32_T;
    case 14: return MPI_INT64_T;
    case 15: return MPI_UINT64_T;
    default: return MPI_BYTE;
  }
}

[[nodiscard]] inline MPI_Op op_of(std::uint8_t code) noexcept {
  switch (static_cast<op_code>(code)) {
    case op_code::sum: return MPI_SUM;
    case op_code::prod: return MPI_PROD;
    case op_code::min: return MPI_MIN;
    case op_code::max: return MPI_MAX;
    case op_code::bit_and: return MPI_BAND;
    case op_code::bit_or: return MPI_BOR;
    case op_code::bit_xor: return MPI_BXOR;
    case op_code::log_and: return MPI_LAND;
    case op_code::log_or: return MPI_LOR;
    case op_code::log_xor: return MPI_LXOR;
    default: return MPI_OP_NULL;
  }
}

[[nodiscard]] inline int barrier(mpi_handle comm) { return MPI_Barrier(as<MPI_Comm>(comm)); }

// Beyond 2^31 - 1 elements in pieces: elementwise, so the results are the same.
[[nodiscard]] inline int allreduce(mpi_handle comm, const void* in, void* out, std::uint64_t count,
                                   std::uint8_t type, std::uint8_t op) {
  const MPI_Datatype t = type_of(type);
  const void* const from = in == out ? MPI_IN_PLACE : in;
  if (count <= most) [[likely]]
    return MPI_Allreduce(from, out, static_cast<int>(count), t, op_of(op), as<MPI_Comm>(comm));
#if MPI_VERSION >= 4
  return MPI_Allreduce_c(from, out, static_cast<MPI_Count>(count), t, op_of(op), as<MPI_Comm>(comm));
#else
  int bytes = 0;
  if (const int code = MPI_Type_size(t, &bytes); code != MPI_SUCCESS) return code;
  constexpr std::uint64_t piece = std::uint64_t{1} << 30U;
  for (std::uint64_t at = 0; at < count; at += piece) {
    const std::uint64_t n = count - at < piece ? count - at : piece;
    const std::uint64_t offset = at * static_cast<std::uint64_t>(bytes);
    const int code = MPI_Allreduce(in == out ? MPI_IN_PLACE : static_cast<const char*>(in) + offset,
                                   static_cast<char*>(out) + offset, static_cast<int>(n), t, op_of(op),
                                   as<MPI_Comm>(comm));
    if (code != MPI_SUCCESS) return code;
  }
  return MPI_SUCCESS;
#endif
}

}  // namespace twill::comm::detail::direct
