// SPDX-License-Identifier: Apache-2.0
#include "resolve.hpp"

#include <optional>
#include <utility>

namespace twill::sddp {
namespace {

struct outcome {
  case_report report{};
  std::optional<study> made{};
};

outcome read(const std::string& directory, const case_options& options) {
  detail::collector out(directory);
  outcome done;
  const detail::case_files files = detail::read_files(directory, options.tables, out);
  // What is not read rightly cannot be compared: the layers above would only repeat it in other words.
  if (out.errors() == 0) {
    detail::context c(files, out);
    detail::check_ids(c);
    if (out.errors() == 0) {
      detail::check_references(c);
      detail::check_coverage(c);
      detail::check_plants(c);
      detail::check_study(c);
      detail::check_noise(c);
      detail::check_features(c);
    }
    if (out.errors() == 0) {
      study& made = done.made.emplace();
      made.model = detail::resolve_system(c);
      made.settings = detail::resolve_settings(c);
    }
  }
  if (out.errors() != 0) done.made.reset();
  done.report = std::move(out).finish();
  return done;
}

}  // namespace

study load_case(const std::string& directory, const case_options& options) {
  outcome done = read(directory, options);
  if (!done.made) throw case_error(std::move(done.report));
  done.made->report = std::move(done.report);
  return std::move(*done.made);
}

case_report validate_case(const std::string& directory, const case_options& options) {
  return read(directory, options).report;
}

}  // namespace twill::sddp
