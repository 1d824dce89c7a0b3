// SPDX-License-Identifier: Apache-2.0
#include "../command.hpp"
#include "../sddp/case_flags.hpp"
#include "twill/base/error.hpp"
#include "twill/base/json_writer.hpp"
#include "twill/base/progress_sinks.hpp"
#include "twill/comm/environment.hpp"
#include "twill/hybrid/checkpoint.hpp"
#include "twill/hybrid/solver_threads.hpp"
#include "twill/hybrid/stop.hpp"
#include "twill/sddp/case.hpp"
#include "twill/sddp/optimizer.hpp"
#include "twill/sddp/output.hpp"
#include "twill/sddp/policy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace twill::apps {
namespace {

struct run_flags {
  case_flags input;
  std::string output;
  std::string progress = "auto";
  std::string tables = "parquet";
  std::optional<std::uint32_t> checkpoint_every;
  int interrupt_exit = 0;
  std::optional<std::uint32_t> max_iterations;
  std::optional<std::uint32_t> threads;
  std::optional<std::uint64_t> seed;
  bool train_only = false;
  bool resume = false;
  bool json = false;
};

std::uint64_t iteration_limit_of(const sddp::training_settings& t, const run_flags& flags) {
  std::uint64_t limit = 0;
  for (const sddp::stopping_rule& rule : t.stopping_rules) {
    if (const auto* r = std::get_if<sddp::iteration_limit>(&rule)) limit = r->limit;
  }
  return flags.max_iterations ? std::min<std::uint64_t>(limit, *flags.max_iterations) : limit;
}

std::string note_of(const sddp::iteration_record& r) {
  std::string text = fmt::format("LB {:.5e} UB {:.5e}", r.lower_bound, r.upper_bound_mean);
  if (r.ci_half_width) text += fmt::format(" ± {:.1e}", *r.ci_half_width);
  if (r.gap_percent) text += fmt::format(" gap {:.1f}%", *r.gap_percent);
  text += fmt::format(" fwd {:.0f}ms bwd {:.0f}ms cuts {}", r.forward_s * 1000, r.backward_s * 1000,
                      r.cuts_active);
  if (r.retries > 0) text += " !";
  return text;
}

std::string summary_of(const sddp::training_result& r, const std::optional<sddp::simulation_result>& sim,
                       double seconds) {
  const sddp::iteration_record& last = r.iterations.back();
  const bool stopped = r.reason == sddp::stop_reason::graceful_shutdown;
  std::string text =
      fmt::format("Training {} in {:.1f}s ({} iterations, {})\n", stopped ? "interrupted" : "complete",
                  seconds, r.iterations.size(), sddp::name_of(r.reason));
  if (r.resumed_at) text += fmt::format("  Went on after iteration {}\n", *r.resumed_at);
  if (stopped && !r.checkpoint.empty()) {
    text += fmt::format("  State         {} (go on with --resume)\n", r.checkpoint);
  }
  text += fmt::format("  Lower bound   {:.6f}\n", r.lower_bound);
  text += fmt::format("  Upper bound   {:.6f}", last.upper_bound_mean);
  if (last.ci_half_width) text += fmt::format(" ± {:.6f}", *last.ci_half_width);
  text += '\n';
  if (last.gap_percent) text += fmt::format("  Gap           {:.6f} %\n", *last.gap_percent);
  text += fmt::format("  Cuts          {} active of {}\n", r.cuts_active, r.cuts_total);
  text += fmt::format("  LP solves     {} ({} retried), {:.1f} simplex iterations each\n", r.lp_solves,
                      r.lp_retries,
                      static_cast<double>(r.simplex_iterations) /
                          static_cast<double>(std::max<std::uint64_t>(1, r.lp_solves)));
  if (r.worker_seconds > 0.0) {
    text += fmt::format("  Solver share  {:.1f} % of the workers' time\n",
                        100.0 * r.solver_seconds / r.worker_seconds);
  }
  if (r.negative_inflows > 0) {
    text += fmt::format("  Inflows below zero before treatment: {}\n", r.negative_inflows);
  }
  if (sim) {
    text += fmt::format("Simulation of {} scenarios: mean {:.6f}", sim->scenarios, sim->mean);
    if (sim->ci_half_width) text += fmt::format(" ± {:.6f}", *sim->ci_half_width);
    text += '\n';
  }
  return text;
}

std::string json_of(const sddp::training_result& r, const std::optional<sddp::simulation_result>& sim,
                    const std::string& output) {
  const sddp::iteration_record& last = r.iterations.back();
  json_writer w(json_style::indented);
  w.begin_object();
  w.member("output_directory", output);
  w.member("status", r.reason == sddp::stop_reason::graceful_shutdown ? "interrupted"
                     : r.converged                                    ? "converged"
                                                                      : "complete");
  w.key("training").begin_object();
  w.member("iterations", r.iterations.size());
  w.member("reason", sddp::name_of(r.reason));
  w.member("lower_bound", r.lower_bound);
  w.member("upper_bound_mean", last.upper_bound_mean);
  w.member("upper_bound_std", last.upper_bound_std);
  w.key("gap_percent");
  last.gap_percent ? w.value(*last.gap_percent) : w.value(nullptr);
  w.member("cuts_active", r.cuts_active);
  w.member("cuts_total", r.cuts_total);
  w.member("lp_solves", r.lp_solves);
  w.member("lp_retries", r.lp_retries);
  w.member("simplex_iterations", r.simplex_iterations);
  w.member("nondeterministic_retry", r.nondeterministic_retry);
  w.key("resumed_at");
  r.resumed_at ? w.value(*r.resumed_at) : w.value(nullptr);
  w.member("checkpoint", r.checkpoint);
  w.end_object();
  if (sim) {
    w.key("simulation").begin_object();
    w.member("scenarios", sim->scenarios);
    w.member("mean", sim->mean);
    w.member("std", sim->std);
    w.key("ci95_half");
    sim->ci_half_width ? w.value(*sim->ci_half_width) : w.value(nullptr);
    w.end_object();
  }
  w.end_object();
  return w.take() + '\n';
}

// Several ranks would each train the whole policy and write the same files.
void refuse_ranks() {
  const comm::backend_choice choice = comm::choose_backend({}, comm::process_variables::from_env().values);
  if (choice.kind == comm::backend_kind::local) return;
  throw error(sddp::make_error_code(sddp::errc::unsupported),
              {.what = "a policy is trained by one process",
               .found = choice.reason,
               .expected = "one process with --threads N",
               .hint = "start it without twill run, mpiexec or srun, or set TWILL_COMM=local"});
}

// A training that begins anew replaces what an earlier one left in the folder.
void remove_checkpoints(const std::string& folder) {
  for (const std::string& file : hybrid::checkpoint_files({.folder = folder})) {
    std::error_code failed;
    if (!std::filesystem::remove(file, failed) && failed) {
      throw error(errc::cannot_write, {.what = "an older checkpoint cannot be removed: " + failed.message(),
                                       .where = twill::location{.file = file}});
    }
  }
}

int run_case(const run_flags& flags, session& s) {
  // Everything that can be wrong is looked at before anything is written.
  s.known.set_flag("progress", flags.progress);
  const progress_mode mode = progress_mode_setting(s.known).value;
  refuse_ranks();
  const hybrid::suppression_report solver_threads =
      hybrid::suppress_solver_threads(hybrid::suppression::enforce);
  for (const std::string& note : solver_threads.warnings) std::fputs((note + '\n').c_str(), stderr);
  sddp::study study = sddp::load_case(flags.input.directory, flags.input.options());
  for (const sddp::finding& f : study.report.findings) {
    std::fputs((f.to_string() + '\n').c_str(), stderr);
  }
  if (flags.seed) study.settings.training.tree_seed = *flags.seed;
  const std::string output = flags.output.empty() ? flags.input.directory + "/output" : flags.output;
  std::error_code failed;
  std::filesystem::create_directories(output, failed);
  if (failed) {
    throw error(errc::cannot_write, {.what = "the output folder cannot be made: " + failed.message(),
                                     .where = twill::location{.file = output}});
  }
  if (!flags.resume) remove_checkpoints(output + "/policy");
  // From the first line that is shown on, a signal is heard.
  hybrid::clear_requests();
  std::optional<hybrid::signal_handlers> handlers(std::in_place);

  const auto sink = make_progress_sink(
      mode, [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); },
      {.is_tty = s.interactive,
       .no_color = !s.color,
       .interval = mode == progress_mode::plain ? std::optional(std::chrono::nanoseconds(1'000'000'000))
                                                : std::nullopt});
  const auto start = std::chrono::steady_clock::now();
  std::optional<progress> bar(std::in_place, sink, "Training",
                              iteration_limit_of(study.settings.training, flags), "iterations");
  std::uint32_t shown = 0;
  std::optional<progress> walked;
  sddp::optimizer_options options{
      .max_iterations = flags.max_iterations,
      .dump_directory = output + "/training/lp_dumps",
      .checkpoints = {.folder = output + "/policy",
                      .every = flags.checkpoint_every.value_or(study.settings.checkpoint_every),
                      .resume = flags.resume},
      .on_iteration =
          [&](const sddp::iteration_record& r) {
            bar->note(note_of(r));
            // The first one after a resume brings those before it along.
            bar->tick(r.iteration - std::exchange(shown, r.iteration));
          },
      .on_scenario =
          [&] {
            if (walked) walked->tick();
          }};
  if (flags.threads) options.threads = *flags.threads;
  sddp::optimizer optimizer(study.model, study.settings, options);
  const sddp::training_result result = optimizer.train();
  for (const std::string& note : result.warnings) std::fputs((note + '\n').c_str(), stderr);
  bar->finish();
  bar.reset();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const bool stopped = result.reason == sddp::stop_reason::graceful_shutdown;

  const sddp::table_format format =
      flags.tables == "csv" ? sddp::table_format::csv : sddp::table_format::parquet;
  sddp::write_training(result, output, format);
  std::vector<std::int32_t> ids;
  for (const sddp::stage& at : study.model.stages) ids.push_back(at.id.value());
  sddp::write_policy(optimizer.cuts(), ids, output + "/policy");
  // A simulation has no state worth keeping: from here on a signal has the system's own effect.
  handlers.reset();
  std::optional<sddp::simulation_result> simulation;
  if (study.settings.simulation.enabled && !flags.train_only && !stopped) {
    walked.emplace(sink, "Simulation", study.settings.simulation.scenarios, "scenarios");
    simulation = optimizer.simulate(study.settings.simulation.scenarios);
    walked.reset();
    sddp::write_simulation(*simulation, study.model, output, format);
  }
  if (mode != progress_mode::none) std::fputs(summary_of(result, simulation, seconds).c_str(), stderr);
  if (flags.json) print(json_of(result, simulation, output));
  return stopped ? flags.interrupt_exit : static_cast<int>(exit_code::success);
}

const registration sddp_run_command{{
    .path = "sddp run",
    .summary = "Train a policy for a hydrothermal case and simulate it",
    .examples = {{"twill sddp run my-case", "train, simulate, and write my-case/output"},
                 {"twill sddp run my-case --train-only --max-iterations 20 --threads 4",
                  "twenty iterations on four threads"},
                 {"twill sddp run my-case --output /tmp/out --table-format csv --json",
                  "tables as CSV, the result as JSON on stdout"},
                 {"twill sddp run my-case --resume", "go on where an interrupted run stood"}},
    .define = [](CLI::App& app) -> command_body {
      auto flags = std::make_shared<run_flags>();
      flags->input.declare(app);
      app.add_option("--output", flags->output, "Where results go (default CASE/output)")->type_name("DIR");
      app.add_flag("--train-only", flags->train_only, "Do not simulate, whatever the case says");
      app.add_option("--max-iterations", flags->max_iterations, "End the training after so many iterations")
          ->check(CLI::Range(1U, 1'000'000U))
          ->type_name("N");
      app.add_option("--threads", flags->threads, "Threads (TWILL_NUM_THREADS; results do not depend on it)")
          ->check(CLI::Range(1U, 65535U))
          ->type_name("N");
      app.add_option("--progress", flags->progress, "How progress is shown: auto, bar, plain, json or none")
          ->check(CLI::IsMember({"auto", "bar", "plain", "json", "none"}));
      app.add_option("--table-format", flags->tables, "Tables as parquet or csv")
          ->check(CLI::IsMember({"parquet", "csv"}));
      app.add_flag("--resume", flags->resume, "Go on from the newest checkpoint in the output folder");
      app.add_option("--checkpoint-every", flags->checkpoint_every,
                     "Iterations between checkpoints; 0: one at the end, or when a signal ends it (default: "
                     "the case's)")
          ->type_name("N");
      app.add_option("--interrupt-exit", flags->interrupt_exit,
                     "Exit code of a run that a signal ended, its state complete")
          ->check(CLI::Range(0, 255))
          ->type_name("N");
      app.add_option("--seed", flags->seed, "Seed of the opening tree, instead of the case's")
          ->type_name("N");
      app.add_flag("--json", flags->json, "The result as JSON on stdout");
      return [flags](session& s) { return run_case(*flags, s); };
    },
}};

}  // namespace
}  // namespace twill::apps
