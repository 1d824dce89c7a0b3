// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/catalogue.hpp"
#include "twill/comm/communicator.hpp"
#include "twill/comm/environment.hpp"
#include "twill/comm_mpi/detail/direct.hpp"

#include <type_traits>
#include <utility>

// For programs that are compiled against one MPI library; the only public header that includes <mpi.h>.
namespace twill::comm {
namespace detail {

// The library's functions without a table: the compiler sees the call.
struct direct_calls {
  static int barrier(const mpi_context& c) { return direct::barrier(c.comm); }
  static int broadcast(const mpi_context& c, void* data, std::uint64_t n, int root) {
    if (n <= direct::most) [[likely]]
      return MPI_Bcast(data, static_cast<int>(n), MPI_BYTE, root, direct::as<MPI_Comm>(c.comm));
    return c.api->broadcast(c.comm, data, n, root);
  }
  [[gnu::always_inline]] static int allreduce(const mpi_context& c, const void* in, void* out,
                                              std::uint64_t n, std::uint8_t type, op_code op) {
    return direct::allreduce(c.comm, in, out, n, type, static_cast<std::uint8_t>(op));
  }
  static int allgather(const mpi_context& c, const void* in, void* out, std::uint64_t n) {
    if (n <= direct::most) [[likely]] {
      const auto bytes = static_cast<int>(n);
      return MPI_Allgather(in, bytes, MPI_BYTE, out, bytes, MPI_BYTE, direct::as<MPI_Comm>(c.comm));
    }
    return c.api->allgather(c.comm, in, out, n);
  }
  static int allgatherv(const mpi_context& c, const void* in, std::uint64_t n, void* out, const int* lengths,
                        const int* places) {
    return direct::allgatherv(c.comm, in, n, out, lengths, places);
  }
  static int send(const mpi_context& c, const void* data, std::uint64_t n, int dest, int tag) {
    return direct::send(c.comm, data, n, dest, tag);
  }
  static int recv(const mpi_context& c, void* data, std::uint64_t n, int source, int tag, mpi_status* got) {
    return direct::recv(c.comm, data, n, source, tag, got);
  }
};

}  // namespace detail

/// Ranks of the MPI library that this program is compiled against: no branch and no table on its calls.
using linked_mpi_comm = basic_communicator<detail::basic_mpi_engine<detail::direct_calls>>;

/// The world of an environment as linked_mpi_comm. Requires: the program is linked with twill::comm_mpi built
/// with TWILL_COMM_MPI=LINK. Throws: error(not_supported) for a world of another backend.
[[nodiscard]] inline linked_mpi_comm linked_world(any_communicator& world) {
  return world.engine().visit([](const auto& e) -> linked_mpi_comm {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(e)>, detail::mpi_engine>) {
      return linked_mpi_comm(detail::basic_mpi_engine<detail::direct_calls>(e));
    } else {
      detail::fail(errc::not_supported, {.operation = "linked_world", .backend = e.backend()},
                   "the world is not one of backend mpi");
    }
  });
}

/// An environment over a communicator of the host program, which has initialised MPI and will finalise it.
/// Collective over it. Throws: as environment::init.
[[nodiscard]] inline environment adopt(MPI_Comm comm, environment_options options = {}) {
  settings from = settings::of_process();
  from.declare(catalogue());
  options.backend = "mpi";
  return detail::init_environment(options, from, &comm);
}

/// The library's communicator that carries blocking collectives and messages of this one. Not to be freed.
/// Throws: error(not_supported) for a communicator of another backend.
[[nodiscard]] inline MPI_Comm native_handle(const any_communicator& c) {
  return c.engine().visit([](const auto& e) -> MPI_Comm {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(e)>, detail::mpi_engine>) {
      return detail::direct::as<MPI_Comm>(e.native_context()->comm);
    } else {
      detail::fail(errc::not_supported, {.operation = "native_handle", .backend = e.backend()},
                   "the communicator is not one of backend mpi");
    }
  });
}

}  // namespace twill::comm
