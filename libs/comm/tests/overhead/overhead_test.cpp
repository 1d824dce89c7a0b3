// SPDX-License-Identifier: Apache-2.0
// What a call costs that has nothing to do: executed instructions, counted by stepping through them. Only in
// optimised builds without a sanitizer; elsewhere the number says nothing.
#include "twill/comm.hpp"

#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <span>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

namespace comm = twill::comm;

[[gnu::noinline]] void four_doubles(const comm::local_comm& world, std::span<const double, 4> in,
                                    std::span<double, 4> out) {
  world.allreduce(in, out, comm::sum);
}
[[gnu::noinline]] void nothing(const comm::local_comm&, std::span<const double, 4> in,
                               std::span<double, 4> out) {
  asm volatile("" : : "r"(in.data()), "r"(out.data()) : "memory");
}

// Steps of a process from one stop to the next, between which it calls `body` once; -1 where it cannot be
// traced.
template <class F>
long steps(F body) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
    ::raise(SIGSTOP);
    body();
    ::raise(SIGUSR1);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  long n = 0;
  while (WIFSTOPPED(status) && WSTOPSIG(status) != SIGUSR1) {
    if (::ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) != 0) return -1;
    ::waitpid(child, &status, 0);
    ++n;
  }
  ::ptrace(PTRACE_CONT, child, nullptr, nullptr);
  ::waitpid(child, &status, 0);
  return n;
}

TEST(overhead, an_allreduce_of_four_doubles_on_one_rank_is_thirty_instructions_at_most) {
  auto env = comm::environment::init({.backend = "local", .checks = comm::check_level::none});
  const std::array<double, 4> in{1.0, 2.0, 3.0, 4.0};
  std::array<double, 4> out{};
  env.with([&](auto& world) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(world)>, comm::local_comm>) {
      four_doubles(world, in, out);
      EXPECT_EQ(out, in);
      // The first run of each in the child binds the symbols that both call.
      const long bare = steps([&] { nothing(world, in, out); });
      const long whole = steps([&] { four_doubles(world, in, out); });
      ASSERT_GT(bare, 0);
      EXPECT_LE(whole - bare, 30);
      std::printf("an allreduce of four doubles on one rank: %ld instructions\n", whole - bare);
    }
  });
}

}  // namespace
