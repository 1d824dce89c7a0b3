// SPDX-License-Identifier: Apache-2.0
#include "../comm/start.hpp"
#include "../command.hpp"
#include "../dmm/flags.hpp"
#include "../dmm/outputs.hpp"
#include "twill/base/checksum.hpp"
#include "twill/base/file.hpp"
#include "twill/base/progress.hpp"
#include "twill/base/progress_sinks.hpp"
#include "twill/hybrid/stop.hpp"
#include "twill/report/text_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <memory>
#include <numeric>
#include <optional>
#include <string>
#include <vector>

namespace twill::apps {
namespace {

struct fit_command_flags {
  dmm_table_flags table;
  dmm_fit_flags fit;
  thread_flag threads;
  comm_flags comm;
  std::string input;
  std::string folder;
  std::string checkpoint;
  std::string over = "runs";
  std::optional<double> max_wall;
  int interrupt_exit = 0;

  // What every rank ends with: the same, whichever of them was interrupted.
  [[nodiscard]] int code_of(const dmm::sweep& found) const noexcept {
    return found.cancelled ? interrupt_exit : static_cast<int>(exit_code::success);
  }
};

// The rows that this rank holds when a table is split.
dmm::count_table own_rows(const dmm::count_table& all, int rank, int size) {
  const dmm::row_range mine = dmm::rows_of_rank(all.samples(), rank, size);
  if (mine.first == mine.last) return dmm::count_table::none(all.taxa());
  std::vector<std::size_t> rows(mine.last - mine.first);
  std::iota(rows.begin(), rows.end(), mine.first);
  return all.select(rows);
}

// The automatic search asks for one K after the other, so that ranks agree on when it ends.
template <class FitRange>
dmm::sweep search(const fit_command_flags& flags, std::size_t samples, dmm::criterion by,
                  const FitRange& fit_range) {
  if (const auto ks = flags.fit.ks()) return fit_range(*ks);
  dmm::sweep all;
  std::size_t best = 0;
  const int most = static_cast<int>(
      std::min<std::size_t>(static_cast<std::size_t>(std::max(1, flags.fit.max_k)), samples));
  for (int k = 1; k <= most && !all.cancelled; ++k) {
    dmm::sweep next = fit_range(std::vector<int>{k});
    all.cancelled = next.cancelled;
    all.out_of_time = next.out_of_time;
    all.runs.insert(all.runs.end(), next.runs.begin(), next.runs.end());
    if (next.fits.empty()) break;
    all.fits.push_back(std::move(next.fits.front()));
    if (all.fits.back().value(by) < all.fits[best].value(by)) best = all.fits.size() - 1;
    if (k >= flags.fit.min_k && all.fits.size() - 1 - best >= static_cast<std::size_t>(flags.fit.gap)) break;
  }
  return all;
}

int finish(const fit_command_flags& flags, dmm_result& r, const dmm::count_table& counts) {
  if (r.fits.fits.empty()) {
    std::fputs("interrupted before any fit was finished\n", stderr);
    return flags.code_of(r.fits);
  }
  if (!flags.folder.empty()) {
    write_dmm_outputs(r, flags.folder);
    write_dmm_report(r, counts, flags.folder);
  }
  if (flags.comm.json) {
    print(summary_json(r, {}));
  } else {
    print(report::to_text(model_fit_table(r.fits.fits, r.by), {.style = report::table_style::plain}));
  }
  if (r.fits.cancelled) {
    std::fputs(r.fits.out_of_time ? "little time is left: what was finished is written\n"
                                  : "interrupted: what was finished is written\n",
               stderr);
  }
  return flags.code_of(r.fits);
}

int fit_on(const fit_command_flags& flags, session& s,
           const std::function<dmm::sweep(const dmm::count_table&, const std::vector<int>&,
                                          const dmm::sweep_options&)>& run,
           bool speaks) {
  const int threads = flags.threads.value(s);
  const dmm::named_counts table =
      read_counts(flags.input, flags.table.options(dmm::zero_rows::refuse, threads));
  if (speaks && !flags.comm.json) {
    std::fputs(fmt::format("{}: {} samples, {} taxa, {} counts above zero\n", flags.input,
                           table.samples.size(), table.taxa.size(), table.counts.nonzeros())
                   .c_str(),
               stderr);
    for (const std::string& note : table.notes) std::fputs(fmt::format("note: {}\n", note).c_str(), stderr);
  }
  dmm_result r{.table = flags.input,
               .table_hash = to_hex(sha256_of(std::string_view(read_file(flags.input)))),
               .samples = table.samples,
               .taxa = table.taxa,
               .notes = table.notes,
               .format = table.format,
               .transposed = table.transposed,
               .min_taxon_total = flags.table.min_taxon_total,
               .nonzeros = table.counts.nonzeros(),
               .options = flags.fit.options(threads),
               .by = flags.fit.by(),
               .fits = {}};
  hybrid::clear_requests();
  const hybrid::signal_handlers handled;
  dmm::sweep_options options{
      .fit = r.options, .checkpoint = flags.checkpoint, .wave = 0, .max_wall = flags.max_wall};
  progress shown(speaks && s.interactive
                     ? make_progress_sink(
                           progress_mode_setting(s.known).value,
                           [](std::string_view text) { std::fwrite(text.data(), 1, text.size(), stderr); },
                           {.is_tty = true})
                     : nullptr,
                 "rounds of all fits");
  options.fit.progress = [&](const dmm::fit_progress&) {
    shown.tick();
    return true;
  };
  r.fits = search(flags, table.samples.size(), r.by,
                  [&](const std::vector<int>& ks) { return run(table.counts, ks, options); });
  return speaks ? finish(flags, r, table.counts) : flags.code_of(r.fits);
}

int fit_command(const fit_command_flags& flags, session& s) {
  static_cast<void>(flags.fit.ks());
  const comm::backend_choice choice = choose(flags.comm);
  if (choice.kind == comm::backend_kind::local) {
    return fit_on(
        flags, s,
        [](const dmm::count_table& t, const std::vector<int>& ks, const dmm::sweep_options& o) {
          return fit_range(t, ks, o);
        },
        true);
  }
  return on_these_ranks(flags.comm, choice, [&](auto& world) {
    return fit_on(
        flags, s,
        [&](const dmm::count_table& t, const std::vector<int>& ks, const dmm::sweep_options& o) {
          if (flags.over == "runs") return fit_range(t, ks, world, o);
          return fit_range_over_rows(own_rows(t, world.rank(), world.size()), ks, world, o);
        },
        world.rank() == 0);
  });
}

const registration fit_registration{{
    .path = "dmm fit",
    .summary = "Fit Dirichlet-multinomial mixtures to a table of counts and choose the number of components",
    .examples = {{"twill dmm fit counts.csv -k 1:7 --starts 10 -o out/",
                  "try 1 to 7 components, ten starts each"},
                 {"twill dmm fit table.biom -k auto -o out/", "stop where more components do not help"},
                 {"twill run -n 4 -- twill dmm fit counts.csv -k 1:10 --starts 20 -o out/",
                  "runs dealt out over four processes; the same files"},
                 {"twill run -n 4 -- twill dmm fit counts.csv -k 5 --over rows -o out/",
                  "each fit over the rows of four processes; the same files"}},
    .define = [](CLI::App& app) -> command_body {
      auto flags = std::make_shared<fit_command_flags>();
      app.add_option("table", flags->input,
                     "CSV, TSV, Parquet, BIOM, .shared or MatrixMarket; also packed by gzip")
          ->required();
      app.add_option("-o,--output", flags->folder, "Folder for tables, models and the report")
          ->type_name("OUT");
      flags->fit.declare(app, true);
      flags->table.declare(app);
      flags->threads.declare(app);
      flags->comm.declare(app);
      app.add_option("--checkpoint", flags->checkpoint,
                     "Keep finished runs in this folder and resume from it")
          ->type_name("FOLDER");
      app.add_option(
             "--over", flags->over,
             "What ranks share out: runs (of several K and starts), or rows of the table (default runs)")
          ->check(CLI::IsMember({"runs", "rows"}));
      app.add_option("--max-wall", flags->max_wall,
                     "End after the runs that are under way when less time than they take is left")
          ->type_name("SECONDS");
      app.add_option("--interrupt-exit", flags->interrupt_exit,
                     "Exit code after an interrupt or for want of time (default 0)")
          ->type_name("N");
      return [flags](session& s) { return fit_command(*flags, s); };
    },
}};

}  // namespace
}  // namespace twill::apps
