// SPDX-License-Identifier: Apache-2.0
#include "../command.hpp"
#include "../dmm/flags.hpp"
#include "../dmm/outputs.hpp"
#include "twill/base/checksum.hpp"
#include "twill/base/error.hpp"
#include "twill/base/file.hpp"
#include "twill/report/text_table.hpp"
#include "twill/table/json.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <memory>

namespace twill::apps {
namespace {

struct report_flags {
  std::string folder;
  std::string table;
  std::string criterion;
  bool json = false;
};

std::string text_at(const table::json::value& of, std::string_view key) {
  const auto found = of.find(key);
  const auto text = found ? found->as_string() : std::nullopt;
  return text ? std::string(*text) : std::string();
}

// What summary.json tells of the table, and how it has to be read to be the same again.
dmm::read_counts_options recall(const report_flags& flags, dmm_result& r) {
  dmm::read_counts_options how;
  const std::string path = flags.folder + "/summary.json";
  if (!std::filesystem::exists(path)) return how;
  const table::json::document summary = table::json::read_file(path);
  if (const auto options = summary.root().find("options"); options && flags.criterion.empty())
    r.by = dmm_fit_flags{.criterion = text_at(*options, "criterion")}.by();
  const auto of = summary.root().find("table");
  if (!of) return how;
  r.table = text_at(*of, "path");
  r.table_hash = text_at(*of, "sha256");
  how = dmm_table_flags{.format = text_at(*of, "format"),
                        .axis = text_at(*of, "rows") == "taxa" ? "rows" : "cols"}
            .options(dmm::zero_rows::refuse, 0);
  if (const auto least = of->find("min_taxon_total")) how.min_taxon_total = least->as_double().value_or(0);
  if (const auto notes = of->find("notes"); notes && notes->is_array()) {
    for (const table::json::value note : *notes) r.notes.emplace_back(note.as_string().value_or(""));
  }
  return how;
}

// Draws report.html anew from the models and the table they were fitted to.
void draw(const report_flags& flags, dmm_result& r, const dmm::read_counts_options& how) {
  const std::string path = flags.table.empty() ? r.table : flags.table;
  if (!std::filesystem::exists(path)) {
    std::fputs(fmt::format("note: report.html stays as it is: the table {} is not there (--table names it)\n",
                           path.empty() ? "of these models" : path)
                   .c_str(),
               stderr);
    return;
  }
  const std::string found = to_hex(sha256_of(std::string_view(read_file(path))));
  if (!r.table_hash.empty() && found != r.table_hash) {
    throw error(errc::bad_configuration, {.what = "this is not the table that the models were fitted to",
                                          .where = twill::location{.file = path},
                                          .found = "SHA-256 " + found,
                                          .expected = r.table_hash});
  }
  dmm::named_counts counts = read_counts(path, how);
  r.samples = std::move(counts.samples);
  for (dmm::mixture_fit& fit : r.fits.fits) {
    if (&fit != &r.fits.best(r.by)) continue;
    fit.group.resize(counts.counts.samples() * static_cast<std::size_t>(fit.components));
    posterior(fit, counts.counts, fit.group);
  }
  write_dmm_report(r, counts.counts, flags.folder);
}

int report_command(const report_flags& flags) {
  dmm_result r;
  if (!flags.criterion.empty()) r.by = dmm_fit_flags{.criterion = flags.criterion}.by();
  for (int k = 1; k <= 10000; ++k) {
    const std::string path = fmt::format("{}/model-k{}.json", flags.folder, k);
    if (!std::filesystem::exists(path)) continue;
    dmm::saved_model model = dmm::read_model(path);
    r.taxa = model.taxa;
    r.fits.fits.push_back(std::move(model.fit));
  }
  if (r.fits.fits.empty()) {
    throw error(errc::cannot_read, {.what = "there is no model in the folder",
                                    .where = twill::location{.file = flags.folder},
                                    .expected = "model-kK.json files of `twill dmm fit -o`"});
  }
  const dmm::read_counts_options how = recall(flags, r);
  write_file_atomically(flags.folder + "/model-fit.svg", std::string_view(dmm_model_fit_svg(r.fits.fits)));
  draw(flags, r, how);
  if (flags.json) {
    r.table = flags.folder;
    print(summary_json(r, {}));
  } else {
    print(report::to_text(model_fit_table(r.fits.fits, r.by), {.style = report::table_style::plain}));
  }
  return static_cast<int>(exit_code::success);
}

const registration report_registration{{
    .path = "dmm report",
    .summary = "Draw report.html of a folder that `twill dmm fit` wrote anew, and show its model fit",
    .examples = {{"twill dmm report out/", "the table of all K; the pages as `fit` drew them"},
                 {"twill dmm report out/ --criterion bic", "chosen by another criterion"}},
    .define = [](CLI::App& app) -> command_body {
      auto flags = std::make_shared<report_flags>();
      app.add_option("folder", flags->folder, "What -o was")->required();
      app.add_option("--table", flags->table, "The table of counts, where it is no longer where it was")
          ->type_name("FILE");
      app.add_option("--criterion", flags->criterion,
                     "laplace, laplace_symmetric, bic or aic (default: as it was fitted)")
          ->check(CLI::IsMember({"laplace", "laplace_symmetric", "bic", "aic"}));
      app.add_flag("--json", flags->json, "Print JSON");
      return [flags](session&) { return report_command(*flags); };
    },
}};

}  // namespace
}  // namespace twill::apps
