// SPDX-License-Identifier: Apache-2.0
#include "twill/comm/detail/rendezvous.hpp"

#include "shm/futex.hpp"
#include "shm/process.hpp"
#include "twill/base/machine.hpp"
#include "twill/comm/detail/op_kind.hpp"
#include "twill/comm/error.hpp"

#include <climits>
#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <new>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

namespace twill::comm::detail::rendezvous {
namespace {

constexpr std::uint64_t page = 4096;

constexpr std::uint64_t round_up(std::uint64_t n, std::uint64_t to) noexcept {
  return (n + to - 1) / to * to;
}

[[noreturn]] void refuse(int rank, int size, std::string what, int code = 0) {
  throw error(errc::init_failed, {"init", backend_kind::shm, rank, size}, std::move(what), {}, 0, code);
}

std::uint64_t default_limit(bool threads) {
  // Ranks that are threads serve tests and examples: sanitizers have little address space to give.
  if (threads) return std::uint64_t{1} << 30U;
  return inspect_machine().available_memory().value_or(std::uint64_t{8} << 30U) / 2;
}

std::byte* map(int fd, std::size_t bytes) noexcept {
  void* p = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
  if (p == MAP_FAILED) return nullptr;
  ::madvise(p, bytes, MADV_DONTDUMP);
  return static_cast<std::byte*>(p);
}

std::uint64_t now_ns() noexcept {
  timespec t{};
  ::clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<std::uint64_t>(t.tv_sec) * 1'000'000'000U + static_cast<std::uint64_t>(t.tv_nsec);
}

// What a job may map: half of what x86-64 and AArch64 give a process. The thread sanitizer leaves
// programs 1.5 TB.
#if defined(__SANITIZE_THREAD__)
constexpr std::uint64_t address_space = std::uint64_t{1} << 39U;
#else
constexpr std::uint64_t address_space = std::uint64_t{1} << 46U;
#endif

}  // namespace

std::uint64_t build_id() noexcept {
  return layout_version * std::uint64_t{0x9e3779b97f4a7c15} ^
         (sizeof(job_header) << 32U | sizeof(rank_words) << 8U | sizeof(void*));
}

std::shared_ptr<memory> memory::create(int ranks, const options& how) {
  if (ranks < 1 || ranks > max_ranks)
    refuse(0, ranks, fmt::format("{} ranks, expected 1 to {}", ranks, max_ranks));
  const int fd = ::memfd_create("twill-job", MFD_CLOEXEC);
  if (fd < 0) refuse(0, ranks, fmt::format("memfd_create: {}", std::strerror(errno)), errno);
  return format(fd, ranks, how);
}

std::shared_ptr<memory> memory::format(int fd, int ranks, const options& how) {
  const auto n = static_cast<std::uint64_t>(ranks);
  const std::uint64_t limit = how.limit != 0 ? how.limit : default_limit(how.threads);
  const std::uint64_t heads = sizeof(job_header) + n * sizeof(rank_words);
  const std::uint64_t heap_begin = round_up(heads + n * n * sizeof(std::uint64_t), page);
  // Sparse: address space is cheap, and a heap four times the limit never ends before the limit does.
  const std::uint64_t heap_bytes =
      round_up(std::min(4 * limit + (std::uint64_t{64} << 20U), address_space / n), page);
  const std::uint64_t bytes = heap_begin + n * heap_bytes;
  std::byte* base = nullptr;
  if (::ftruncate(fd, static_cast<off_t>(bytes)) != 0 || (base = map(fd, bytes)) == nullptr) {
    const int code = errno;
    ::close(fd);
    refuse(0, ranks, fmt::format("cannot map {} bytes: {}", bytes, std::strerror(code)), code);
  }
  std::shared_ptr<memory> made(new memory(fd, base, bytes));
  job_header& h = made->header();
  h.layout_version = layout_version;
  h.size = static_cast<std::uint32_t>(ranks);
  h.build = build_id();
  h.bytes = bytes;
  h.limit = limit;
  h.heap_begin = heap_begin;
  h.heap_bytes = heap_bytes;
  h.launcher_pid = how.launcher_pid;
  h.threads = how.threads ? 1 : 0;
  h.magic = magic;
  return made;
}

std::shared_ptr<memory> memory::attach(int fd, int rank, int size) {
  struct stat s{};
  if (::fstat(fd, &s) != 0 || static_cast<std::size_t>(s.st_size) < sizeof(job_header)) {
    refuse(rank, size, fmt::format("{}={} is no descriptor of a job's memory", env_fd, fd), errno);
  }
  const int own = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (own < 0) refuse(rank, size, fmt::format("{}={}: {}", env_fd, fd, std::strerror(errno)), errno);
  return adopt(own, rank, size);
}

std::shared_ptr<memory> memory::adopt(int fd, int rank, int size) {
  struct stat s{};
  ::fstat(fd, &s);
  const auto bytes = static_cast<std::size_t>(s.st_size);
  std::byte* base = bytes < sizeof(job_header) ? nullptr : map(fd, bytes);
  if (base == nullptr) {
    const int code = bytes < sizeof(job_header) ? EINVAL : errno;
    ::close(fd);
    refuse(rank, size, fmt::format("cannot map the job's memory: {}", std::strerror(code)), code);
  }
  std::shared_ptr<memory> got(new memory(fd, base, bytes));
  const job_header& h = got->header();
  if (h.magic != magic) refuse(rank, size, "the inherited memory is not a job's: its first word is wrong");
  if (h.layout_version != layout_version || h.build != build_id()) {
    refuse(rank, size,
           fmt::format("launcher and program were built from different versions (layout {} and {})",
                       h.layout_version, layout_version));
  }
  if (h.bytes != bytes) refuse(rank, size, "the job's memory has another length than its header says");
  if (static_cast<int>(h.size) != size || rank < 0 || rank >= size) {
    refuse(
        rank, size,
        fmt::format("{}={} and {}={} do not fit a job of {} ranks", env_rank, rank, env_size, size, h.size));
  }
  return got;
}

namespace {

// The job that this process is a rank of, for its children.
std::atomic<memory*> entered{nullptr};

}  // namespace

memory::~memory() {
  memory* self = this;
  // ORD relaxed [entered]: of one process, and a fork while its job is torn down is the program's race.
  entered.compare_exchange_strong(self, nullptr, std::memory_order_relaxed);
  ::munmap(base_, bytes_);
  ::close(fd_);
}

void memory::become_private() noexcept {
  // Pages that the child never writes stay those of the job, so nothing is copied here. Where even that is
  // refused it keeps the mapping: it shares what its parent shares, and is no rank all the same.
  if (::mmap(base_, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, fd_, 0) ==
      MAP_FAILED)
    return;
  // A heap gives pages back through the descriptor, and they would be the parent's.
  const int nothing = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (nothing < 0) return;
  ::dup3(nothing, fd_, O_CLOEXEC);
  ::close(nothing);
}

void memory::keep_on_exec() const { ::fcntl(fd_, F_SETFD, 0); }

job_header& memory::header() const noexcept { return *reinterpret_cast<job_header*>(base_); }

rank_words& memory::rank(int r) const noexcept {
  return reinterpret_cast<rank_words*>(base_ + sizeof(job_header))[r];
}

bool record_abort(memory& job, abort_cause cause, int rank, int code, std::string_view message) noexcept {
  abort_record& a = job.header().abort;
  std::uint32_t none = 0;
  // ORD acq_rel [abort]: one writer wins; the others leave the record alone.
  if (!a.state.compare_exchange_strong(none, 1, std::memory_order_acq_rel, std::memory_order_acquire))
    return false;
  // ORD relaxed [abort]: published by the release of `state` below.
  a.cause.store(static_cast<std::uint32_t>(cause), std::memory_order_relaxed);
  // ORD relaxed [abort]: likewise.
  a.rank.store(rank, std::memory_order_relaxed);
  // ORD relaxed [abort]: likewise.
  a.code.store(code, std::memory_order_relaxed);
  const std::size_t n = std::min(message.size(), a.message.size() - 1);
  std::memcpy(a.message.data(), message.data(), n);
  a.message[n] = '\0';
  // ORD release [abort]: pairs with find_abort.
  a.state.store(2, std::memory_order_release);
  // ORD release [job-state]: for launchers, which poll it; pairs with their acquire.
  job.header().state.store(static_cast<std::uint32_t>(job_state::aborting), std::memory_order_release);
  for (int r = 0; r < static_cast<int>(job.header().size); ++r) {
    // ORD seq_cst [bell]: as in shm_endpoint::ring; whoever goes to sleep has seen the record or this ring.
    job.rank(r).bell.fetch_add(1, std::memory_order_seq_cst);
    futex_wake(job.rank(r).bell, INT_MAX);
  }
  return true;
}

std::optional<abort_notice> find_abort(const memory& job) {
  const abort_record& a = job.header().abort;
  // ORD acquire [abort]: pairs with record_abort.
  if (a.state.load(std::memory_order_acquire) != 2) return std::nullopt;
  abort_notice notice;
  // ORD relaxed [abort]: written before the release that was acquired above.
  notice.cause = static_cast<abort_cause>(a.cause.load(std::memory_order_relaxed));
  // ORD relaxed [abort]: likewise.
  notice.rank = a.rank.load(std::memory_order_relaxed);
  // ORD relaxed [abort]: likewise.
  notice.code = a.code.load(std::memory_order_relaxed);
  notice.message = a.message.data();
  return notice;
}

bool note_exit(memory& job, int r, int wait_status) noexcept {
  rank_words& w = job.rank(r);
  // ORD release [exit]: pairs with readers of the status in other processes; no data hangs on it.
  w.exit_status.store(static_cast<std::uint32_t>(wait_status) + 1, std::memory_order_release);
  // ORD acquire [phase]: pairs with leave; the rank's last writes are seen.
  const auto phase = static_cast<rank_phase>(w.phase.load(std::memory_order_acquire));
  const bool clean = WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0;
  if (phase == rank_phase::finished) return clean;
  if (phase == rank_phase::absent && clean) return true;  // a program that never communicates
  // ORD release [phase]: pairs with the acquire of peers in check_health.
  w.phase.store(static_cast<std::uint32_t>(rank_phase::lost), std::memory_order_release);
  for (int other = 0; other < static_cast<int>(job.header().size); ++other) {
    // ORD seq_cst [bell]: as in shm_endpoint::ring.
    job.rank(other).bell.fetch_add(1, std::memory_order_seq_cst);
    futex_wake(job.rank(other).bell, INT_MAX);
  }
  return false;
}

std::string describe_waits(const memory& job) {
  std::string text;
  const std::uint64_t now = now_ns();
  for (int r = 0; r < static_cast<int>(job.header().size); ++r) {
    const rank_words& w = job.rank(r);
    // ORD relaxed [waits]: a report; each word is right by itself.
    const auto kind = static_cast<op_kind>(w.operation.load(std::memory_order_relaxed));
    // ORD relaxed [waits]: likewise.
    const int peer = w.waiting_for.load(std::memory_order_relaxed);
    // ORD relaxed [waits]: likewise.
    const std::uint64_t since = w.waiting_since.load(std::memory_order_relaxed);
    // ORD relaxed [waits]: likewise.
    const auto phase = static_cast<rank_phase>(w.phase.load(std::memory_order_relaxed));
    text += fmt::format("rank {}: ", r);
    if (phase == rank_phase::absent) {
      text += "not started";
    } else if (phase == rank_phase::finished) {
      text += "finished";
    } else if (phase == rank_phase::lost) {
      text += "lost";
    } else if (kind == op_kind::none) {
      text += "computing";
    } else {
      text += std::string(name_of(kind));
      if (peer >= 0) text += fmt::format(", waits for rank {}", peer);
      text += fmt::format(" since {:.1f} s", now > since ? static_cast<double>(now - since) * 1e-9 : 0.0);
    }
    text += '\n';
  }
  return text;
}

void enter(memory& job, int r) {
  job_header& h = job.header();
  rank_words& w = job.rank(r);
  const int size = static_cast<int>(h.size);
  if (h.threads == 0 && h.launcher_pid != 0 && h.launcher_pid != ::getpid()) {
    if (::getppid() == h.launcher_pid) ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::kill(h.launcher_pid, 0) != 0 && errno == ESRCH) refuse(r, size, "the launcher is gone");
  }
  if (h.threads == 0) {
    // ORD relaxed [entered]: read in a child of this process.
    entered.store(&job, std::memory_order_relaxed);
    static const int watched = ::pthread_atfork(nullptr, nullptr, [] {
      // ORD relaxed [entered]: written by the process that this one is a copy of.
      if (memory* const inherited = entered.load(std::memory_order_relaxed)) inherited->become_private();
    });
    static_cast<void>(watched);
  }
  const auto taken = [&](std::uint32_t phase) {
    refuse(r, size,
           fmt::format("rank {} is taken already: {}", r,
                       phase == static_cast<std::uint32_t>(rank_phase::attached) ||
                               phase == static_cast<std::uint32_t>(rank_phase::absent)
                           ? "another process has it"
                           : "it has ended"));
  };
  // Whoever is second leaves the first one's words alone; rank 0 of a named job has written its number
  // before.
  std::int32_t pid = 0;
  // ORD relaxed [enter]: published by the phase below.
  if (!w.pid.compare_exchange_strong(pid, ::getpid(), std::memory_order_relaxed, std::memory_order_relaxed) &&
      pid != ::getpid()) {
    // ORD acquire [phase]: for the message.
    taken(w.phase.load(std::memory_order_acquire));
  }
  // ORD relaxed [enter]: as above.
  w.start_time.store(process_start_time(::getpid()), std::memory_order_relaxed);
  std::uint32_t absent = static_cast<std::uint32_t>(rank_phase::absent);
  // ORD acq_rel [phase]: release publishes pid and start time to peers; each rank is taken once.
  if (!w.phase.compare_exchange_strong(absent, static_cast<std::uint32_t>(rank_phase::attached),
                                       std::memory_order_acq_rel, std::memory_order_acquire)) {
    taken(absent);
  }
  // ORD acq_rel [attached]: the last rank sees all others' words before it says that the job runs.
  if (h.attached.fetch_add(1, std::memory_order_acq_rel) + 1 == h.size) {
    std::uint32_t forming = static_cast<std::uint32_t>(job_state::forming);
    // ORD release [job-state]: pairs with readers' acquire; an abort that came first stays.
    h.state.compare_exchange_strong(forming, static_cast<std::uint32_t>(job_state::running),
                                    std::memory_order_release, std::memory_order_relaxed);
  }
  futex_wake(h.attached, INT_MAX);
}

void leave(memory& job, int r) noexcept {
  std::uint32_t attached = static_cast<std::uint32_t>(rank_phase::attached);
  // ORD release [phase]: pairs with the acquire of peers and of note_exit: what the rank wrote stays
  // readable.
  job.rank(r).phase.compare_exchange_strong(attached, static_cast<std::uint32_t>(rank_phase::finished),
                                            std::memory_order_release, std::memory_order_relaxed);
}

}  // namespace twill::comm::detail::rendezvous
