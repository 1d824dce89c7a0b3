// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

// What a module of an MPI library gives this library: plain functions over bytes, type numbers and operation
// numbers, so that no MPI type crosses the border. A module is compiled against one MPI library; the program
// that loads it against none.
namespace twill::comm::detail {

/// First word of a table: "twillmpi" in memory.
inline constexpr std::uint64_t mpi_table_magic = 0x69'70'6d'6c'6c'69'77'74;
/// Changes whenever a field of the table, a structure below or the meaning of one does.
inline constexpr std::uint32_t mpi_table_version = 3;
/// The one symbol that a module exports.
inline constexpr const char* mpi_table_symbol = "twill_mpi_table";

/// A communicator, request, message or window of the library: its bytes, or its address.
using mpi_handle = std::uint64_t;

/// What a receive or a probe tells.
struct mpi_status {
  std::int32_t source;
  std::int32_t tag;
  std::int32_t cancelled;
  std::int32_t reserved;
  std::uint64_t bytes;
};

/// Which collective an `mpi_call` is.
enum class mpi_operation : std::uint32_t {
  barrier,
  broadcast,
  allreduce,
  reduce,
  scan,
  gather,
  allgather,
  scatter,
  alltoall,
  gatherv,
  allgatherv,
  scatterv,
  alltoallv
};

/// A collective as data. Counts and displacements are in elements; displacements are always there.
struct mpi_call {
  mpi_operation what = mpi_operation::barrier;
  std::int32_t root = 0;
  std::uint32_t element = 1;  // bytes of an element
  std::uint8_t type = 0;      // detail::type_code of an element, where something is reduced
  std::uint8_t op = 0;        // op_code
  std::uint8_t in_place = 0;  // the contribution stands where its result will
  std::uint8_t reserved = 0;
  const void* in = nullptr;
  void* out = nullptr;
  std::uint64_t count = 0;  // of this rank's contribution, or of one rank's block
  const std::uint64_t* send_counts = nullptr;
  const std::uint64_t* send_displs = nullptr;
  const std::uint64_t* recv_counts = nullptr;
  const std::uint64_t* recv_displs = nullptr;
  std::uint64_t* room = nullptr;  // of the v forms: 4 words a rank that stay until the operation is complete
};

/// A collective that begins again and again over the same buffers, as the library's function takes it: found
/// once, so that a start is little more than that function.
struct mpi_again {
  int (*begin)(const mpi_again* again, mpi_handle* request) = nullptr;  // null: not of this kind
  mpi_handle comm = 0;
  const void* in = nullptr;
  void* out = nullptr;
  mpi_handle type = 0;
  mpi_handle op = 0;
  const std::int32_t* lengths = nullptr;  // of the v forms
  const std::int32_t* places = nullptr;
  std::int32_t count = 0;
  std::int32_t root = 0;
};

/// What the library can do by itself.
enum mpi_feature : std::uint32_t {
  mpi_native_persistent = 1,  // MPI_Allreduce_init and its kin, or an extension of the same functions
  mpi_native_large = 2        // counts beyond 2^31 - 1 by MPI_Send_c and its kin
};

/// How a send completes.
enum class mpi_send_mode : std::uint32_t { standard, synchronous };

/// Every function gives 0 or an error code of the library, which `explain` understands.
struct mpi_table {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t bytes;  // sizeof(mpi_table)
  const char* library;  // `mpich`, `openmpi`, or what the module was built as
  const char* built;    // one line: the version of the library's header
  std::uint32_t features;
  std::uint32_t pointer_bytes;

  // --- the process
  int (*initialized)(int* flag);
  int (*finalized)(int* flag);
  int (*init)(int required, int* provided);
  int (*provided)(int* level);
  int (*finalize)();
  int (*abort)(int code);
  int (*library_version)(char* text, std::uint64_t room);
  int (*standard_version)(int* major, int* minor);
  // The Twill error code (comm::errc), the library's class, and its text.
  void (*explain)(int code, int* twill, int* native_class, char* text, std::uint64_t room);

  // --- communicators
  int (*open_world)(mpi_handle* made);
  int (*size_of_world)(int* size);
  int (*rank_of)(mpi_handle comm, int* rank);
  int (*size_of)(mpi_handle comm, int* size);
  int (*duplicate)(mpi_handle comm, mpi_handle* made);
  int (*begin_duplicate)(mpi_handle comm, mpi_handle* made, mpi_handle* request);
  int (*split)(mpi_handle comm, int color, int key, mpi_handle* made);
  int (*split_node)(mpi_handle comm, int key, mpi_handle* made);
  int (*free_comm)(mpi_handle* comm);
  // `native` points at the host program's MPI_Comm.
  int (*adopt)(const void* native, mpi_handle* made);

  // --- collectives
  int (*barrier)(mpi_handle comm);
  int (*broadcast)(mpi_handle comm, void* data, std::uint64_t bytes, int root);
  int (*allreduce)(mpi_handle comm, const void* in, void* out, std::uint64_t count, std::uint8_t type,
                   std::uint8_t op);
  int (*allgather)(mpi_handle comm, const void* in, void* out, std::uint64_t bytes);
  // Lengths and places in bytes, as the library's function takes them.
  int (*allgatherv)(mpi_handle comm, const void* in, std::uint64_t bytes, void* out, const int* lengths,
                    const int* places);
  int (*perform)(mpi_handle comm, const mpi_call* call);
  int (*begin)(mpi_handle comm, const mpi_call* call, mpi_handle* request);
  int (*make)(mpi_handle comm, const mpi_call* call, mpi_handle* request);
  // After a begin of the same call, whose pointers stay; null: for a request that `make` made.
  void (*prepare)(mpi_handle comm, const mpi_call* call, mpi_again* again);

  // --- messages
  int (*send)(mpi_handle comm, const void* data, std::uint64_t bytes, int dest, int tag);
  int (*recv)(mpi_handle comm, void* data, std::uint64_t bytes, int source, int tag, mpi_status* status);
  int (*begin_send)(mpi_handle comm, mpi_send_mode mode, const void* data, std::uint64_t bytes, int dest,
                    int tag, mpi_handle* request);
  int (*begin_recv)(mpi_handle comm, void* data, std::uint64_t bytes, int source, int tag,
                    mpi_handle* request);
  int (*probe)(mpi_handle comm, int source, int tag, int* flag, mpi_status* status);
  int (*take)(mpi_handle comm, int source, int tag, int* flag, mpi_handle* message, mpi_status* status);
  int (*recv_taken)(mpi_handle* message, void* data, std::uint64_t bytes, mpi_status* status);

  // --- requests
  int (*start)(mpi_handle* request);
  int (*test)(mpi_handle* request, int* flag, mpi_status* status);
  int (*wait)(mpi_handle* request, mpi_status* status);
  int (*cancel)(mpi_handle* request);
  int (*free_request)(mpi_handle* request);

  // --- memory
  int (*allocate_shared)(mpi_handle comm, std::uint64_t bytes, void** base, mpi_handle* window);
  int (*shared_base)(mpi_handle window, int rank, void** base);
  int (*free_window)(mpi_handle* window);
};

}  // namespace twill::comm::detail
