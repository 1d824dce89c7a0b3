// SPDX-License-Identifier: Apache-2.0
#include "guard.hpp"

#include "child.hpp"

#include <cerrno>
#include <csignal>
#include <linux/close_range.h>
#include <new>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace twill::comm::launch {
namespace {

// Closes all but standard input. The launcher's output must not stay open here: its readers wait for the end
// of file.
void keep_input_only() noexcept {
  if (syscall(SYS_close_range, 1U, ~0U, 0U) == 0) return;
  const long most = sysconf(_SC_OPEN_MAX);  // kernels before 5.9
  for (int fd = 1; fd < (most > 0 ? static_cast<int>(most) : 1024); ++fd) close(fd);
}

[[noreturn]] void stand_guard(int alive, std::span<const std::atomic<pid_t>> groups) noexcept {
  setsid();  // neither the terminal's signals nor a kill of the launcher's group end it
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_SETMASK, &all, nullptr);
  prctl(PR_SET_NAME, "twill-guard");
  dup2(alive, STDIN_FILENO);
  keep_input_only();
  char nothing = 0;
  while (read(STDIN_FILENO, &nothing, 1) < 0 && errno == EINTR) {
  }
  for (const std::atomic<pid_t>& group : groups) {
    // ORD acquire [guard]: pairs with `watch`; the launcher is gone, so no later value comes.
    if (const pid_t pid = group.load(std::memory_order_acquire); pid > 0) kill(-pid, SIGKILL);
  }
  _exit(0);
}

}  // namespace

guard::guard(int ranks) {
  const auto count = static_cast<std::size_t>(ranks);
  void* shared = mmap(nullptr, count * sizeof(std::atomic<pid_t>), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED) fail_system("cannot map a page", errno);
  auto* first = static_cast<std::atomic<pid_t>*>(shared);
  for (std::size_t i = 0; i < count; ++i) new (first + i) std::atomic<pid_t>(0);
  groups_ = {first, count};
  try {
    pipe_ends ends = make_pipe();
    pid_ = fork();
    if (pid_ < 0) fail_system("cannot start the guard of the ranks", errno);
    if (pid_ == 0) stand_guard(ends.read.get(), groups_);
    alive_ = std::move(ends.write);
  } catch (...) {
    munmap(shared, groups_.size_bytes());
    throw;
  }
}

guard::~guard() {
  alive_.close();
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  munmap(groups_.data(), groups_.size_bytes());
}

void guard::watch(int rank, pid_t group) noexcept {
  // ORD release [guard]: pairs with the guard's acquire.
  groups_[static_cast<std::size_t>(rank)].store(group, std::memory_order_release);
}

}  // namespace twill::comm::launch
