// SPDX-License-Identifier: Apache-2.0
// Ranks that inherit no descriptor meet at a name in the memory file system. The memory is complete before it
// has the name, and the name goes as soon as every rank has mapped it: only a job all of whose ranks are
// killed while it forms leaves one behind, and the next job of that name takes it over.
#include "shm/futex.hpp"
#include "shm/process.hpp"
#include "twill/comm/detail/rendezvous.hpp"
#include "twill/comm/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace twill::comm::detail::rendezvous {
namespace {

using clock_type = std::chrono::steady_clock;

constexpr std::string_view folder = "/dev/shm/";
constexpr std::size_t longest_name = 200;

class file {
 public:
  explicit file(int fd) noexcept : fd_(fd) {}
  file(const file&) = delete;
  file& operator=(const file&) = delete;
  ~file() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

[[noreturn]] void refuse(const meeting& m, std::string what, int code = 0, errc why = errc::init_failed) {
  throw error(why, {"init", backend_kind::shm, m.rank, m.size}, std::move(what), {}, 0, code);
}

std::string path_of(const meeting& m) {
  std::string_view name(m.name);
  if (name.starts_with('/')) name.remove_prefix(1);
  if (name.empty() || name == "." || name == ".." || name.size() > longest_name ||
      name.find('/') != std::string_view::npos) {
    refuse(m,
           fmt::format("{}={}: not a name in the memory file system, expected 1 to {} bytes without a slash",
                       env_name, m.name, longest_name),
           0, errc::bad_configuration);
  }
  return std::string(folder) + std::string(name);
}

bool same_file(int fd, const std::string& path) noexcept {
  struct stat here{};
  struct stat there{};
  return ::fstat(fd, &here) == 0 && ::stat(path.c_str(), &there) == 0 && here.st_ino == there.st_ino &&
         here.st_dev == there.st_dev;
}

// What a job's memory says of the process that made it.
struct maker {
  bool ours = false;  // it is a job's memory
  int pid = 0;
  std::uint64_t started = 0;
  [[nodiscard]] bool gone() const noexcept { return process_start_time(pid) != started; }
};

maker maker_of(int fd) noexcept {
  maker out;
  std::uint64_t first = 0;
  std::int32_t pid = 0;
  std::uint64_t started = 0;
  constexpr auto words = static_cast<off_t>(sizeof(job_header));
  const auto read = [fd](void* to, std::size_t n, off_t at) {
    return ::pread(fd, to, n, at) == static_cast<ssize_t>(n);
  };
  out.ours = read(&first, sizeof first, offsetof(job_header, magic)) && first == magic &&
             read(&pid, sizeof pid, words + static_cast<off_t>(offsetof(rank_words, pid))) &&
             read(&started, sizeof started, words + static_cast<off_t>(offsetof(rank_words, start_time)));
  out.pid = pid;
  out.started = started;
  return out;
}

// Between two looks for a name: twice as long each time.
class back_off {
 public:
  void pause(clock_type::time_point until) {
    const auto left =
        std::max(std::chrono::nanoseconds(0), std::chrono::nanoseconds(until - clock_type::now()));
    const std::chrono::nanoseconds now = std::min<std::chrono::nanoseconds>(left, next_);
    const timespec t{0, static_cast<long>(now.count())};
    ::nanosleep(&t, nullptr);
    next_ = std::min(2 * next_, std::chrono::microseconds(50'000));
  }

 private:
  std::chrono::microseconds next_{500};
};

// Takes a name away whose maker is gone. Two ranks 0 may try at once: the lock lets one of them, and the
// other finds the name gone or another file behind it.
void reclaim(const meeting& m, const std::string& path) {
  const file old(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (old.get() < 0) {
    if (errno == ENOENT) return;
    refuse(m, fmt::format("{}={}: {}", env_name, m.name, std::strerror(errno)), errno);
  }
  const maker who = maker_of(old.get());
  if (!who.ours) refuse(m, fmt::format("{}={}: {} is not a job's memory", env_name, m.name, path));
  if (!who.gone()) {
    refuse(m, fmt::format("{}={} is taken: a job that process {} began is forming there", env_name, m.name,
                          who.pid));
  }
  if (::flock(old.get(), LOCK_EX) != 0 || !same_file(old.get(), path)) return;
  ::unlink(path.c_str());
  const std::string text =
      fmt::format("comm: warning: took over the name {} that process {}, which is gone, had left behind\n",
                  m.name, who.pid);
  // Promised to whoever starts jobs by a name; a library has no log that is sure to be read.
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

std::shared_ptr<memory> memory::make_named(const meeting& m, const std::string& path) {
  file fresh(::open(std::string(folder).c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (fresh.get() < 0)
    refuse(m, fmt::format("no memory can be made in {}: {}", folder, std::strerror(errno)), errno);
  const std::string self = fmt::format("/proc/self/fd/{}", fresh.get());
  auto made = format(fresh.release(), m.size, {.limit = m.limit});
  rank_words& mine = made->rank(0);
  // ORD relaxed [enter]: the link below is what lets others see it.
  mine.pid.store(::getpid(), std::memory_order_relaxed);
  // ORD relaxed [enter]: likewise.
  mine.start_time.store(process_start_time(::getpid()), std::memory_order_relaxed);
  while (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) != 0) {
    if (errno != EEXIST) refuse(m, fmt::format("{}={}: {}", env_name, m.name, std::strerror(errno)), errno);
    reclaim(m, path);
  }
  return made;
}

// Null: it is not there yet, or somebody left it behind.
std::shared_ptr<memory> memory::find_named(const meeting& m, const std::string& path) {
  file found(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
  if (found.get() < 0) {
    if (errno == ENOENT) return nullptr;
    refuse(m, fmt::format("{}={}: {}", env_name, m.name, std::strerror(errno)), errno);
  }
  const maker who = maker_of(found.get());
  if (!who.ours) refuse(m, fmt::format("{}={}: {} is not a job's memory", env_name, m.name, path));
  if (who.gone()) return nullptr;
  return adopt(found.release(), m.rank, m.size);
}

std::shared_ptr<memory> memory::meet(const meeting& m) {
  const std::string path = path_of(m);
  if (m.rank == 0) return make_named(m, path);
  back_off wait;
  for (;;) {
    if (auto found = find_named(m, path)) return found;
    if (clock_type::now() >= m.until) {
      refuse(m, fmt::format("rank 0 has not come to {}={} in time (TWILL_SHM_CONNECT_TIMEOUT)", env_name,
                            m.name));
    }
    wait.pause(m.until);
  }
}

void memory::await_all(const meeting& m, const std::function<void()>& look) {
  const std::string path = path_of(m);
  struct forget {
    const memory& self;
    const std::string& path;
    // Whoever is first: the others find it gone, or a later job's behind it.
    ~forget() {
      if (same_file(self.fd(), path)) ::unlink(path.c_str());
    }
  } const at_end{*this, path};
  const std::atomic<std::uint32_t>& come = header().attached;
  for (;;) {
    // ORD acquire [attached]: pairs with enter: all ranks' words are seen.
    const std::uint32_t seen = come.load(std::memory_order_acquire);
    if (seen >= header().size) return;
    look();
    if (clock_type::now() >= m.until) break;
    futex_wait(come, seen, std::min<std::chrono::nanoseconds>(health_interval, m.until - clock_type::now()));
  }
  std::vector<int> missing;
  for (int r = 0; r < m.size; ++r) {
    // ORD relaxed [phase]: a report.
    if (rank(r).phase.load(std::memory_order_relaxed) == static_cast<std::uint32_t>(rank_phase::absent))
      missing.push_back(r);
  }
  const std::string what =
      fmt::format("rank{} {} did not come to {}={} in time (TWILL_SHM_CONNECT_TIMEOUT)",
                  missing.size() == 1 ? "" : "s", fmt::join(missing, ", "), env_name, m.name);
  record_abort(*this, abort_cause::timeout, m.rank, 4, what);
  refuse(m, what);
}

}  // namespace twill::comm::detail::rendezvous
