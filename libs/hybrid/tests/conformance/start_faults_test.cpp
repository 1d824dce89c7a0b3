// SPDX-License-Identifier: Apache-2.0
// Starts that have to fail alike on all ranks, and settings.
#include "ranks.hpp"
#include "twill/base/checksum.hpp"
#include "twill/hybrid.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace twill::hybrid {
namespace {

#if defined(__SANITIZE_THREAD__)
constexpr int most_ranks = 1;
#elif defined(__has_feature)
constexpr int most_ranks = __has_feature(thread_sanitizer) ? 1 : 3;
#else
constexpr int most_ranks = 3;
#endif

void on_processes(int n, const std::function<void(int)>& body) {
  const auto statuses = ranks::fork_ranks(std::min(n, most_ranks), [&](int rank) {
    try {
      body(rank);
    } catch (const std::exception& e) {
      std::printf("rank %d throws: %s\n", rank, e.what());
      return 2;
    }
    return ::testing::Test::HasFailure() ? 1 : 0;
  });
  for (const int s : statuses) EXPECT_EQ(s, 0);
}

TEST(agreement, names_the_ranks_and_the_field_that_differ_on_every_rank) {
  struct difference {
    const char* field;
    std::function<void(options&)> make;
    const char* found;
    const char* expected;
  };
  const std::vector<difference> all{
      {"case", [](options& o) { o.case_hash = 7; }, "7", "0"},
      {"options", [](options& o) { o.options_hash = 9; }, "9", "0"},
      {"threads", [](options& o) { o.threads = 3; }, "3", "1"},
      {"floating-point state", [](options& o) { o.flush_denormals = true; }, "", ""}};
  for (const difference& d : all) {
    on_processes(3, [&d](int rank) {
      options o;
      o.threads = 1;
      if (most_ranks == 3 && rank == 2) d.make(o);
      try {
        const runtime here = start(o);
        EXPECT_EQ(most_ranks, 1) << "started " << here.size();
      } catch (const error& e) {
        EXPECT_EQ(e.code(), errc::ranks_disagree);
        EXPECT_EQ(e.details().what, std::string("ranks 2 differ from rank 0 in: ") + d.field);
        if (*d.found != '\0') {
          EXPECT_EQ(e.found(), d.found);
          EXPECT_EQ(e.expected(), d.expected);
        }
      }
      EXPECT_FALSE(comm::is_initialized());
    });
  }
}

TEST(settings_of_start, that_are_malformed_end_it_with_the_usage_code) {
  on_processes(1, [](int) {
    for (const char* name : {"TWILL_NUM_THREADS", "TWILL_MEM_FRACTION", "TWILL_NUMA", "RAYON_NUM_THREADS"}) {
      ::setenv(name, "nonsense", 1);
      try {
        const runtime here = local();
        ADD_FAILURE() << name << " was accepted";
      } catch (const twill::error& e) {
        EXPECT_EQ(e.exit(), exit_code::usage) << name;
        EXPECT_NE(std::string(e.what()).find(name), std::string::npos) << e.what();
      }
      ::unsetenv(name);
    }
  });
}

TEST(settings_of_start, take_threads_from_the_environment_and_memory_policy_too) {
  on_processes(1, [](int) {
    ::setenv("TWILL_NUM_THREADS", "3", 1);
    ::setenv("OMP_NUM_THREADS", "5", 1);
    ::setenv("TWILL_NUMA", "interleave", 1);
    {
      const runtime here = local();
      EXPECT_EQ(here.threads(), 3U);
      EXPECT_EQ(here.thread_origin().source, "TWILL_NUM_THREADS");
      EXPECT_EQ(here.topology().ranks[0].placement.substr(0, 10), "interleave");
      EXPECT_STREQ(std::getenv("OMP_NUM_THREADS"), "1");
      ASSERT_FALSE(here.topology().warnings.empty());
      EXPECT_EQ(here.topology().warnings[0], "solver threads: OMP_NUM_THREADS=5, set to 1 in this process");
    }
    EXPECT_STREQ(std::getenv("OMP_NUM_THREADS"), "5");
    EXPECT_EQ(std::getenv("MKL_NUM_THREADS"), nullptr);
  });
}

TEST(shared_data, is_the_same_on_or_off) {
  for (const sharing how : {sharing::required, sharing::off}) {
    on_processes(3, [how](int) {
      options o;
      o.threads = 1;
      o.share = how;
      const auto fill = [](std::size_t begin, std::span<std::byte> part) {
        for (std::size_t i = 0; i < part.size(); ++i) part[i] = static_cast<std::byte>((begin + i) * 7);
      };
      o.shared = {{.name = "a", .bytes = 1000, .by_leader = true, .fill = fill},
                  {.name = "b", .bytes = 777, .fill = fill}};
      runtime here = start(o);
      EXPECT_EQ(here.shared("a").shared(), how == sharing::required);
      std::vector<std::byte> wanted(1000);
      fill(0, wanted);
      EXPECT_EQ(here.shared("a").checksum(), crc32c(wanted));
      EXPECT_EQ(here.shared("b").view()[776], std::byte{776 * 7 % 256});
      try {
        static_cast<void>(here.shared("c"));
        ADD_FAILURE() << "there is a c";
      } catch (const twill::error& e) {
        EXPECT_EQ(e.found(), "c");
      }
    });
  }
}

TEST(run, gives_the_exit_code_of_the_body_or_of_what_it_throws) {
  const auto code_of = [](const std::function<int(runtime&)>& body) {
    const auto statuses = ranks::fork_ranks(1, [&](int) {
      const int keep = ::dup(STDERR_FILENO);
      ::close(STDERR_FILENO);
      const int code = run({.threads = 1}, body);
      ::dup2(keep, STDERR_FILENO);
      return code;
    });
    return WEXITSTATUS(statuses[0]);
  };
  EXPECT_EQ(code_of([](runtime&) { return 0; }), 0);
  EXPECT_EQ(code_of([](runtime&) { return 75; }), 75);
  EXPECT_EQ(code_of([](runtime&) -> int { throw std::runtime_error("plain"); }), 4);
  EXPECT_EQ(code_of([](runtime&) -> int {
              throw twill::error(twill::errc::invalid_value, {.what = "x", .where = location{}});
            }),
            1);
  EXPECT_EQ(code_of([](runtime& r) -> int {
              collective_try(r.world(), [] {
                throw twill::error(twill::errc::cannot_read, {.what = "x", .where = location{}});
              });
              return 0;
            }),
            2);
}

}  // namespace
}  // namespace twill::hybrid
