// SPDX-License-Identifier: Apache-2.0
#include "twill/sddp/templates.hpp"

#include "template_files.hpp"
#include "twill/base/error.hpp"
#include "twill/base/file.hpp"
#include "twill/base/suggest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

namespace twill::sddp {
namespace fs = std::filesystem;
namespace {

constexpr std::array summaries{
    std::pair{std::string_view("cascade"),
              std::string_view("three hydros in a cascade, two buses, wind, autoregressive inflows")},
    std::pair{std::string_view("head-effect"),
              std::string_view("a hydro whose planes are fitted from its geometry, with evaporation")},
    std::pair{std::string_view("one-reservoir"),
              std::string_view("one reservoir, two thermals, uncertain inflow")},
    std::pair{std::string_view("risk-averse"), std::string_view("one reservoir, with CVaR and discounting")},
    std::pair{std::string_view("thermal-only"), std::string_view("no water: merit order in two blocks")}};

[[noreturn]] void cannot(const fs::path& at, std::string what, std::string found, std::string hint) {
  throw error(twill::errc::cannot_write, {.what = std::move(what),
                                          .where = twill::location{.file = at.string()},
                                          .found = std::move(found),
                                          .hint = std::move(hint)});
}

}  // namespace

std::vector<case_template> case_templates() {
  std::vector<case_template> all;
  for (const auto& [name, summary] : summaries) all.push_back({std::string(name), std::string(summary)});
  return all;
}

void write_template(std::string_view name, const std::string& directory) {
  std::vector<std::string_view> names;
  for (const auto& one : summaries) names.push_back(one.first);
  if (std::ranges::find(names, name) == names.end()) {
    const std::string near = nearest_name(name, names);
    throw error(twill::errc::unknown_name,
                {.what = "no such template",
                 .where = twill::location{.file = "--template"},
                 .found = std::string(name),
                 .expected = fmt::format("one of {}", fmt::join(names, ", ")),
                 .hint = near.empty() ? "" : fmt::format("did you mean \"{}\"?", near)});
  }
  std::error_code failure;
  const fs::path root(directory);
  if (fs::exists(root, failure) && !(fs::is_directory(root, failure) && fs::is_empty(root, failure)))
    cannot(root, "a case is written into a new or empty directory", "something is there",
           "name another directory, or empty this one");
  const std::string prefix = fmt::format("{}/", name);
  for (const detail::template_file& file : detail::template_files()) {
    if (!file.path.starts_with(prefix)) continue;
    const fs::path to = root / file.path.substr(prefix.size());
    fs::create_directories(to.parent_path(), failure);
    if (failure) cannot(to.parent_path(), "the directory cannot be made", failure.message(), {});
    write_file_atomically(to.string(), file.content);
  }
}

}  // namespace twill::sddp
