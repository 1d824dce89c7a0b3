// SPDX-License-Identifier: Apache-2.0
#include "mpi_backend.hpp"

namespace twill::comm::detail::backend {

using direct::as;
using direct::keep;

int allocate_shared(mpi_handle comm, std::uint64_t bytes, void** base, mpi_handle* window) {
  MPI_Info how = MPI_INFO_NULL;
  int code = MPI_Info_create(&how);
  if (code != MPI_SUCCESS) return code;
  // Each rank's part on pages of its own: nearer to it, and ranks do not share lines at the borders.
  code = MPI_Info_set(how, "alloc_shared_noncontig", "true");
  MPI_Win made = MPI_WIN_NULL;
  if (code == MPI_SUCCESS)
    code = MPI_Win_allocate_shared(static_cast<MPI_Aint>(bytes), 1, how, as<MPI_Comm>(comm), base, &made);
  MPI_Info_free(&how);
  if (code != MPI_SUCCESS) return code;
  // One epoch for the window's whole life: accesses are loads and stores, ordered by this library.
  code = MPI_Win_set_errhandler(made, MPI_ERRORS_RETURN);
  if (code == MPI_SUCCESS) code = MPI_Win_lock_all(MPI_MODE_NOCHECK, made);
  *window = keep(made);
  return code;
}

int shared_base(mpi_handle window, int rank, void** base) {
  MPI_Aint bytes = 0;
  int unit = 0;
  return MPI_Win_shared_query(as<MPI_Win>(window), rank, &bytes, &unit, base);
}

int free_window(mpi_handle* window) {
  auto w = as<MPI_Win>(*window);
  const int code = MPI_Win_unlock_all(w);
  if (code != MPI_SUCCESS) return code;
  return MPI_Win_free(&w);
}

}  // namespace twill::comm::detail::backend
