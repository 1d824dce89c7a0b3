// SPDX-License-Identifier: Apache-2.0
#include "../command.hpp"
#include "../dmm/flags.hpp"
#include "../dmm/outputs.hpp"
#include "twill/base/error.hpp"
#include "twill/base/file.hpp"
#include "twill/report/text_table.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <memory>

namespace twill::apps {
namespace {

struct report_flags {
  std::string folder;
  std::string criterion = "laplace";
  bool json = false;
};

int report_command(const report_flags& flags) {
  dmm_result r;
  r.by = dmm_fit_flags{.criterion = flags.criterion}.by();
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
  if (flags.json) {
    r.table = flags.folder;
    print(summary_json(r, {}));
  } else {
    print(report::to_text(model_fit_table(r.fits.fits, r.by), {.style = report::table_style::plain}));
  }
  write_file_atomically(flags.folder + "/model-fit.svg", std::string_view(dmm_model_fit_svg(r.fits.fits)));
  return static_cast<int>(exit_code::success);
}

const registration report_registration{{
    .path = "dmm report",
    .summary = "Show the model fit of a folder that `twill dmm fit` wrote, and draw its curve anew",
    .examples = {{"twill dmm report out/", "the table of all K"},
                 {"twill dmm report out/ --criterion bic", "chosen by another criterion"}},
    .define = [](CLI::App& app) -> command_body {
      auto flags = std::make_shared<report_flags>();
      app.add_option("folder", flags->folder, "What -o was")->required();
      app.add_option("--criterion", flags->criterion, "laplace, laplace_symmetric, bic or aic")
          ->check(CLI::IsMember({"laplace", "laplace_symmetric", "bic", "aic"}));
      app.add_flag("--json", flags->json, "Print JSON");
      return [flags](session&) { return report_command(*flags); };
    },
}};

}  // namespace
}  // namespace twill::apps
