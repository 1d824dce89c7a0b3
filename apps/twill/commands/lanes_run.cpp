// SPDX-License-Identifier: Apache-2.0
#include "../command.hpp"
#include "../lanes/arguments.hpp"
#include "twill/base/error.hpp"
#include "twill/base/file.hpp"
#include "twill/base/json_writer.hpp"
#include "twill/lanes/case.hpp"
#include "twill/lanes/kernel.hpp"

#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

namespace twill::apps {
namespace {

struct run_flags {
  std::string file;
  std::size_t threads = 0;
  unsigned batch = 0;
  bool json = false;
  std::vector<std::string> arguments;
  std::uint64_t lanes = 0;
  std::uint32_t block = 256;
};

void write_activity(json_writer& out, const std::vector<lanes::worker_activity>& activity) {
  out.key("workers").begin_array();
  for (const lanes::worker_activity& w : activity) {
    out.begin_object()
        .member("blocks", w.blocks)
        .member("batches", w.batches)
        .member("chunks", w.chunks)
        .end_object();
  }
  out.end_array();
}

void write_fault(json_writer& out, const lanes::fault_info& f) {
  out.key("fault").begin_object().member("error", lanes::name_of(f.code));
  const auto fields = lanes::field_names(f.code);
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (f.code == lanes::errc::type_mismatch) {
      out.member(fields[i], lanes::name_of(static_cast<lanes::type>(f.numbers[i])));
    } else if (fields[i] != "block") {
      out.member(fields[i], f.numbers[i]);
    }
  }
  if (!f.name.empty()) out.member("name", f.name);
  if (f.at) out.member("block", f.at->block).member("lane", f.at->lane).member("pc", f.at->pc);
  out.member("message", lanes::to_string(f)).end_object();
}

int run_one_case(const run_flags& flags) {
  const lanes::case_report report =
      lanes::run_case(read_file(flags.file, {.expected = "a case"}), flags.file,
                      {.executor = {.threads = flags.threads}, .batch = flags.batch});
  if (flags.json) {
    json_writer out(json_style::indented);
    out.begin_object()
        .member("name", report.name)
        .member("passed", report.passed)
        .key("differences")
        .begin_array();
    for (const std::string& d : report.differences) out.value(d);
    out.end_array();
    if (report.fault) write_fault(out, *report.fault);
    out.member("instructions", report.result.instructions).member("lanes", report.result.lanes);
    write_activity(out, report.activity);
    print(out.end_object().take() + "\n");
  } else {
    std::string text =
        fmt::format("{}: {}\n", report.name, report.passed ? "as expected" : "NOT as expected");
    for (const std::string& d : report.differences) text += fmt::format("  {}\n", d);
    if (report.fault) text += fmt::format("  fault: {}\n", lanes::to_string(*report.fault));
    print(text);
  }
  return static_cast<int>(report.passed ? exit_code::success : exit_code::invalid_input);
}

int run_kernel(const run_flags& flags) {
  const std::string text = read_file(flags.file, {.expected = "a kernel"});
  const lanes::kernel k = lanes::kernel::compile(text, flags.file);
  lanes::executor ex({.threads = flags.threads});
  kernel_call call = bind_arguments(ex, k, flags.arguments);
  const std::uint64_t n = flags.lanes != 0 ? flags.lanes : call.longest;
  lanes::execution_params params{.launch = lanes::launch_config::linear(n, flags.block),
                                 .registers = k.bind(call.arguments)};
  params.launch.batch = flags.batch;
  const lanes::launch_result result = ex.launch(k.code(), params);
  if (flags.json) {
    json_writer out(json_style::indented);
    out.begin_object()
        .member("kernel", k.name())
        .member("lanes", result.lanes)
        .member("instructions", result.instructions);
    write_activity(out, ex.activity());
    print(out.end_object().take() + "\n");
    return 0;
  }
  print(buffers_as_csv(ex, k, call));
  return 0;
}

const registration lanes_run_command{{
    .path = "lanes run",
    .summary = "Run a case, or a kernel on data",
    .examples = {{"twill lanes run case.json --threads 2 --batch 64",
                  "run a case and compare with what it expects"},
                 {"twill lanes run saxpy.tk --arg a=2 --arg x=x.csv --arg y=y.csv --arg n=1000",
                  "run a kernel; its buffers are printed as CSV"}},
    .define = [](CLI::App& app) -> command_body {
      auto flags = std::make_shared<run_flags>();
      app.add_option("file", flags->file, "A case (.json) or a kernel (.tk)")->required();
      app.add_option("--threads", flags->threads, "Threads (default: the machine's)")->type_name("N");
      app.add_option("--batch", flags->batch, "Lanes executed together (default: chosen from the program)")
          ->type_name("W");
      app.add_flag("--json", flags->json, "Print JSON");
      app.add_option("--arg", flags->arguments,
                     "A kernel's argument: NAME=NUMBER, or NAME=FILE.csv for a buffer")
          ->type_name("NAME=VALUE");
      app.add_option("--lanes", flags->lanes, "Lanes to run (default: the longest buffer)")->type_name("N");
      app.add_option("--block", flags->block, "Lanes a block (default 256)")->type_name("N");
      return [flags](session&) {
        return flags->file.ends_with(".tk") ? run_kernel(*flags) : run_one_case(*flags);
      };
    },
}};

}  // namespace
}  // namespace twill::apps
