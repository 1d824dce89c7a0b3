// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm_mpi/detail/direct.hpp"

/// The one symbol of a module.
extern "C" [[gnu::visibility("default")]] const twill::comm::detail::mpi_table* twill_mpi_table();

// What the files of a module share.
namespace twill::comm::detail::backend {

/// A length in bytes as the library's functions take it: `count` elements of `type`. Beyond 2^31 - 1 bytes
/// without 64-bit functions the type is made of blocks of 1 MiB and a rest, and freed with this.
class extent {
 public:
  explicit extent(std::uint64_t bytes);
  extent(const extent&) = delete;
  extent& operator=(const extent&) = delete;
  ~extent();

  [[nodiscard]] int count() const noexcept { return count_; }
  [[nodiscard]] MPI_Datatype type() const noexcept { return type_; }
  [[nodiscard]] int code() const noexcept { return code_; }

 private:
  int count_ = 0;
  MPI_Datatype type_ = MPI_BYTE;
  int code_ = MPI_SUCCESS;
};

// mpi_backend_error.cpp
void explain(int code, int* twill, int* native_class, char* text, std::uint64_t room);
// mpi_backend_collective.cpp
int perform(mpi_handle comm, const mpi_call* call);
int begin(mpi_handle comm, const mpi_call* call, mpi_handle* request);
int make(mpi_handle comm, const mpi_call* call, mpi_handle* request);
void prepare(mpi_handle comm, const mpi_call* call, mpi_again* again);
int broadcast(mpi_handle comm, void* data, std::uint64_t bytes, int root);
int allreduce(mpi_handle comm, const void* in, void* out, std::uint64_t count, std::uint8_t type,
              std::uint8_t op);
int allgather(mpi_handle comm, const void* in, void* out, std::uint64_t bytes);
// mpi_backend_message.cpp
int send(mpi_handle comm, const void* data, std::uint64_t bytes, int dest, int tag);
int recv(mpi_handle comm, void* data, std::uint64_t bytes, int source, int tag, mpi_status* status);
int begin_send(mpi_handle comm, mpi_send_mode mode, const void* data, std::uint64_t bytes, int dest, int tag,
               mpi_handle* request);
int begin_recv(mpi_handle comm, void* data, std::uint64_t bytes, int source, int tag, mpi_handle* request);
int probe(mpi_handle comm, int source, int tag, int* flag, mpi_status* status);
int take(mpi_handle comm, int source, int tag, int* flag, mpi_handle* message, mpi_status* status);
int recv_taken(mpi_handle* message, void* data, std::uint64_t bytes, mpi_status* status);
int start(mpi_handle* request);
int test(mpi_handle* request, int* flag, mpi_status* status);
int wait(mpi_handle* request, mpi_status* status);
int cancel(mpi_handle* request);
int free_request(mpi_handle* request);
// mpi_backend_memory.cpp
int allocate_shared(mpi_handle comm, std::uint64_t bytes, void** base, mpi_handle* window);
int shared_base(mpi_handle window, int rank, void** base);
int free_window(mpi_handle* window);

}  // namespace twill::comm::detail::backend
