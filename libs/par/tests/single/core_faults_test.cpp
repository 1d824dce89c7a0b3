// SPDX-License-Identifier: Apache-2.0
// What no program should do and every program meets once. Each case has a process of its own.
#include "../conformance/core_support.hpp"
#include "twill/base/event.hpp"

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <sys/resource.h>
#include <thread>
#include <vector>

namespace twill::par::test {
namespace {

// More than there are addresses: no thread with this stack can be created.
constexpr std::size_t impossible_stack = std::size_t{1} << 47;

TEST(faults, a_thread_that_cannot_be_created_is_an_error_with_errno_and_count) {
  const std::string what = message_of<error>(
      [] { static_cast<void>(thread_pool_builder{}.num_threads(3).stack_size(impossible_stack).build()); });
  EXPECT_EQ(what.substr(0, what.find('\n')),
            "error[thread_spawn_failed]: worker thread 0 of 3 could not be created: Resource temporarily "
            "unavailable "
            "(errno 11) (found 0 started, expected 3)");
}

TEST(faults, a_thread_count_above_the_limit_is_the_limit) {
  // A pool of so many workers is refused at its first thread, which names the count that was tried.
  const std::string what = message_of<error>([] {
    static_cast<void>(
        thread_pool_builder{}
            .num_threads(1'000'000)
            .spawn_handler([](worker_thread&&) { return std::make_error_code(std::errc::not_enough_memory); })
            .build());
  });
  EXPECT_NE(what.find("worker thread 0 of 65535 could not be created"), std::string::npos) << what;
}

/// Keeps the names of the warnings.
class heard_warnings final : public event_sink {
 public:
  void receive(const event& e) override { names_ += std::string(e.name) + ";"; }
  [[nodiscard]] const std::string& names() const noexcept { return names_; }

 private:
  std::string names_;
};

class fallback : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("TWILL_NUM_THREADS", "2", 1);
    setenv("TWILL_STACK_SIZE", std::to_string(impossible_stack).c_str(), 1);
  }
};

TEST_F(fallback, global_pool_without_threads_warns_and_works_on_the_calling_thread) {
  const auto sink = std::make_shared<heard_warnings>();
  const auto before = install_event_sink(sink, event_level::warning);
  std::thread::id where;
  scope([&](scope_t& s) { s.spawn([&] { where = std::this_thread::get_id(); }); });
  install_event_sink(before, event_level::off);
  EXPECT_EQ(where, std::this_thread::get_id());
  EXPECT_EQ(sink->names(), "par.pool.no_threads;");
  EXPECT_EQ(fib(15), 610);
  EXPECT_EQ(current_num_threads(), 1U);
  EXPECT_EQ(describe_current_pool().num_threads_origin.find(
                "fallback: worker thread 0 of 2 could not be created: "),
            0U);
  EXPECT_EQ(current_thread_index(), std::nullopt);
}

TEST_F(fallback, every_kind_of_call_from_any_thread_ends_without_threads) {
  tally ran;
  const auto everything = [&] {
    EXPECT_EQ(fib(10), 55);
    for (int i = 0; i < 20; ++i) spawn([&] { spawn_fifo([&] { ran.add(); }); });
    EXPECT_EQ(broadcast([](broadcast_context c) { return c.num_threads(); }), std::vector<std::size_t>{1});
    in_place_scope([&](scope_t& s) {
      s.spawn([&](scope_t& inner) { inner.spawn([&] { ran.add(); }); });
      s.spawn_broadcast([&](broadcast_context) { ran.add(); });
    });
    scope([&](scope_t& s) {
      spawn_broadcast([&](broadcast_context) { ran.add(); });
      s.spawn([&] { EXPECT_EQ(broadcast([](broadcast_context c) { return c.index(); }).size(), 1U); });
    });
  };
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) threads.emplace_back(everything);
  everything();
  for (auto& t : threads) t.join();
  EXPECT_EQ(ran.value(), 5U * 23U);
  shutdown_global();
}

// Uses the stack up to its guard page; what it writes keeps the compiler from turning it into a loop.
[[gnu::noinline]] std::size_t recurse(std::size_t depth) {
  std::array<char, 4096> frame{};
  volatile char* const at = &frame[depth % 4096];
  *at = 1;
  return depth == static_cast<std::size_t>(-1) ? 0 : recurse(depth + 1) + static_cast<std::size_t>(*at);
}

TEST(faults_death, a_task_that_uses_up_its_stack_ends_the_process_on_the_guard_page) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  const auto overflow = [] {
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    const auto pool = thread_pool_builder{}.num_threads(1).stack_size(std::size_t{1} << 20U).build();
    pool.install([] { std::printf("%zu\n", recurse(0)); });
  };
#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__) || defined(__clang__)
  // A sanitizer turns the signal into its own report.
  EXPECT_DEATH(overflow(), "");
#else
  EXPECT_EXIT(overflow(), ::testing::KilledBySignal(SIGSEGV), "");
#endif
}

TEST(faults_death, calls_from_exit_handlers_still_work) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        std::atexit([] { std::fprintf(stderr, "fib(12) at exit is %ld\n", fib(12)); });
        static_cast<void>(fib(5));
        std::exit(0);
      },
      ::testing::ExitedWithCode(0), "fib\\(12\\) at exit is 144");
}

}  // namespace
}  // namespace twill::par::test
