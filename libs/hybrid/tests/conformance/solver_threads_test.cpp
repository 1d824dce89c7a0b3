// SPDX-License-Identifier: Apache-2.0
// Libraries that start threads of their own do not do so inside workers: the threads of the process are
// counted around an OpenBLAS call and an OpenMP region in every worker. Both libraries are opened at run
// time, so that nothing here is built for them (Debian: libopenblas0-pthread, libgomp1).
#include "ranks.hpp"
#include "twill/hybrid.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <dlfcn.h>
#include <functional>
#include <string>
#include <unistd.h>
#include <vector>

namespace twill::hybrid {
namespace {

std::size_t os_threads() {
  std::size_t n = 0;
  DIR* const d = ::opendir("/proc/self/task");
  if (d == nullptr) return 0;
  while (const dirent* e = ::readdir(d)) n += e->d_name[0] != '.' ? 1U : 0U;
  ::closedir(d);
  return n;
}

template <class F>
F function_of(const char* library, const char* name) {
  void* const handle = ::dlopen(library, RTLD_NOW | RTLD_GLOBAL);
  EXPECT_NE(handle, nullptr) << library << " is not installed: " << ::dlerror();
  void* const symbol = handle == nullptr ? nullptr : ::dlsym(handle, name);
  EXPECT_NE(symbol, nullptr) << name;
  F out = nullptr;
  std::memcpy(&out, &symbol, sizeof(out));
  return out;
}

using parallel_region = void (*)(void (*)(void*), void*, unsigned, unsigned);
using matrix_product = void (*)(int order, int ta, int tb, int m, int n, int k, double alpha, const double* a,
                                int lda, const double* b, int ldb, double beta, double* c, int ldc);

void region_body(void* counter) {
  // ORD relaxed: a count that the end of the region orders.
  static_cast<std::atomic<int>*>(counter)->fetch_add(1, std::memory_order_relaxed);
}

// How many threads take part in an OpenMP region of this thread.
int team_size(parallel_region parallel) {
  std::atomic<int> members{0};
  parallel(region_body, &members, 0, 0);
  // ORD relaxed: after the region.
  return members.load(std::memory_order_relaxed);
}

double product_corner(matrix_product dgemm) {
  constexpr int n = 300;
  const std::vector<double> a(n * n, 1.0);
  std::vector<double> c(n * n);
  dgemm(101, 111, 111, n, n, n, 1.0, a.data(), n, a.data(), n, 0.0, c.data(), n);
  return c.back();
}

void in_process(const std::function<void()>& body) {
  const auto statuses = ranks::fork_ranks(1, [&](int) {
    try {
      body();
    } catch (const std::exception& e) {
      std::printf("throws: %s\n", e.what());
      return 2;
    }
    return ::testing::Test::HasFailure() ? 1 : 0;
  });
  EXPECT_EQ(statuses[0], 0);
}

// Who runs the tests may have set some of these.
struct solver_threads : ::testing::Test {
  solver_threads() {
    for (const suppressed_variable& v : suppress_solver_threads(suppression::check).variables)
      ::unsetenv(v.name.c_str());
  }
};

void check_workers(bool loaded_before) {
  // What the user's shell might say.
  ::setenv("OMP_NUM_THREADS", "3", 1);
  ::setenv("OPENBLAS_NUM_THREADS", "3", 1);
  if (loaded_before) {
    static_cast<void>(function_of<parallel_region>("libgomp.so.1", "GOMP_parallel"));
    static_cast<void>(function_of<matrix_product>("libopenblas.so.0", "cblas_dgemm"));
  }
  const runtime here = local({.threads = 2});
  const auto parallel = function_of<parallel_region>("libgomp.so.1", "GOMP_parallel");
  const auto dgemm = function_of<matrix_product>("libopenblas.so.0", "cblas_dgemm");
  ASSERT_NE(parallel, nullptr);
  ASSERT_NE(dgemm, nullptr);
  const std::size_t before = os_threads();
  const auto teams = par::broadcast([&](par::broadcast_context) {
    EXPECT_EQ(product_corner(dgemm), 300.0);
    return team_size(parallel);
  });
  EXPECT_EQ(os_threads(), before);
  EXPECT_EQ(teams, (std::vector<int>{1, 1}));
  EXPECT_EQ(team_size(parallel), 1) << "and on the main thread";
}

TEST_F(solver_threads, of_libraries_that_are_loaded_later_are_not_started) {
  in_process([] { check_workers(false); });
  EXPECT_EQ(std::getenv("OMP_NUM_THREADS"), nullptr) << "nothing of it in this process";
}

TEST_F(solver_threads, of_libraries_that_are_there_before_are_not_started) {
  in_process([] { check_workers(true); });
  EXPECT_EQ(std::getenv("OMP_NUM_THREADS"), nullptr) << "nothing of it in this process";
}

TEST_F(solver_threads, would_be_started_without_suppression) {
  in_process([] {
    ::setenv("OMP_NUM_THREADS", "3", 1);
    options o;
    o.threads = 2;
    o.solver_threads = suppression::off;
    const runtime here = local(o);
    EXPECT_EQ(here.topology().suppression, "off");
    const auto parallel = function_of<parallel_region>("libgomp.so.1", "GOMP_parallel");
    const std::size_t before = os_threads();
    const auto teams = par::broadcast([&](par::broadcast_context) { return team_size(parallel); });
    EXPECT_EQ(teams, (std::vector<int>{3, 3}));
    EXPECT_EQ(os_threads(), before + 4) << "two more of each worker";
  });
  EXPECT_EQ(std::getenv("OMP_NUM_THREADS"), nullptr) << "nothing of it in this process";
}

TEST_F(solver_threads, have_every_variable_set_reported_and_given_back) {
  in_process([] {
    ::setenv("MKL_NUM_THREADS", "8", 1);
    ::setenv("HIGHS_PARALLEL", "false", 1);
    const suppression_report checked = suppress_solver_threads(suppression::check);
    EXPECT_STREQ(std::getenv("MKL_NUM_THREADS"), "8");
    EXPECT_EQ(checked.warnings.size(), 10U) << "all but HIGHS_PARALLEL";
    EXPECT_EQ(checked.to_string(), "checked, 10 differences");

    const suppression_report done = suppress_solver_threads(suppression::enforce);
    std::vector<std::string> names;
    for (const suppressed_variable& v : done.variables) {
      EXPECT_STREQ(std::getenv(v.name.c_str()), v.wanted.c_str());
      EXPECT_EQ(v.changed, v.name != "HIGHS_PARALLEL");
      names.push_back(v.name);
    }
    EXPECT_EQ(names, (std::vector<std::string>{
                         "OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OMP_DYNAMIC", "MKL_NUM_THREADS",
                         "MKL_DYNAMIC", "OPENBLAS_NUM_THREADS", "GOTO_NUM_THREADS", "BLIS_NUM_THREADS",
                         "VECLIB_MAXIMUM_THREADS", "NUMEXPR_NUM_THREADS", "HIGHS_PARALLEL"}));
    EXPECT_EQ(done.warnings, (std::vector<std::string>{"MKL_NUM_THREADS=8, set to 1 in this process"}));
    EXPECT_NE(done.to_string().find("enforced, 10 of 11 variables set"), std::string::npos);
    restore_solver_threads(done);
    EXPECT_STREQ(std::getenv("MKL_NUM_THREADS"), "8");
    EXPECT_EQ(std::getenv("OMP_NUM_THREADS"), nullptr);
  });
  EXPECT_EQ(std::getenv("MKL_NUM_THREADS"), nullptr) << "nothing of it in this process";
}

}  // namespace
}  // namespace twill::hybrid
