// SPDX-License-Identifier: Apache-2.0
#include "job.hpp"
#include "twill/base/error.hpp"
#include "twill/base/file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace twill::comm::launch {
namespace {

constexpr std::size_t scratch_bytes = std::size_t{1} << 20U;

// A pipe must never become one of the three standard descriptors: a rank's would overwrite it.
void open_standard_descriptors() {
  for (int fd = 0; fd < 3; ++fd) {
    if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) != fd)
      fail_system("cannot open /dev/null", errno);
  }
}

std::string_view hint_for(int exec_errno) {
  switch (exec_errno) {
    case ENOEXEC: return "a script begins with a line like #!/bin/sh; a program is built for this machine";
    case ENOENT: return "the interpreter that its first line or its header names is not there";
    case E2BIG: return "arguments and environment together are too long";
    default: return {};
  }
}

}  // namespace

int run(const checked_plan& p) {
  open_standard_descriptors();
  job j(p);
  j.start();
  return j.wait();
}

job::job(const checked_plan& p)
    : plan_(p),
      signals_(p.what.leaves_after),
      guard_(p.what.ranks),
      memory_(
          rendezvous::memory::create(p.what.ranks, {.limit = p.what.memory_limit, .launcher_pid = getpid()})),
      verdict_(*memory_, p.what.ranks),
      waits_(*memory_, std::chrono::duration_cast<clock::duration>(p.what.report_waits)),
      output_(std::make_shared<sink>(p.what.output)),
      errors_(same_target(p.what.output, p.what.errors) ? output_ : std::make_shared<sink>(p.what.errors)),
      scratch_(scratch_bytes) {}

job::~job() {
  kill_ranks(SIGKILL);
  setrlimit(RLIMIT_NOFILE, &signals_.before().files);
  for (std::size_t r = 0; r < ranks_.size(); ++r) {
    guard_.release(static_cast<int>(r));
    while (ranks_[r].pid > 0 && waitpid(ranks_[r].pid, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
}

// Two descriptors a rank, and shells commonly allow 1024 softly; ranks get the old limit back.
void job::allow_descriptors() {
  rlimit files = signals_.before().files;
  const rlim_t needed = 3 * static_cast<rlim_t>(plan_.what.ranks) + 64;
  if (files.rlim_cur == RLIM_INFINITY || files.rlim_cur >= needed) return;
  files.rlim_cur = files.rlim_max == RLIM_INFINITY ? needed : std::min(needed, files.rlim_max);
  setrlimit(RLIMIT_NOFILE, &files);  // where it is not allowed, making a pipe says so
}

void job::start() {
  allow_descriptors();
  memory_->keep_on_exec();
  const int n = plan_.what.ranks;
  const descriptor nothing(open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (!nothing) fail_system("cannot open /dev/null", errno);
  const bool terminal = isatty(plan_.what.input) != 0;
  pipe_ends failures = make_pipe();
  streams_.reserve(2 * static_cast<std::size_t>(n));
  for (int r = 0; r < n; ++r) {
    const image what(plan_, r, memory_->fd());
    const int input = r != 0 ? nothing.get() : terminal ? -1 : plan_.what.input;
    child c = start_rank({what, input, failures.write.get(), r, signals_.before()});
    ranks_.push_back({c.pid});
    guard_.watch(r, c.pid);
    ++running_;
    streams_.emplace_back(std::move(c.output), output_, n == 1 ? stream::mode::at_once : stream::mode::lines);
    streams_.emplace_back(std::move(c.errors), errors_, stream::mode::prefixed, fmt::format("[{}] ", r));
    if (c.input) keyboard_.emplace(plan_.what.input, std::move(c.input));
  }
  check_executed(std::move(failures.read), std::move(failures.write));
  if (!plan_.what.record.empty()) write_record();
}

// The end of file says that every rank has become its program: exec closed their ends of the pipe.
void job::check_executed(descriptor failures, descriptor write_end) {
  write_end.close();
  exec_failure why{};
  ssize_t n = 0;
  while ((n = read(failures.get(), &why, sizeof why)) < 0 && errno == EINTR) {
  }
  if (n != static_cast<ssize_t>(sizeof why)) return;
  throw twill::error(twill::errc::cannot_read,
                     {.what = fmt::format("rank {} cannot be started: {}", why.rank, std::strerror(why.code)),
                      .found = plan_.program,
                      .hint = std::string(hint_for(why.code))});
}

void job::write_record() const {
  std::string text = fmt::format("launcher {}\nguard {}\n", getpid(), guard_.pid());
  for (std::size_t r = 0; r < ranks_.size(); ++r) text += fmt::format("rank {} {}\n", r, ranks_[r].pid);
  write_file_atomically(plan_.what.record, text);
}

}  // namespace twill::comm::launch
