// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

/// How the ranks of the shm backend and their launcher find each other: see README.md in this folder.
namespace twill::comm::detail::rendezvous {

/// First word of the memory.
inline constexpr std::uint64_t magic = 0x6d'68'73'6c'6c'69'77'74;  // "twillshm" in memory
/// Changes whenever a byte of the layout does.
inline constexpr std::uint32_t layout_version = 1;
/// Ranks of one job at most: what the header has room for.
inline constexpr int max_ranks = 1024;

/// Environment of a rank, set by the launcher: the descriptor, the rank, the number of ranks, the job's name.
inline constexpr std::string_view env_fd = "TWILL_SHM_FD";
/// Instead of the descriptor, of processes that inherit none: a name in the memory file system.
inline constexpr std::string_view env_name = "TWILL_SHM_NAME";
inline constexpr std::string_view env_rank = "TWILL_RANK";
inline constexpr std::string_view env_size = "TWILL_SIZE";
inline constexpr std::string_view env_job = "TWILL_JOB";

/// The job as a whole.
enum class job_state : std::uint32_t { forming, running, aborting, finished };

/// One rank; it never goes back. `lost` is the launcher's word, or a peer's who found the process gone.
enum class rank_phase : std::uint32_t {
  absent,    ///< has not attached
  attached,  ///< takes part
  finished,  ///< has finalised: leaving with code 0 is success
  lost       ///< ended without having finalised
};

/// Why the job is aborting.
enum class abort_cause : std::uint32_t {
  none,
  exception,  ///< an exception left `run`
  call,       ///< `abort(code)` of a communicator
  terminate,  ///< std::terminate
  left,       ///< a rank left without finalising
  killed,     ///< a signal ended a rank
  timeout     ///< no progress within TWILL_COMM_TIMEOUT
};

/// One rank's words. Written by the rank itself but for `phase`, `exit_status` and `bell`.
struct alignas(128) rank_words {
  std::atomic<std::uint32_t> phase;          ///< rank_phase
  std::atomic<std::int32_t> pid;             ///< 0: not attached
  std::atomic<std::uint64_t> start_time;     ///< of the process, clock ticks since boot: pid reuse shows
  std::atomic<std::uint32_t> exit_status;    ///< 0, or the wait status + 1 that the launcher reaped
  std::atomic<std::uint32_t> operation;      ///< op_kind it is waiting in; 0: it is computing
  std::atomic<std::int32_t> waiting_for;     ///< a rank of the job, -1: any
  std::atomic<std::uint32_t> reserved;       ///< zero
  std::atomic<std::uint64_t> waiting_since;  ///< CLOCK_MONOTONIC in ns
  std::atomic<std::uint64_t> sequence;       ///< collectives begun on the communicator that it waits in
  std::atomic<std::uint32_t> bell;           ///< futex: rung when something arrived for this rank
  std::atomic<std::uint32_t> sleepers;       ///< its threads that sleep on the bell
  std::array<std::byte, 64> padding;         ///< to two cache lines
};
static_assert(sizeof(rank_words) == 128);

/// Why the job ends early. The first writer wins.
struct abort_record {
  std::atomic<std::uint32_t> state;  ///< 0 none, 1 being written, 2 readable
  std::atomic<std::uint32_t> cause;  ///< abort_cause
  std::atomic<std::int32_t> rank;    ///< who caused it, -1: the launcher
  std::atomic<std::int32_t> code;    ///< the exit code that the job should end with
  std::array<char, 496> message;     ///< text, ends with a zero; readable when state is 2
};

/// The first bytes of the memory. Behind it stand `size` rank_words, then the ranks' heaps.
struct alignas(128) job_header {
  std::uint64_t magic;                   ///< rendezvous::magic
  std::uint32_t layout_version;          ///< rendezvous::layout_version
  std::uint32_t size;                    ///< ranks
  std::uint64_t build;                   ///< build_id() of the creator: all ranks must agree
  std::uint64_t bytes;                   ///< length of the memory
  std::uint64_t limit;                   ///< bytes that the ranks' heaps may commit together
  std::uint64_t heap_begin;              ///< offset of rank 0's heap
  std::uint64_t heap_bytes;              ///< length of each rank's heap, most of it never touched
  std::int32_t launcher_pid;             ///< 0: nobody watches
  std::uint32_t threads;                 ///< 1: the ranks are threads of one process
  std::atomic<std::uint32_t> state;      ///< job_state
  std::atomic<std::uint32_t> attached;   ///< ranks that have attached
  std::atomic<std::uint64_t> committed;  ///< bytes of the heaps in use
  abort_record abort;                    ///< why the job ends early
};

/// What create() may be told.
struct options {
  std::uint64_t limit = 0;  ///< bytes that ranks may share; 0: half of the memory or of the cgroup's limit
  int launcher_pid = 0;     ///< ranks end when this process is gone; 0: nobody watches
  bool threads = false;     ///< the ranks are threads of this process
};

/// How ranks meet that know a name.
struct meeting {
  std::string name{};  ///< in the memory file system, a leading slash may stand before it
  int rank = 0;        ///< this process; rank 0 makes the memory
  int size = 1;        ///< ranks
  std::chrono::steady_clock::time_point until{};  ///< who is not there by then is missing
  std::uint64_t limit = 0;                        ///< as in options
};

/// A memory file without a name, or with one until all ranks have come, and its mapping in this process.
/// Nothing is left behind when all are gone.
class memory {
 public:
  /// A job of `ranks` ranks. Throws: twill::comm::error(init_failed).
  [[nodiscard]] static std::shared_ptr<memory> create(int ranks, const options& how);
  /// The memory behind an inherited descriptor, checked: magic, version, build, size.
  /// Throws: twill::comm::error(init_failed).
  [[nodiscard]] static std::shared_ptr<memory> attach(int fd, int rank, int size);
  /// The memory behind a name: rank 0 makes it, the others wait for it. A name whose maker is gone is taken
  /// over with a warning. Throws: twill::comm::error(init_failed), error(bad_configuration).
  [[nodiscard]] static std::shared_ptr<memory> meet(const meeting& m);
  /// Behind enter(): waits for every rank and takes the name away, however this ends. `look` throws when the
  /// job cannot go on. Throws: twill::comm::error(init_failed) with the ranks that did not come.
  void await_all(const meeting& m, const std::function<void()>& look);

