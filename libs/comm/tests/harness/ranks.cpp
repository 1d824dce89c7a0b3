// SPDX-License-Identifier: Apache-2.0
#include "ranks.hpp"

#include "twill/comm/detail/rendezvous.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <ostream>
#include <poll.h>
#include <set>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace ranks {
namespace {

namespace rendezvous = twill::comm::detail::rendezvous;

std::set<std::string>& seen() {
  static std::set<std::string> combinations;
  return combinations;
}

// Set by CTest for a program that an MPI launcher starts: the number of ranks it starts.
int mpi_ranks() {
  const char* const n = std::getenv("TWILL_TEST_MPI_RANKS");
  return n == nullptr ? 0 : std::atoi(n);
}

std::unique_ptr<twill::comm::environment>& mpi_environment() {
  static std::unique_ptr<twill::comm::environment> one;
  return one;
}

// Says how many combinations of case, backend and ranks ran.
class counter final : public ::testing::Environment {
 public:
  void TearDown() override {
    mpi_environment().reset();
    std::printf("combinations of case, backend and number of ranks: %zu\n", seen().size());
  }
};

[[maybe_unused]] ::testing::Environment* const registered = ::testing::AddGlobalTestEnvironment(new counter);

constexpr bool thread_sanitizer =
#if defined(__SANITIZE_THREAD__)
    true;
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
    true;
#else
    false;
#endif
#else
    false;
#endif

}  // namespace

std::string name(const layout& l) {
  switch (l.how) {
    case carrier::local: return "local_1";
    case carrier::any_local: return "any_local_1";
    case carrier::threads: return "shm_threads_" + std::to_string(l.ranks);
    case carrier::any_threads: return "any_shm_threads_" + std::to_string(l.ranks);
    case carrier::processes: return "shm_processes_" + std::to_string(l.ranks);
    case carrier::mpi: return "mpi_" + std::to_string(l.ranks);
  }
  return "unknown";
}

std::ostream& operator<<(std::ostream& out, const layout& l) { return out << name(l); }

std::vector<layout> all() {
  if (const int n = mpi_ranks(); n > 0) return {{carrier::mpi, n}};
#ifdef TWILL_TESTS_SHORT
  return {{carrier::threads, 2}, {carrier::threads, 3}, {carrier::threads, 4}};
#else
  std::vector<layout> out{{carrier::local, 1}, {carrier::any_local, 1}};
  for (const int n : {1, 2, 3, 4}) out.push_back({carrier::threads, n});
  out.push_back({carrier::any_threads, 2});
  out.push_back({carrier::any_threads, 3});
  // The thread sanitizer sees one process; the same code runs on threads there.
  if (!thread_sanitizer) {
    for (const int n : {1, 2, 3, 4}) out.push_back({carrier::processes, n});
  }
  return out;
#endif
}

std::vector<layout> several() {
  std::vector<layout> out = all();
  std::erase_if(out, [](const layout& l) { return l.ranks < 2; });
  return out;
}

std::vector<int> fork_ranks(int n, const std::function<int(int)>& rank_main, std::chrono::seconds limit) {
  const auto job = rendezvous::memory::create(n, {.launcher_pid = ::getpid()});
  std::vector<pid_t> pids;
  std::vector<int> watched;
  std::fflush(nullptr);
  for (int r = 0; r < n; ++r) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::setenv("TWILL_SHM_FD", std::to_string(job->fd()).c_str(), 1);
      ::setenv("TWILL_RANK", std::to_string(r).c_str(), 1);
      ::setenv("TWILL_SIZE", std::to_string(n).c_str(), 1);
      const int code = rank_main(r);
      std::fflush(nullptr);
      ::_exit(code);
    }
    pids.push_back(pid);
    watched.push_back(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  }
  std::vector<int> statuses(static_cast<std::size_t>(n), -1);
  const auto end = std::chrono::steady_clock::now() + limit;
  for (;;) {
    std::vector<pollfd> polls;
    for (std::size_t r = 0; r < pids.size(); ++r) {
      if (statuses[r] == -1) polls.push_back({watched[r], POLLIN, 0});
    }
    if (polls.empty()) break;
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    const int ready =
        ::poll(polls.data(), polls.size(), static_cast<int>(std::max<std::int64_t>(0, left.count())));
    if (ready == 0) {
      ADD_FAILURE() << "ranks did not end within " << limit.count() << " s:\n"
                    << rendezvous::describe_waits(*job);
      for (std::size_t r = 0; r < pids.size(); ++r)
        if (statuses[r] == -1) ::kill(pids[r], SIGKILL);
    }
    for (std::size_t r = 0; r < pids.size(); ++r) {
      if (statuses[r] != -1 || ::waitpid(pids[r], &statuses[r], ready == 0 ? 0 : WNOHANG) == pids[r])
        continue;
      statuses[r] = -1;
    }
    for (std::size_t r = 0; r < pids.size(); ++r) {
      if (statuses[r] != -1) rendezvous::note_exit(*job, static_cast<int>(r), statuses[r]);
    }
  }
  for (const int fd : watched) ::close(fd);
  return statuses;
}

namespace detail {

void on_processes(int n, const std::function<void()>& body) {
  const std::vector<int> statuses = fork_ranks(n, [&](int r) {
    try {
      body();
    } catch (const std::exception& e) {
      std::printf("rank %d throws: %s\n", r, e.what());
      return 2;
    }
    return ::testing::Test::HasFailure() ? 1 : 0;
  });
  for (std::size_t r = 0; r < statuses.size(); ++r) {
    EXPECT_TRUE(WIFEXITED(statuses[r]) && WEXITSTATUS(statuses[r]) == 0)
        << "rank " << r << " of " << n << " ended with wait status " << statuses[r];
  }
}

twill::comm::any_communicator mpi_world(const twill::comm::environment_options& options) {
  auto& env = mpi_environment();
  if (!env) env = std::make_unique<twill::comm::environment>(twill::comm::environment::init(options));
  // Some rows run without agreements, so that the library's own calls stand alone.
  const char* const level = std::getenv("TWILL_TEST_MPI_CHECKS");
  const bool plain = level != nullptr && std::string(level) == "normal" &&
                     options.checks == twill::comm::check_level::collective;
  // Without a limit a receive is the library's own call.
  const bool endless = plain && *options.timeout >= std::chrono::seconds(60);
  env->world().engine().ctx().ep->set_checks(plain ? twill::comm::check_level::normal : *options.checks,
                                             endless ? std::chrono::nanoseconds(0) : *options.timeout);
  return env->world().duplicate();
}

void count(const layout& l) {
  const auto* const info = ::testing::UnitTest::GetInstance()->current_test_info();
  seen().insert(std::string(info->test_suite_name()) + "." + info->name() + " " + name(l));
}

}  // namespace detail

std::set<std::string> named_memory() {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator("/dev/shm")) {
    const std::string name = entry.path().filename().string();
    const auto begins = [&name](const char* with) { return name.starts_with(with); };
    // MPICH; Open MPI's vader and one-sided components.
    if (!begins("mpich") && !begins("vader_segment") && !begins("osc_")) names.insert(name);
  }
  return names;
}

std::set<std::string> left_in_memory(const std::set<std::string>& before) {
  const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (true) {
    std::set<std::string> left;
    for (const std::string& name : named_memory())
      if (!before.contains(name)) left.insert(name);
    if (left.empty() || std::chrono::steady_clock::now() > patience) return left;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

}  // namespace ranks
