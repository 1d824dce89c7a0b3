// SPDX-License-Identifier: Apache-2.0
#include "core_support.hpp"

#include <functional>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__SANITIZE_THREAD__)
// A forked child of a process with threads starts threads of its own, which ThreadSanitizer refuses by
// default.
extern "C" const char* __tsan_default_options();
extern "C" const char* __tsan_default_options() { return "die_after_fork=0"; }
#endif

namespace twill::par::test {
namespace {

/// What a child that runs `f` exits with; a child that hangs is ended by its alarm, which is no exit code.
int exit_code_of_child(const std::function<int()>& f) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    _exit(f());
  }
  int status = 0;
  if (waitpid(child, &status, 0) != child || !WIFEXITED(status)) return -1;
  return WEXITSTATUS(status);
}

TEST(fork, child_works_with_a_fresh_global_pool) {
  EXPECT_EQ(fib(12), 144);
  EXPECT_EQ(exit_code_of_child([] { return fib(12) == 144 ? 7 : 1; }), 7);
  EXPECT_EQ(fib(12), 144);
}

TEST(fork, child_of_a_child_works_too) {
  EXPECT_EQ(fib(12), 144);
  EXPECT_EQ(exit_code_of_child([] {
              if (fib(10) != 55) return 1;
              return exit_code_of_child([] { return fib(11) == 89 ? 9 : 2; });
            }),
            9);
}

TEST(fork, child_gets_an_error_from_its_parents_pool) {
  const auto pool = thread_pool_builder{}.num_threads(2).build();
  EXPECT_EQ(pool.install([] { return 1; }), 1);
  const auto is_lost = [](const std::function<void()>& f) {
    try {
      f();
    } catch (const error& e) {
      return e.code() == errc::pool_lost_in_fork;
    }
    return false;
  };
  EXPECT_EQ(exit_code_of_child([&] {
              int lost = 0;
              if (is_lost([&] { pool.install([] {}); })) ++lost;
              if (is_lost([&] { pool.join([] {}, [] {}); })) ++lost;
              if (is_lost([&] { pool.spawn([] {}); })) ++lost;
              if (is_lost([&] { pool.broadcast([](broadcast_context) {}); })) ++lost;
              if (is_lost([&] { pool.in_place_scope([](scope_t&) {}); })) ++lost;
              return lost;
            }),
            5);
  EXPECT_EQ(pool.install([] { return 2; }), 2);
}

TEST(fork, child_may_destroy_its_parents_pool_and_build_its_own) {
  auto pool = std::make_unique<thread_pool>(thread_pool_builder{}.num_threads(2).build());
  EXPECT_EQ(pool->install([] { return 1; }), 1);
  EXPECT_EQ(exit_code_of_child([&] {
              pool.reset();
              // A larger stack than the parent's threads had: the C library hands out theirs otherwise, and
              // ThreadSanitizer takes a thread at a known address for the old one.
              const auto own = thread_pool_builder{}.num_threads(2).stack_size(std::size_t{1} << 26U).build();
              return own.install([] { return fib(10); }) == 55 ? 11 : 1;
            }),
            11);
}

}  // namespace
}  // namespace twill::par::test
