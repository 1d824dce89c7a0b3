// SPDX-License-Identifier: Apache-2.0
// The bars of the lane executor: each workload in turn with the loop that a person would write, in one
// process; the median of the rounds' ratios counts. Prints a table, and JSON lines with --json.
#include "native.hpp"
#include "twill/lanes/buffer.hpp"
#include "twill/lanes/builder.hpp"
#include "twill/lanes/kernel.hpp"
#include "twill/lanes/ops.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

namespace lanes = twill::lanes;

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

// Rounds of both in turn; every round gives a ratio.
void compare(const char* id, const char* what, const std::function<void()>& ours,
             const std::function<void()>& reference, int repeats) {
  constexpr int rounds = 11;
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
  if (as_json) {
    std::printf("{\"id\":\"%s\",\"ours_us\":%.4f,\"reference_us\":%.4f,\"ratio\":%.4f}\n", id,
                median(mine) * 1e6, median(theirs) * 1e6, median(ratios));
  } else {
    std::printf("%-9s %-44s %12.3f %12.3f %8.3f\n", id, what, median(mine) * 1e6, median(theirs) * 1e6,
                median(ratios));
  }
  std::fflush(stdout);
}

struct arrays {
  arrays(lanes::executor& ex, std::size_t size) : a(ex, size), b(ex, size), c(ex, size), n(size) {
    for (std::size_t i = 0; i < n; ++i) {
      a[i] = static_cast<float>(i % 101) * 0.1F - 5.0F;
      b[i] = static_cast<float>(i % 7);
    }
  }
  lanes::execution_params binary(std::uint32_t block) {
    return {.launch = lanes::launch_config::linear(n, block),
            .registers = {{1, a.handle()}, {2, b.handle()}, {3, c.handle()}, {4, n}}};
  }
  lanes::execution_params unary(std::uint32_t block) {
    return {.launch = lanes::launch_config::linear(n, block),
            .registers = {{1, a.handle()}, {2, c.handle()}, {4, n}}};
  }
  lanes::buffer<float> a;
  lanes::buffer<float> b;
  lanes::buffer<float> c;
  std::size_t n;
};

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
  if (!as_json && only_row.empty())
    std::printf("%-9s %-44s %12s %12s %8s\n", "id", "workload", "ours us", "reference", "ratio");
  const lanes::program add = lanes::templates::binary(lanes::opcode::add, lanes::type::f32);
  const lanes::program sigmoid = lanes::templates::unary(lanes::opcode::sigmoid, lanes::type::f32);

  for (const auto& [id, n, repeats] : {std::tuple{"L3", std::size_t{256}, 2000},
                                       {"L4a", std::size_t{4096}, 300},
                                       {"L1", std::size_t{16'384}, 100},
                                       {"L4b", std::size_t{262'144}, 10},
                                       {"L2", std::size_t{10'000'000}, 1}}) {
    arrays v(ex, n);
    const auto params = v.binary(256);
    compare(
        id, ("vector_add f32, n = " + std::to_string(n)).c_str(), [&] { ex.launch(add, params); },
        [&] { native::add(v.a.data(), v.b.data(), v.c.data(), n); }, repeats);
  }
  arrays v(ex, 1'000'000);
  {
    const auto params = v.unary(256);
    compare(
        "L5", "sigmoid f32, n = 10^6", [&] { ex.launch(sigmoid, params); },
        [&] { native::sigmoid(v.a.data(), v.c.data(), v.n); }, 3);
  }
  {
    const auto k = lanes::kernel::compile(R"(
      kernel trips(a: buffer<f32>, c: buffer<f32>, n: u64) {
        let i = global_id();
        if i < n {
          let x = a[i];
          let m = ((i * 2654435761) >> 7) % 8 + 1;
          while m > 0 { x = x * 0.5 + 1.0; m -= 1; }
          c[i] = x;
        }
      })");
    const std::array arguments{lanes::kernel_argument::of(v.a.handle()),
                               lanes::kernel_argument::of(v.c.handle()),
                               lanes::kernel_argument::of(static_cast<std::int64_t>(v.n))};
    compare(
        "L6", "data-dependent loop, 1 to 8 trips, n = 10^6", [&] { k.run(ex, arguments, v.n); },
        [&] { native::trips(v.a.data(), v.c.data(), v.n); }, 1);
  }
  {
    const auto p = lanes::program::parse_text(R"(
      setgeu.u64 p0, r255, r4
      bra.p0 @end
      mov_imm.u32 r250, 2
      shl.u64 r0, r255, r250
      ldg.f32 r10, [r1 + r0]
      cvt.u64.u32 r5, r252
      shl.u64 r5, r5, r250
      sts.f32 [r5 + 0], r10
      bar.sync 0
      mov_imm.u64 r6, 1020
      sub.u64 r6, r6, r5
      lds.f32 r11, [r6 + 0]
      stg.f32 [r2 + r0], r11
 end: exit)");
    auto params = v.unary(256);
    params.launch.grid.x = 3906;
    params.launch.shared_bytes = 1024;
    compare(
        "L7", "reversal in shared memory, block 256, n = 10^6", [&] { ex.launch(p, params); },
        [&] { native::copy(v.a.data(), v.c.data(), v.n); }, 1);
  }
  {
    const auto one = v.binary(1);
    const auto many = v.binary(1024);
    compare(
        "L8", "blocks of 1 beside blocks of 1024, n = 10^6", [&] { ex.launch(add, one); },
        [&] { ex.launch(add, many); }, 3);
  }
  {
    lanes::buffer<std::uint8_t> classes(ex, v.n);
    for (std::size_t i = 0; i < v.n; ++i) classes[i] = static_cast<std::uint8_t>(i * 2654435761U % 96);
    const auto p = lanes::program::parse_text(R"(
      setgeu.u64 p0, r255, r4
      bra.p0 @end
      ldg.u8 r6, [r1 + r255]
      mov_imm.f64 r7, 0.5
      res.accum r6, r7
 end: exit)");
    lanes::execution_params params{.launch = lanes::launch_config::linear(v.n, 256),
                                   .registers = {{1, classes.handle()}, {4, v.n}}};
    std::array<double, 96> sums{};
    compare(
        "L9", "ResAccum, 10^6 lanes", [&] { ex.launch(p, params); },
        [&] { native::resonance(classes.data(), sums.data(), v.n); }, 1);
  }
  {
    lanes::buffer<std::uint32_t> index(ex, v.n);
    for (std::size_t i = 0; i < v.n; ++i) index[i] = static_cast<std::uint32_t>(i * 2654435761U % v.n);
    const auto p = lanes::templates::gather(lanes::type::f32);
    auto params = v.binary(256);
    params.registers[1].bits = index.handle();
    compare(
        "L10", "gather, n = 10^6", [&] { ex.launch(p, params); },
        [&] { native::gather(v.a.data(), index.data(), v.c.data(), v.n); }, 1);
  }
  for (const std::size_t n : {std::size_t{16'384}, std::size_t{10'000'000}}) {
    arrays w(ex, n);
    const int repeats = n > 100'000 ? 1 : 100;
    const std::string suffix = ", n = " + std::to_string(n);
    const std::string size = n > 100'000 ? "mem" : "";
    compare(("L12add" + size).c_str(), ("ops::vector_add" + suffix).c_str(),
            [&] { lanes::ops::vector_add(w.a, w.b, w.c); },
            [&] { native::add(w.a.data(), w.b.data(), w.c.data(), n); }, repeats);
    float total = 0;
    compare(("L12sum" + size).c_str(), ("ops::sum" + suffix).c_str(), [&] { total += lanes::ops::sum(w.a); },
            [&] { total += native::sum(w.a.data(), n); }, repeats);
    compare(("L12saxpy" + size).c_str(), ("ops::saxpy" + suffix).c_str(),
            [&] { lanes::ops::saxpy(0.5F, w.a, w.c, w.c); },
            [&] { native::saxpy(0.5F, w.a.data(), w.c.data(), n); }, repeats);
    if (total == 12345.0F) std::puts("");
  }
  if (only_row.empty()) {
    const std::size_t n = 512;
    std::vector<float> a(n * n, 0.5F);
    std::vector<float> c(n * n);
    const double s = [&] {
      std::vector<double> t;
      for (int r = 0; r < 9; ++r) t.push_back(seconds_of([&] { lanes::ops::gemm(a, a, c, n, n, n); }, 1));
      return median(t);
    }();
    if (!as_json)
      std::printf("%-9s %-44s %12.3f %12s %8.2f Gflop/s\n", "L13", "ops::gemm f32, 512", s * 1e6, "-",
                  2e-9 * n * n * n / s);
  }
}
