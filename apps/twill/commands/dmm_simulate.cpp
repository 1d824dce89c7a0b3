// SPDX-License-Identifier: Apache-2.0
#include "../command.hpp"
#include "../dmm/flags.hpp"
#include "twill/base/error.hpp"
#include "twill/base/file.hpp"
#include "twill/base/number.hpp"

#include <fmt/format.h>

#include <memory>
#include <string_view>

namespace twill::apps {
namespace {

struct simulate_flags {
  thread_flag threads;
  std::string model;
  std::string depth = "1000";
  std::string output;
  std::size_t n = 100;
  std::uint64_t seed = 42;
};

// A number for every sample, or a file with one number a line, used over again from its start.
std::vector<std::int64_t> depths(const simulate_flags& flags) {
  std::vector<std::int64_t> given;
  if (const auto one = parse_int64(flags.depth)) {
    given.push_back(one.value);
  } else {
    const std::string text =
        read_file(flags.depth, {.expected = "a file of depths, one a line", .refuse_empty = true});
    std::string_view rest = text;
    for (std::size_t line = 1; !rest.empty(); ++line) {
      const std::size_t end = rest.find('\n');
      const std::string_view word = rest.substr(0, end);
      rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
      if (word.empty()) continue;
      const auto read = parse_int64(word);
      if (!read) {
        throw error(errc::invalid_value, {.what = "a depth is " + std::string(describe(read.fault)),
                                          .where = twill::location{.file = flags.depth, .line = line},
                                          .found = std::string(word),
                                          .expected = "a whole number from 1"});
      }
      given.push_back(read.value);
    }
  }
  std::vector<std::int64_t> out(flags.n);
  for (std::size_t i = 0; i < flags.n; ++i) out[i] = given[i % given.size()];
  return out;
}

int simulate_command(const simulate_flags& flags, session& s) {
  const int threads = flags.threads.value(s);
  const dmm::saved_model model = dmm::read_model(flags.model);
  const dmm::simulated drawn = dmm::simulate(model.fit, depths(flags), flags.seed, threads);
  std::string csv = "sample";
  for (const std::string& name : model.taxa) csv += ',' + name;
  csv += '\n';
  for (std::size_t i = 0; i < flags.n; ++i) {
    csv += fmt::format("sim{}", i + 1);
    for (std::size_t j = 0; j < model.taxa.size(); ++j)
      csv += fmt::format(",{}", drawn.counts[i * model.taxa.size() + j]);
    csv += '\n';
  }
  if (flags.output.empty()) {
    print(csv);
  } else {
    write_file_atomically(flags.output, std::string_view(csv));
  }
  return static_cast<int>(exit_code::success);
}

const registration simulate_registration{{
    .path = "dmm simulate",
    .summary = "Draw samples from a fitted model",
    .examples = {{"twill dmm simulate out/model-k4.json -n 500 --depth 2000 --seed 1 -o drawn.csv",
                  "500 samples of 2000 counts each"}},
    .define = [](CLI::App& app) -> command_body {
      auto flags = std::make_shared<simulate_flags>();
      app.add_option("model", flags->model, "A model-kK.json of `twill dmm fit`")->required();
      app.add_option("-n", flags->n, "Samples (default 100)")->check(CLI::PositiveNumber);
      app.add_option("--depth", flags->depth,
                     "Counts a sample: a number, or a file with one a line (default 1000)");
      app.add_option("--seed", flags->seed, "Seed (default 42)");
      app.add_option("-o,--output", flags->output, "CSV file (default: standard output)")->type_name("FILE");
      flags->threads.declare(app);
      return [flags](session& s) { return simulate_command(*flags, s); };
    },
}};

}  // namespace
}  // namespace twill::apps
