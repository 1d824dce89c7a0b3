// SPDX-License-Identifier: Apache-2.0
// The table of a module. This file family is all that knows an MPI library.
#include "mpi_backend.hpp"

#include "mpi_backend_forms.hpp"
#include "twill/comm/types.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

namespace twill::comm::detail::backend {
namespace {

using direct::as;
using direct::keep;

// True when this process's MPI was initialised here, and not by the host program.
bool ours = false;

int level_of(int native) noexcept {
  if (native == MPI_THREAD_MULTIPLE) return static_cast<int>(thread_level::multiple);
  if (native == MPI_THREAD_SERIALIZED) return static_cast<int>(thread_level::serialized);
  if (native == MPI_THREAD_FUNNELED) return static_cast<int>(thread_level::funneled);
  return static_cast<int>(thread_level::single);
}

int native_level(int level) noexcept {
  switch (static_cast<thread_level>(level)) {
    case thread_level::multiple: return MPI_THREAD_MULTIPLE;
    case thread_level::serialized: return MPI_THREAD_SERIALIZED;
    case thread_level::funneled: return MPI_THREAD_FUNNELED;
    case thread_level::single: break;
  }
  return MPI_THREAD_SINGLE;
}

// Errors come back as codes on every communicator; the default ends the process.
// By reference: it is read when the call that fills it has returned.
int given(int code, const MPI_Comm& made, mpi_handle* out) {
  if (code != MPI_SUCCESS) return code;
  *out = made == MPI_COMM_NULL ? 0 : keep(made);
  return made == MPI_COMM_NULL ? MPI_SUCCESS : MPI_Comm_set_errhandler(made, MPI_ERRORS_RETURN);
}

int initialized(int* flag) { return MPI_Initialized(flag); }
int finalized(int* flag) { return MPI_Finalized(flag); }

int init(int required, int* provided) {
  int got = MPI_THREAD_SINGLE;
  const int code = MPI_Init_thread(nullptr, nullptr, native_level(required), &got);
  if (code != MPI_SUCCESS) return code;
  ours = true;
  *provided = level_of(got);
  MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN);
  return MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
}

int provided(int* level) {
  int got = MPI_THREAD_SINGLE;
  const int code = MPI_Query_thread(&got);
  *level = level_of(got);
  return code;
}

int finalize() { return ours ? MPI_Finalize() : MPI_SUCCESS; }

int abort_job(int code) { return MPI_Abort(MPI_COMM_WORLD, code); }

int library_version(char* text, std::uint64_t room) {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> words{};
  int length = 0;
  const int code = MPI_Get_library_version(words.data(), &length);
  const std::size_t n = std::min<std::size_t>(static_cast<std::size_t>(length), room - 1);
  std::memcpy(text, words.data(), n);
  text[n] = '\0';
  return code;
}

int standard_version(int* major, int* minor) { return MPI_Get_version(major, minor); }

int open_world(mpi_handle* made) {
  MPI_Comm copy = MPI_COMM_NULL;
  return given(MPI_Comm_dup(MPI_COMM_WORLD, &copy), copy, made);
}

int size_of_world(int* size) { return MPI_Comm_size(MPI_COMM_WORLD, size); }
int rank_of(mpi_handle comm, int* rank) { return MPI_Comm_rank(as<MPI_Comm>(comm), rank); }
int size_of(mpi_handle comm, int* size) { return MPI_Comm_size(as<MPI_Comm>(comm), size); }

int duplicate(mpi_handle comm, mpi_handle* made) {
  MPI_Comm copy = MPI_COMM_NULL;
  return given(MPI_Comm_dup(as<MPI_Comm>(comm), &copy), copy, made);
}

// The handle is written at once and usable when the request is complete; its place must stay until then,
// because the library writes there.
int begin_duplicate(mpi_handle comm, mpi_handle* made, mpi_handle* request) {
  MPI_Request r = MPI_REQUEST_NULL;
  *made = 0;
  const int code = MPI_Comm_idup(as<MPI_Comm>(comm), reinterpret_cast<MPI_Comm*>(made), &r);
  *request = keep(r);
  return code;
}

int split(mpi_handle comm, int color, int key, mpi_handle* made) {
  MPI_Comm part = MPI_COMM_NULL;
  const int code = MPI_Comm_split(as<MPI_Comm>(comm), color < 0 ? MPI_UNDEFINED : color, key, &part);
  return given(code, part, made);
}

int split_node(mpi_handle comm, int key, mpi_handle* made) {
  MPI_Comm part = MPI_COMM_NULL;
  const int code = MPI_Comm_split_type(as<MPI_Comm>(comm), MPI_COMM_TYPE_SHARED, key, MPI_INFO_NULL, &part);
  return given(code, part, made);
}

int free_comm(mpi_handle* comm) {
  auto c = as<MPI_Comm>(*comm);
  const int code = MPI_Comm_free(&c);
  *comm = 0;
  return code;
}

int adopt(const void* native, mpi_handle* made) {
  MPI_Comm theirs = MPI_COMM_NULL;
  std::memcpy(&theirs, native, sizeof theirs);
  MPI_Comm copy = MPI_COMM_NULL;
  return given(MPI_Comm_dup(theirs, &copy), copy, made);
}

#if defined(MPICH_NAME)
constexpr const char* library_name = "mpich";
constexpr const char* built_with = "MPICH " MPICH_VERSION;
#elif defined(OPEN_MPI)
constexpr const char* library_name = "openmpi";
constexpr const char* built_with = "Open MPI";
#else
constexpr const char* library_name = "mpi";
constexpr const char* built_with = "another MPI library";
#endif

// MPICH 4.0.2 calls a persistent collective that was started again complete before it is: the third round of
// the conformance suite's requests gets the second one's data.
#if defined(MPICH_NUMVERSION) && MPICH_NUMVERSION < 40100000
constexpr bool persistent_works = false;
#else
constexpr bool persistent_works = has_persistent;
#endif
constexpr std::uint32_t features = (persistent_works ? mpi_native_persistent : 0U)
#if MPI_VERSION >= 4
                                   | mpi_native_large
#endif
    ;

constexpr mpi_table table{
    .magic = mpi_table_magic,
    .version = mpi_table_version,
    .bytes = sizeof(mpi_table),
    .library = library_name,
    .built = built_with,
    .features = features,
    .pointer_bytes = sizeof(void*),
    .initialized = initialized,
    .finalized = finalized,
    .init = init,
    .provided = provided,
    .finalize = finalize,
    .abort = abort_job,
    .library_version = library_version,
    .standard_version = standard_version,
    .explain = explain,
    .open_world = open_world,
    .size_of_world = size_of_world,
    .rank_of = rank_of,
    .size_of = size_of,
    .duplicate = duplicate,
    .begin_duplicate = begin_duplicate,
    .split = split,
    .split_node = split_node,
    .free_comm = free_comm,
    .adopt = adopt,
    .barrier = direct::barrier,
    .broadcast = broadcast,
    .allreduce = allreduce,
    .allgather = allgather,
    .allgatherv = direct::allgatherv,
    .perform = perform,
    .begin = begin,
    .make = make,
    .prepare = prepare,
    .send = send,
    .recv = recv,
    .begin_send = begin_send,
    .begin_recv = begin_recv,
    .probe = probe,
    .take = take,
    .recv_taken = recv_taken,
    .start = start,
    .test = test,
    .wait = wait,
    .cancel = cancel,
    .free_request = free_request,
    .allocate_shared = allocate_shared,
    .shared_base = shared_base,
    .free_window = free_window,
};

}  // namespace
}  // namespace twill::comm::detail::backend

extern "C" const twill::comm::detail::mpi_table* twill_mpi_table() {
  return &twill::comm::detail::backend::table;
}
