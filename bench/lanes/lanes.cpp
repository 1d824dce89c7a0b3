// SPDX-License-Identifier: Apache-2.0
// The bars of the lane executor: each workload in turn with the loop that a person would write and with other
// systems, in one process. Prints a line a row: our microseconds, then for each other side its microseconds
// and the ratio of ours to it.
//
//   bench_lanes [--json] [--row ID [--side NAME]]
#include "compare.hpp"
#include "native.hpp"
#include "peers.hpp"
#include "twill/lanes/buffer.hpp"
#include "twill/lanes/builder.hpp"
#include "twill/lanes/kernel.hpp"
#include "twill/lanes/ops.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace lanes = twill::lanes;

namespace {

constexpr std::size_t million = 1'000'000;

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

const lanes::program add = lanes::templates::binary(lanes::opcode::add, lanes::type::f32);
const lanes::program sigmoid = lanes::templates::unary(lanes::opcode::sigmoid, lanes::type::f32);

// Trips of each lane as data, 0 to 7: nothing can be foretold.
const lanes::kernel trips = lanes::kernel::compile(R"(
  kernel trips(a: buffer<f32>, t: buffer<u32>, c: buffer<f32>, n: u64) {
    let i = global_id();
    if i < n {
      let x = a[i];
      let m = t[i];
      while m > 0 { x = x * 0.5 + 1.0; m -= 1; }
      c[i] = x;
    }
  })");
// Trips that follow from the index: a branch predictor learns them.
const lanes::kernel foretold = lanes::kernel::compile(R"(
  kernel foretold(a: buffer<f32>, c: buffer<f32>, n: u64) {
    let i = global_id();
    if i < n {
      let x = a[i];
      let m = ((i * 2654435761) >> 7) % 8 + 1;
      while m > 0 { x = x * 0.5 + 1.0; m -= 1; }
      c[i] = x;
    }
  })");
const char* const reversal = R"(
    setgeu.u64 p0, r255, r4
    bra.p0 @end
    mov_imm.u32 r250, 2
    shl.u64 r0, r255, r250
    ldg.f32 r10, [r1 + r0]
    cvt.u64.u32 r5, r252
    shl.u64 r5, r5, r250
    sts.f32 [r5 + 0], r10
    BARRIER
    mov_imm.u64 r6, 1020
    sub.u64 r6, r6, r5
    lds.f32 r11, [r6 + 0]
    stg.f32 [r2 + r0], r11
 end: exit)";

lanes::program reverse(bool with_barrier) {
  std::string text = reversal;
  text.replace(text.find("BARRIER"), 7, with_barrier ? "bar.sync 0" : "memfence.block");
  return lanes::program::parse_text(text);
}

