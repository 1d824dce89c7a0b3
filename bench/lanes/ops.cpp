// SPDX-License-Identifier: Apache-2.0
// Operations on whole arrays beside plain loops (-O3 -march=native -ffast-math), OpenMP and OpenBLAS: each
// row in turn with its reference in one process; the median of the rounds' ratios counts. Prints a table, and
// JSON lines with --json. --threads N: the forms that end in _par, beside OpenMP and OpenBLAS on as many
// threads.
#include "twill/lanes/ops.hpp"

#include "native.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <functional>
#include <string>
#include <vector>

namespace lanes = twill::lanes;
namespace ops = lanes::ops;

namespace {

double seconds_of(const std::function<void()>& work, int repeats) {
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < repeats; ++i) work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() / repeats;
}

double median(std::vector<double> v) {
  std::ranges::nth_element(v, v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2));
  return v[v.size() / 2];
}

bool as_json = false;
std::string only_row;   // with --row: that row alone,
std::string only_side;  // and of it one side

void compare(const std::string& id, const char* peer, const std::function<void()>& ours,
             const std::function<void()>& reference, int repeats) {
  constexpr int rounds = 15;
  if (!only_row.empty()) {
    if (only_row != id) return;
    const auto& side = only_side == "reference" ? reference : ours;
    side();
    std::vector<double> times;
    for (int r = 0; r < rounds; ++r) times.push_back(seconds_of(side, repeats));
    std::printf("{\"us\": %.4f}\n", median(times) * 1e6);
    return;
  }
  ours();
  reference();
  std::vector<double> mine;
  std::vector<double> theirs;
  std::vector<double> ratios;
  for (int r = 0; r < rounds; ++r) {
    mine.push_back(seconds_of(ours, repeats));
    theirs.push_back(seconds_of(reference, repeats));
    ratios.push_back(mine.back() / theirs.back());
  }
  std::printf(as_json
                  ? "{\"id\":\"%s\",\"peer\":\"%s\",\"ours_us\":%.4f,\"reference_us\":%.4f,\"ratio\":%.4f}\n"
                  : "%-22s %-10s %12.3f %12.3f %8.3f\n",
              id.c_str(), peer, median(mine) * 1e6, median(theirs) * 1e6, median(ratios));
  std::fflush(stdout);
}

// The interface that every BLAS has in C; opened at run time, so that nothing links one.
struct blas {
  using gemm32 = void (*)(int, int, int, int, int, int, float, const float*, int, const float*, int, float,
                          float*, int);
  using gemm64 = void (*)(int, int, int, int, int, int, double, const double*, int, const double*, int,
                          double, double*, int);
  gemm32 sgemm = nullptr;
  gemm64 dgemm = nullptr;

  explicit blas(int threads) {
    void* const library = dlopen("libopenblas.so.0", RTLD_NOW);
    if (library == nullptr) return;
    sgemm = reinterpret_cast<gemm32>(dlsym(library, "cblas_sgemm"));
    dgemm = reinterpret_cast<gemm64>(dlsym(library, "cblas_dgemm"));
    if (const auto set = reinterpret_cast<void (*)(int)>(dlsym(library, "openblas_set_num_threads")))
      set(threads);
  }
};

template <class T, class F>
void product_rows(lanes::executor& ex, const char* type, F reference, std::size_t size, bool par) {
  if (reference == nullptr) return;
  std::vector<T> a(size * size);
  std::vector<T> b(size * size);
  std::vector<T> c(size * size);
  for (std::size_t i = 0; i < a.size(); ++i) {
    a[i] = static_cast<T>(i % 13) - T{6};
    b[i] = static_cast<T>(i % 7) - T{3};
  }
  const int n = static_cast<int>(size);
  compare(
      std::string("gemm_") + type + "_" + std::to_string(size), "OpenBLAS",
      [&] { par ? ops::gemm_par(ex, a, b, c, size, size, size) : ops::gemm(a, b, c, size, size, size); },
      [&] { reference(101, 111, 111, n, n, n, T{1}, a.data(), n, b.data(), n, T{0}, c.data(), n); }, 1);
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t threads = 1;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) as_json = true;
    if (std::strcmp(argv[i], "--row") == 0 && i + 1 < argc) only_row = argv[++i];
    if (std::strcmp(argv[i], "--side") == 0 && i + 1 < argc) only_side = argv[++i];
    if (std::strcmp(argv[i], "--threads") == 0 && i + 1 < argc) threads = std::stoul(argv[++i]);
  }
  lanes::executor ex({.threads = threads});
  const bool par = threads > 1;
  const int team = static_cast<int>(threads);
  const char* const peer = par ? "OpenMP" : "loop";
  if (!as_json && only_row.empty())
    std::printf("%-22s %-10s %12s %12s %8s\n", "row", "beside", "ours us", "reference", "ratio");
  for (const auto& [n, repeats] : {std::pair{std::size_t{1000}, 2000},
                                   {std::size_t{16'384}, 200},
                                   {std::size_t{262'144}, 20},
                                   {std::size_t{10'000'000}, 1}}) {
    std::vector<float> a(n);
    std::vector<float> b(n);
    std::vector<float> c(n);
    for (std::size_t i = 0; i < n; ++i) {
      a[i] = static_cast<float>(i % 101) * 0.1F - 5.0F;
      b[i] = static_cast<float>(i % 7);
    }
    const std::string suffix = "_" + std::to_string(n);
    float total = 0;
    compare(
        "vector_add" + suffix, peer,
        [&] { par ? ops::vector_add_par(ex, a, b, c, n) : ops::vector_add(a, b, c); },
        [&] {
          par ? native::add_openmp(a.data(), b.data(), c.data(), n, team)
              : native::add(a.data(), b.data(), c.data(), n);
        },
        repeats);
    compare(
        "sum" + suffix, peer, [&] { total += par ? ops::sum_par(ex, a, n) : ops::sum(a); },
        [&] { total += par ? native::sum_openmp(a.data(), n, team) : native::sum(a.data(), n); }, repeats);
    compare(
        "saxpy" + suffix, peer,
        [&] { par ? ops::saxpy_par(ex, 0.5F, a, c, c, n) : ops::saxpy(0.5F, a, c, c); },
        [&] {
          par ? native::saxpy_openmp(0.5F, a.data(), c.data(), n, team)
              : native::saxpy(0.5F, a.data(), c.data(), n);
        },
        repeats);
    compare(
        "sigmoid" + suffix, peer, [&] { par ? ops::sigmoid_par(ex, a, c, n) : ops::sigmoid(a, c); },
        [&] {
          par ? native::sigmoid_openmp(a.data(), c.data(), n, team) : native::sigmoid(a.data(), c.data(), n);
        },
        std::max(1, repeats / 4));
    if (!par) {
      compare(
          "softmax" + suffix, peer, [&] { ops::softmax(a, c); },
          [&] { native::softmax(a.data(), c.data(), n); }, std::max(1, repeats / 4));
      compare(
          "dot" + suffix, peer, [&] { total += ops::dot(a, b); },
          [&] { total += native::dot(a.data(), b.data(), n); }, repeats);
    }
    if (total == 12345.0F) std::puts("");
  }
  const blas peers(team);
  for (const std::size_t size : {std::size_t{128}, std::size_t{512}, std::size_t{1024}})
    product_rows<float>(ex, "f32", peers.sgemm, size, par);
  product_rows<double>(ex, "f64", peers.dgemm, 512, par);
}
