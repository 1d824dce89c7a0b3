// SPDX-License-Identifier: Apache-2.0
#include "../command.hpp"
#include "twill/base/json_writer.hpp"
#include "twill/lanes/buffer.hpp"
#include "twill/lanes/builder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace twill::apps {
namespace {

struct bench_flags {
  std::size_t threads = 1;
  bool json = false;
};

struct row {
  std::string_view name;
  std::uint64_t n;
  double seconds;
};

row measure(lanes::executor& ex, std::string_view name, const lanes::program& p, std::uint64_t n) {
  lanes::buffer<float> a(ex, n);
  lanes::buffer<float> b(ex, n);
  lanes::buffer<float> c(ex, n);
  for (std::size_t i = 0; i < n; ++i) a[i] = b[i] = static_cast<float>(i % 17) * 0.25F;
  const bool binary = name == "vector_add";
  lanes::execution_params params{.launch = lanes::launch_config::linear(n, 256),
                                 .registers = {{.reg = 1, .bits = a.handle()}}};
  params.registers.push_back({.reg = 2, .bits = binary ? b.handle() : c.handle()});
  if (binary) params.registers.push_back({.reg = 3, .bits = c.handle()});
  params.registers.push_back({.reg = 4, .bits = n});
  std::vector<double> times;
  for (int i = 0; i < 15; ++i) {
    const auto start = std::chrono::steady_clock::now();
    ex.launch(p, params);
    times.push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  }
  std::ranges::nth_element(times, times.begin() + 7);
  return {name, n, times[7]};
}

int bench(const bench_flags& flags) {
  lanes::executor ex({.threads = flags.threads});
  const lanes::program add = lanes::templates::binary(lanes::opcode::add, lanes::type::f32);
  const lanes::program sigmoid = lanes::templates::unary(lanes::opcode::sigmoid, lanes::type::f32);
  std::vector<row> rows;
  for (const std::uint64_t n : {256U, 16'384U, 1'000'000U}) rows.push_back(measure(ex, "vector_add", add, n));
  for (const std::uint64_t n : {16'384U, 1'000'000U}) rows.push_back(measure(ex, "sigmoid", sigmoid, n));
  if (flags.json) {
    json_writer out(json_style::indented);
    out.begin_object().member("threads", ex.threads()).key("rows").begin_array();
    for (const row& r : rows)
      out.begin_object().member("name", r.name).member("n", r.n).member("seconds", r.seconds).end_object();
    print(out.end_array().end_object().take() + "\n");
    return 0;
  }
  std::string text = fmt::format("{:<12} {:>9} {:>12} {:>12}\n", "program", "n", "us", "Melem/s");
  for (const row& r : rows) {
    text += fmt::format("{:<12} {:>9} {:>12.3f} {:>12.1f}\n", r.name, r.n, r.seconds * 1e6,
                        static_cast<double>(r.n) / r.seconds * 1e-6);
  }
  print(text);
  return 0;
}

const registration lanes_bench_command{{
    .path = "lanes bench",
    .summary = "Measure how fast programs run",
    .examples = {{"twill lanes bench", "one thread"},
                 {"twill lanes bench --threads 0 --json", "all threads, for a program"}},
    .define = [](CLI::App& app) -> command_body {
      auto flags = std::make_shared<bench_flags>();
      app.add_option("--threads", flags->threads, "Threads (default 1; 0: all that are allowed)")
          ->type_name("N");
      app.add_flag("--json", flags->json, "Print JSON");
      return [flags](session&) { return bench(*flags); };
    },
}};

}  // namespace
}  // namespace twill::apps