  memory(const memory&) = delete;
  memory& operator=(const memory&) = delete;
  ~memory();

  /// The descriptor; it is closed on exec unless keep_on_exec() was called.
  [[nodiscard]] int fd() const noexcept { return fd_; }
  /// Lets programs that this process executes inherit the descriptor.
  void keep_on_exec() const;
  [[nodiscard]] job_header& header() const noexcept;
  [[nodiscard]] rank_words& rank(int r) const noexcept;
  [[nodiscard]] std::byte* at(std::uint64_t offset) const noexcept { return base_ + offset; }
  [[nodiscard]] std::uint64_t offset_of(const void* p) const noexcept {
    return static_cast<std::uint64_t>(static_cast<const std::byte*>(p) - base_);
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

 private:
  friend void enter(memory& job, int r);
  memory(int fd, std::byte* base, std::size_t bytes) noexcept : fd_(fd), base_(base), bytes_(bytes) {}
  // Both take the descriptor.
  static std::shared_ptr<memory> format(int fd, int ranks, const options& how);
  static std::shared_ptr<memory> adopt(int fd, int rank, int size);
  static std::shared_ptr<memory> make_named(const meeting& m, const std::string& path);
  static std::shared_ptr<memory> find_named(const meeting& m, const std::string& path);
  // In the child of a fork, which is no rank: what it writes is its own from now on.
  void become_private() noexcept;
  int fd_;
  std::byte* base_;
  std::size_t bytes_;
};

/// Equal in programs that were built with the same layout.
[[nodiscard]] std::uint64_t build_id() noexcept;

/// Says that the job ends and why; false when somebody was first. Wakes every rank that sleeps on its bell;
/// ranks asleep elsewhere look at least every 50 ms.
bool record_abort(memory& job, abort_cause cause, int rank, int code, std::string_view message) noexcept;

/// An abort that has been recorded.
struct abort_notice {
  abort_cause cause = abort_cause::none;  ///< why
  int rank = -1;                          ///< by whom
  int code = 0;                           ///< exit code of the job
  std::string message{};                  ///< what a person reads
};
/// The abort, once it is readable.
[[nodiscard]] std::optional<abort_notice> find_abort(const memory& job);

/// For the launcher, which reaped rank `r` with a wait status of waitpid(2): true when it had finalised and
/// ended with code 0. Otherwise the rank is lost, and its peers throw `rank_failed`.
bool note_exit(memory& job, int r, int wait_status) noexcept;

/// One line a rank that is waiting: `rank 1: barrier, waits for rank 2 since 3.2 s`; `computing` for others.
[[nodiscard]] std::string describe_waits(const memory& job);

/// Starts an attached rank's words: pid, start time, phase. Under a launcher the process is ended when the
/// launcher is. A child that this process forks afterwards sees the memory and changes nothing in it.
void enter(memory& job, int r);
/// The mark of a rank that leaves in order.
void leave(memory& job, int r) noexcept;

}  // namespace twill::comm::detail::rendezvous