void additions(bench::table& t, lanes::executor& ex) {
  for (const auto& [id, n, repeats] : {std::tuple{"L3", std::size_t{256}, 2000},
                                       {"L4a", std::size_t{4096}, 300},
                                       {"L1", std::size_t{16'384}, 100},
                                       {"L4b", std::size_t{262'144}, 10},
                                       {"L2", 10 * million, 1},
                                       {"L2big", 100 * million, 1}}) {
    if (!t.wants(id)) continue;
    arrays v(ex, n);
    const auto params = v.binary(256);
    t.row(id, "vector_add f32, n = " + std::to_string(n),
          {{"ours", [&] { ex.launch(add, params); }},
           {"native", [&] { native::add(v.a.data(), v.b.data(), v.c.data(), n); }},
           {"copy", [&] { native::copy(v.a.data(), v.c.data(), n); }},
           {"pocl", peers::pocl_add(v.a.data(), v.b.data(), v.c.data(), n)}},
          repeats);
  }
}

// The loop of L6 with its trips, which are the same for everyone.
struct drawn_trips {
  explicit drawn_trips(lanes::executor& ex) : v(ex, million), counts(ex, million) {
    std::mt19937 random(7);
    for (std::size_t i = 0; i < v.n; ++i) counts[i] = static_cast<std::uint32_t>(random() & 7U);
  }
  void run(lanes::executor& ex) {
    const std::array arguments{
        lanes::kernel_argument::of(v.a.handle()), lanes::kernel_argument::of(counts.handle()),
        lanes::kernel_argument::of(v.c.handle()), lanes::kernel_argument::of(static_cast<std::int64_t>(v.n))};
    trips.run(ex, arguments, v.n);
  }
  arrays v;
  lanes::buffer<std::uint32_t> counts;
};

void computations(bench::table& t, lanes::executor& ex) {
  arrays v(ex, million);
  {
    const auto params = v.unary(256);
    t.row("L5", "sigmoid f32, n = 10^6",
          {{"ours", [&] { ex.launch(sigmoid, params); }},
           {"native", [&] { native::sigmoid(v.a.data(), v.c.data(), v.n); }},
           {"scalar", [&] { native::sigmoid_scalar(v.a.data(), v.c.data(), v.n); }}},
          3);
  }
  {
    drawn_trips x(ex);
    t.row("L6", "loop of 0 to 7 trips from data, n = 10^6",
          {{"ours", [&] { x.run(ex); }},
           {"native", [&] { native::trips(x.v.a.data(), x.counts.data(), x.v.c.data(), x.v.n); }},
           {"pocl", peers::pocl_trips(x.v.a.data(), x.counts.data(), x.v.c.data(), x.v.n)}},
          1);
  }
  {
    const std::array arguments{lanes::kernel_argument::of(v.a.handle()),
                               lanes::kernel_argument::of(v.c.handle()),
                               lanes::kernel_argument::of(static_cast<std::int64_t>(v.n))};
    t.row("L6index", "loop of 1 to 8 trips from the index, n = 10^6",
          {{"ours", [&] { foretold.run(ex, arguments, v.n); }},
           {"native", [&] { native::foretold(v.a.data(), v.c.data(), v.n); }}},
          1);
  }
  {
    const auto with = reverse(true);
    const auto without = reverse(false);
    auto params = v.unary(256);
    params.launch.grid.x = 3906;
    params.launch.shared_bytes = 1024;
    t.row("L7", "reversal in shared memory, block 256, n = 10^6",
          {{"ours", [&] { ex.launch(with, params); }},
           {"without_barrier", [&] { ex.launch(without, params); }},
           {"pocl", peers::pocl_reverse(v.a.data(), v.c.data(), v.n)}},
          1);
  }
  {
    const auto one = v.binary(1);
    const auto many = v.binary(1024);
    t.row("L8", "blocks of 1 beside blocks of 1024, n = 10^6",
          {{"ours", [&] { ex.launch(add, one); }}, {"blocks_of_1024", [&] { ex.launch(add, many); }}}, 3);
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
    auto exact = params;
    exact.launch.resonance = lanes::res_mode::exact;
    std::array<double, 96> sums{};
    t.row("L9", "ResAccum, 10^6 lanes",
          {{"ours", [&] { ex.launch(p, params); }},
           {"native", [&] { native::resonance(classes.data(), sums.data(), v.n); }},
           {"exact", [&] { ex.launch(p, exact); }}},
          1);
  }
  {
    lanes::buffer<std::uint32_t> index(ex, v.n);
    for (std::size_t i = 0; i < v.n; ++i) index[i] = static_cast<std::uint32_t>(i * 2654435761U % v.n);
    const auto p = lanes::templates::gather(lanes::type::f32);
    auto params = v.binary(256);
    params.registers[1].bits = index.handle();
    t.row("L10", "gather, n = 10^6",
          {{"ours", [&] { ex.launch(p, params); }},
           {"native", [&] { native::gather(v.a.data(), index.data(), v.c.data(), v.n); }}},
          1);
  }
}

// The three levels on two threads beside the executor without a pool, and beside more threads where there are
// cores for them.
void speedups(bench::table& t, lanes::executor& one, lanes::executor& two) {
  struct team {
    team(std::string called, lanes::executor& executor)
        : name(std::move(called)), ex(executor), v(ex, million) {
      huge = v.unary(256);
      huge.launch.grid.x = 16;
      huge.launch.block.x = 62'500;
      shared = v.unary(256);
      shared.launch.grid.x = 3906;
      shared.launch.shared_bytes = 1024;
    }
    std::string name;
    lanes::executor& ex;
    arrays v;
    lanes::execution_params huge;
    lanes::execution_params shared;
  };
  if (!t.wants("S_lanes") && !t.wants("S_blocks") && !t.wants("S_ops")) return;
  std::vector<std::unique_ptr<lanes::executor>> more;
  std::vector<std::unique_ptr<team>> teams;
  teams.push_back(std::make_unique<team>("ours", two));
  teams.push_back(std::make_unique<team>("one_thread", one));
  for (unsigned n = 4; n <= std::min(16U, std::thread::hardware_concurrency()); n *= 2) {
    more.push_back(std::make_unique<lanes::executor>(lanes::executor_options{.threads = n}));
    teams.push_back(std::make_unique<team>("threads_" + std::to_string(n), *more.back()));
  }
  const auto with = reverse(true);
  const auto row = [&](const char* id, const char* what, auto run) {
    std::vector<bench::side> sides;
    for (const auto& of : teams) sides.push_back({of->name, [&run, of = of.get()] { run(*of); }});
    t.row(id, what, std::move(sides), 5);
  };
  row("S_lanes", "lanes of 16 huge blocks, sigmoid, two threads",
      [](team& x) { x.ex.launch(sigmoid, x.huge); });
  row("S_blocks", "blocks with a barrier, reversal, two threads",
      [&](team& x) { x.ex.launch(with, x.shared); });
  row("S_ops", "chunks of ops::sigmoid, two threads", [&](team& x) {
    if (&x.ex == &one) {
      lanes::ops::sigmoid(x.v.a, x.v.c, x.v.n);
    } else {
      lanes::ops::sigmoid_par(x.ex, x.v.a, x.v.c, x.v.n);
    }
  });
}

// Two threads beside one, beside OpenMP, and eight threads on this machine's cores.
void threads(bench::table& t, lanes::executor& one) {
  lanes::executor two({.threads = 2});
  lanes::executor eight({.threads = 8});
  arrays v(one, million);
  arrays w2(two, million);
  arrays w8(eight, million);
  const auto p1 = v.unary(256);
  const auto p2 = w2.unary(256);
  const auto p8 = w8.unary(256);
  t.row("L11", "sigmoid f32, n = 10^6, two threads",
        {{"ours", [&] { two.launch(sigmoid, p2); }},
         {"one_thread", [&] { one.launch(sigmoid, p1); }},
         {"eight_threads", [&] { eight.launch(sigmoid, p8); }}},
        5);
  if (t.wants("L11loop")) {
    drawn_trips x1(one);
    drawn_trips x2(two);
    t.row("L11loop", "loop of 0 to 7 trips from data, n = 10^6, two threads",
          {{"ours", [&] { x2.run(two); }}, {"one_thread", [&] { x1.run(one); }}}, 1);
  }
  speedups(t, one, two);
  if (!t.wants("L11mem")) return;
  arrays m(two, 10 * million);
  const auto pm = m.binary(256);
  t.row("L11mem", "vector_add f32, n = 10^7, two threads",
        {{"ours", [&] { two.launch(add, pm); }},
         {"openmp", peers::openmp_add(m.a.data(), m.b.data(), m.c.data(), m.n, 2)}},
        1);
}

void operations(bench::table& t, lanes::executor& ex) {
  for (const std::size_t n : {std::size_t{16'384}, 10 * million}) {
    const std::string size = n > million ? "mem" : "";
    if (!t.wants("L12add" + size) && !t.wants("L12sum" + size) && !t.wants("L12saxpy" + size)) continue;
    arrays w(ex, n);
    const int repeats = n > million ? 1 : 100;
    const std::string suffix = ", n = " + std::to_string(n);
    t.row("L12add" + size, "ops::vector_add" + suffix,
          {{"ours", [&] { lanes::ops::vector_add(w.a, w.b, w.c); }},
           {"native", [&] { native::add(w.a.data(), w.b.data(), w.c.data(), n); }}},
          repeats);
    float total = 0;
    t.row("L12sum" + size, "ops::sum" + suffix,
          {{"ours", [&] { total += lanes::ops::sum(w.a); }},
           {"native", [&] { total += native::sum(w.a.data(), n); }}},
          repeats);
    t.row("L12saxpy" + size, "ops::saxpy" + suffix,
          {{"ours", [&] { lanes::ops::saxpy(0.5F, w.a, w.c, w.c); }},
           {"native", [&] { native::saxpy(0.5F, w.a.data(), w.c.data(), n); }}},
          repeats);
    if (total == 12345.0F) std::puts("");
  }
  for (const std::size_t n : {std::size_t{512}, std::size_t{1024}}) {
    const std::string id = "L13_" + std::to_string(n);
    if (!t.wants(id)) continue;
    std::vector<float> a(n * n, 0.5F);
    std::vector<float> c(n * n);
    t.row(id, "ops::gemm f32, n = " + std::to_string(n),
          {{"ours", [&] { lanes::ops::gemm(a, a, c, n, n, n); }},
           {"openblas", peers::openblas_gemm(a.data(), a.data(), c.data(), n)}},
          1);
  }
}

}  // namespace

int main(int argc, char** argv) {
  bench::choice what;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--json") == 0) what.json = true;
    if (std::strcmp(argv[i], "--row") == 0 && i + 1 < argc) what.row = argv[++i];
    if (std::strcmp(argv[i], "--side") == 0 && i + 1 < argc) what.only = argv[++i];
  }
  bench::table t(what);
  lanes::executor ex({.threads = 1});
  additions(t, ex);
  computations(t, ex);
  threads(t, ex);
  operations(t, ex);
  if (!t.seen()) {
    std::fprintf(stderr, "bench_lanes: there is no row %s\n", what.row.c_str());
    return 64;
  }
}
