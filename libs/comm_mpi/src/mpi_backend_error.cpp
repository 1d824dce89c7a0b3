// SPDX-License-Identifier: Apache-2.0
// Error classes by the library's own constants: their numbers differ from library to library.
#include "mpi_backend.hpp"
#include "twill/comm/error.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace twill::comm::detail::backend {
namespace {

struct entry {
  int native;
  errc code;
};

// docs/reference/backend-mpi.md has the same table; a test compares the two.
constexpr std::array table{
    entry{MPI_ERR_COMM, errc::invalid_communicator},
    entry{MPI_ERR_BUFFER, errc::invalid_buffer},
    entry{MPI_ERR_COUNT, errc::invalid_count},
    entry{MPI_ERR_TYPE, errc::invalid_type},
    entry{MPI_ERR_OP, errc::invalid_op},
    entry{MPI_ERR_ROOT, errc::invalid_root},
    entry{MPI_ERR_RANK, errc::invalid_rank},
    entry{MPI_ERR_TAG, errc::invalid_tag},
    entry{MPI_ERR_GROUP, errc::invalid_argument},
    entry{MPI_ERR_TOPOLOGY, errc::invalid_argument},
    entry{MPI_ERR_DIMS, errc::invalid_argument},
    entry{MPI_ERR_ARG, errc::invalid_argument},
    entry{MPI_ERR_KEYVAL, errc::invalid_argument},
    entry{MPI_ERR_ASSERT, errc::invalid_argument},
    entry{MPI_ERR_DISP, errc::invalid_argument},
    entry{MPI_ERR_SIZE, errc::invalid_argument},
    entry{MPI_ERR_LOCKTYPE, errc::invalid_argument},
    entry{MPI_ERR_NAME, errc::invalid_argument},
    entry{MPI_ERR_TRUNCATE, errc::truncated},
    entry{MPI_ERR_REQUEST, errc::invalid_request},
    entry{MPI_ERR_IN_STATUS, errc::multiple_errors},
    entry{MPI_ERR_PENDING, errc::pending},
    entry{MPI_ERR_NO_MEM, errc::allocation_failed},
    entry{MPI_ERR_NO_SPACE, errc::allocation_failed},
    entry{MPI_ERR_QUOTA, errc::allocation_failed},
    entry{MPI_ERR_WIN, errc::invalid_window},
    entry{MPI_ERR_BASE, errc::invalid_window},
    entry{MPI_ERR_RMA_SYNC, errc::rma_sync},
    entry{MPI_ERR_RMA_CONFLICT, errc::rma_conflict},
    entry{MPI_ERR_RMA_RANGE, errc::rma_range},
    entry{MPI_ERR_RMA_ATTACH, errc::rma_attach},
    entry{MPI_ERR_RMA_SHARED, errc::rma_shared},
    entry{MPI_ERR_RMA_FLAVOR, errc::rma_flavor},
    entry{MPI_ERR_INFO, errc::invalid_info},
    entry{MPI_ERR_INFO_KEY, errc::invalid_info},
    entry{MPI_ERR_INFO_VALUE, errc::invalid_info},
    entry{MPI_ERR_INFO_NOKEY, errc::invalid_info},
    entry{MPI_ERR_FILE, errc::io_error},
    entry{MPI_ERR_IO, errc::io_error},
    entry{MPI_ERR_ACCESS, errc::io_error},
    entry{MPI_ERR_AMODE, errc::io_error},
    entry{MPI_ERR_BAD_FILE, errc::io_error},
    entry{MPI_ERR_FILE_EXISTS, errc::io_error},
    entry{MPI_ERR_FILE_IN_USE, errc::io_error},
    entry{MPI_ERR_NO_SUCH_FILE, errc::io_error},
    entry{MPI_ERR_READ_ONLY, errc::io_error},
    entry{MPI_ERR_CONVERSION, errc::io_error},
    entry{MPI_ERR_DUP_DATAREP, errc::io_error},
    entry{MPI_ERR_UNSUPPORTED_DATAREP, errc::io_error},
    entry{MPI_ERR_NOT_SAME, errc::io_error},
    entry{MPI_ERR_UNSUPPORTED_OPERATION, errc::not_supported},
#if defined(MPI_ERR_SESSION)
    entry{MPI_ERR_SESSION, errc::invalid_session},
#endif
#if defined(MPI_ERR_PROC_ABORTED)
    entry{MPI_ERR_PROC_ABORTED, errc::rank_failed},
#endif
#if defined(MPIX_ERR_PROC_FAILED)
    entry{MPIX_ERR_PROC_FAILED, errc::rank_failed},
#endif
#if defined(MPIX_ERR_PROC_FAILED_PENDING)
    entry{MPIX_ERR_PROC_FAILED_PENDING, errc::rank_failed},
#endif
#if defined(MPIX_ERR_REVOKED)
    entry{MPIX_ERR_REVOKED, errc::revoked},
#endif
    entry{MPI_ERR_OTHER, errc::backend_failure},
    entry{MPI_ERR_INTERN, errc::backend_failure},
    entry{MPI_ERR_UNKNOWN, errc::backend_failure},
};

}  // namespace

void explain(int code, int* twill, int* native_class, char* text, std::uint64_t room) {
  int found = MPI_ERR_UNKNOWN;
  MPI_Error_class(code, &found);
  *native_class = found;
  const auto* const at =
      std::find_if(table.begin(), table.end(), [found](const entry& e) { return e.native == found; });
  // Classes that a program or a later standard adds are the library's business.
  *twill = static_cast<int>(at == table.end() ? errc::backend_failure : at->code);
  std::array<char, MPI_MAX_ERROR_STRING> words{};
  int length = 0;
  if (MPI_Error_string(code, words.data(), &length) != MPI_SUCCESS) length = 0;
  const std::size_t n = std::min<std::size_t>(static_cast<std::size_t>(length), room - 1);
  std::memcpy(text, words.data(), n);
  text[n] = '\0';
}

}  // namespace twill::comm::detail::backend
