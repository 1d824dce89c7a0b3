// SPDX-License-Identifier: Apache-2.0
#include "twill/comm/data.hpp"
#include "twill/comm/detail/op_kind.hpp"
#include "twill/comm/reduction.hpp"
#include "twill/comm/types.hpp"

#include <array>
#include <cstddef>

namespace twill::comm {
namespace {

template <std::size_t N>
std::string_view entry(const std::array<std::string_view, N>& names, std::size_t i) noexcept {
  return i < N ? names[i] : std::string_view("unknown");
}

}  // namespace

std::string_view name_of(backend_kind kind) noexcept {
  constexpr std::array<std::string_view, 3> names{"local", "shm", "mpi"};
  return entry(names, static_cast<std::size_t>(kind));
}

std::string_view name_of(thread_level level) noexcept {
  constexpr std::array<std::string_view, 4> names{"single", "funneled", "serialized", "multiple"};
  return entry(names, static_cast<std::size_t>(level));
}

std::string_view name_of(check_level level) noexcept {
  constexpr std::array<std::string_view, 4> names{"none", "normal", "collective", "heavy"};
  return entry(names, static_cast<std::size_t>(level));
}

std::string_view name_of(op_code code) noexcept {
  constexpr std::array<std::string_view, 14> names{"none",    "sum",    "prod",    "min",     "max",
                                                   "bit_and", "bit_or", "bit_xor", "log_and", "log_or",
                                                   "log_xor", "minloc", "maxloc",  "user"};
  return entry(names, static_cast<std::size_t>(code));
}

namespace detail {

std::string_view type_name(std::uint8_t code) noexcept {
  constexpr std::array<std::string_view, 17> names{"bytes", "bool", "byte", "f32", "f64",    "f80",
                                                   "c64",   "c128", "i8",   "u8",  "i16",    "u16",
                                                   "i32",   "u32",  "i64",  "u64", "located"};
  return code < names.size() ? names[code] : std::string_view("opaque");
}

std::string_view name_of(op_kind kind) noexcept {
  constexpr std::array<std::string_view, 39> names{"computing",
                                                   "barrier",
                                                   "broadcast",
                                                   "reduce",
                                                   "allreduce",
                                                   "scan",
                                                   "exscan",
                                                   "gather",
                                                   "gatherv",
                                                   "allgather",
                                                   "allgatherv",
                                                   "scatter",
                                                   "scatterv",
                                                   "alltoall",
                                                   "alltoallv",
                                                   "reduce_scatter_block",
                                                   "reduce_scatter",
                                                   "sparse_alltoall",
                                                   "reproducible_reduce",
                                                   "neighbor_alltoall",
                                                   "split",
                                                   "duplicate",
                                                   "create_region",
                                                   "create_window",
                                                   "send",
                                                   "recv",
                                                   "sendrecv",
                                                   "probe",
                                                   "isend",
                                                   "issend",
                                                   "irecv",
                                                   "window_lock",
                                                   "window_access",
                                                   "region_access",
                                                   "wait",
                                                   "info",
                                                   "init",
                                                   "abort",
                                                   "compare"};
  return entry(names, static_cast<std::size_t>(kind));
}

}  // namespace detail
}  // namespace twill::comm
