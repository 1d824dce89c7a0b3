// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm_mpi/detail/direct.hpp"

#if defined(OMPI_MAJOR_VERSION) && MPI_VERSION < 4 && OMPI_MAJOR_VERSION < 5 && __has_include(<mpi-ext.h>)
#include <mpi-ext.h>
#endif

// The forms that a library has of its collectives.
namespace twill::comm::detail::backend {

enum class mode { now, later, persistent };

// The forms of one collective: blocking, nonblocking, persistent, and each with 64-bit counts.
template <class Now, class Later, class Init, class NowLarge, class LaterLarge, class InitLarge>
struct forms {
  Now now;
  Later later;
  Init init;
  NowLarge now_large;
  LaterLarge later_large;
  InitLarge init_large;
};

// Persistent ones: MPI 4 has them, Open MPI 5 too while it still says that it is of MPI 3.1, and Open MPI 4
// as an extension.
#if MPI_VERSION >= 4
#define TWILL_MPI_FORMS(name, later) \
  forms { MPI_##name, MPI_##later, MPI_##name##_init, MPI_##name##_c, MPI_##later##_c, MPI_##name##_init_c }
inline constexpr bool has_persistent = true;
inline constexpr forms barrier_forms{MPI_Barrier, MPI_Ibarrier, MPI_Barrier_init, nullptr, nullptr, nullptr};
#elif defined(OMPI_MAJOR_VERSION) && OMPI_MAJOR_VERSION >= 5
#define TWILL_MPI_FORMS(name, later) \
  forms { MPI_##name, MPI_##later, MPI_##name##_init, nullptr, nullptr, nullptr }
inline constexpr bool has_persistent = true;
inline constexpr forms barrier_forms{MPI_Barrier, MPI_Ibarrier, MPI_Barrier_init, nullptr, nullptr, nullptr};
#elif defined(OMPI_HAVE_MPI_EXT_PCOLLREQ)
#define TWILL_MPI_FORMS(name, later) \
  forms { MPI_##name, MPI_##later, MPIX_##name##_init, nullptr, nullptr, nullptr }
inline constexpr bool has_persistent = true;
inline constexpr forms barrier_forms{MPI_Barrier, MPI_Ibarrier, MPIX_Barrier_init, nullptr, nullptr, nullptr};
#else
#define TWILL_MPI_FORMS(name, later) \
  forms { MPI_##name, MPI_##later, nullptr, nullptr, nullptr, nullptr }
inline constexpr bool has_persistent = false;
inline constexpr forms barrier_forms{MPI_Barrier, MPI_Ibarrier, nullptr, nullptr, nullptr, nullptr};
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

// Calls the form; MPI_ERR_UNSUPPORTED_OPERATION where the library has none.
template <mode M, bool Large, class F, class... A>
int call_as(const F& f, MPI_Comm c, [[maybe_unused]] MPI_Request* r, A... a) {
#if MPI_VERSION >= 4
  if constexpr (Large) {
    if constexpr (M == mode::now) return f.now_large(as_count(a)..., c);
    if constexpr (M == mode::later) return f.later_large(as_count(a)..., c, r);
    if constexpr (M == mode::persistent) return f.init_large(as_count(a)..., c, MPI_INFO_NULL, r);
  }
#endif
  if constexpr (!Large && M == mode::now) return f.now(as_int(a)..., c);
  if constexpr (!Large && M == mode::later) return f.later(as_int(a)..., c, r);
  if constexpr (!Large && M == mode::persistent && has_persistent)
    return f.init(as_int(a)..., c, MPI_INFO_NULL, r);
  return MPI_ERR_UNSUPPORTED_OPERATION;
}
template <mode M, class F, class... A>
int call_form(const F& f, bool large, MPI_Comm c, MPI_Request* r, A... a) {
  return large ? call_as<M, true>(f, c, r, a...) : call_as<M, false>(f, c, r, a...);
}

}  // namespace twill::comm::detail::backend
