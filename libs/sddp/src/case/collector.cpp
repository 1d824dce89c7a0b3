// SPDX-License-Identifier: Apache-2.0
#include "collector.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

namespace twill::sddp::detail {
namespace {

// Beyond these a report helps nobody, and a table with a million bad rows must not fill the memory.
constexpr std::size_t most_kept = 2000;

finding_kind kind_of(std::string_view rule) {
  using namespace table;
  for (const auto parse : {rule::syntax, rule::encoding, rule::limit, rule::number, rule::ragged_row,
                           rule::duplicate_column, rule::partition}) {
    if (rule == parse) return finding_kind::parse_error;
  }
  if (rule == rule::duplicate_key || rule == rule::duplicate_id) return finding_kind::duplicate_id;
  if (rule == rule::unknown_id) return finding_kind::invalid_reference;
  return finding_kind::schema_violation;
}

}  // namespace

std::string collector::relative(const std::string& file) const {
  const std::string prefix = report_.directory.ends_with('/') ? report_.directory : report_.directory + '/';
  return file.starts_with(prefix) ? file.substr(prefix.size()) : file;
}

void collector::add(finding found) {
  ++(found.level == severity::error ? report_.errors : report_.warnings);
  found.details.where.file = relative(found.details.where.file);
  // The format counts rows of tables from 0, as data frames do; readers of tables count from 1, as lines.
  if (auto& row = found.details.where.row; row && *row != 0) --*row;
  if (report_.findings.size() < most_kept || (found.level == severity::error && report_.errors == 1))
    report_.findings.push_back(std::move(found));
}

void collector::take(const table::findings& found) {
  for (const table::finding& item : found.items()) {
    const bool is_error = item.level == table::severity::error;
    add({is_error ? severity::error : severity::warning,
         is_error ? kind_of(item.rule) : finding_kind::model_quality,
         item.rule,
         {},
         item.details});
  }
}

void collector::take(const twill::error& failure, const std::string& file) {
  diagnosis d = failure.details();
  if (d.where.file.empty()) d.where.file = file;
  if (failure.exit() == exit_code::io) return unreadable(std::move(d));
  error(finding_kind::parse_error, "file.content", {}, std::move(d));
}

void collector::unreadable(diagnosis details) {
  report_.unreadable = true;
  error(finding_kind::file_not_found, "file.unreadable", {}, std::move(details));
}

case_report collector::finish() && {
  std::vector<std::size_t> order(report_.findings.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto key = [&](std::size_t i) {
    const location& at = report_.findings[i].details.where;
    return std::tuple(std::string_view(at.file), at.line, at.column, at.row.value_or(0), i);
  };
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  std::vector<finding> sorted;
  sorted.reserve(order.size());
  for (const std::size_t i : order) sorted.push_back(std::move(report_.findings[i]));
  report_.findings = std::move(sorted);
  return std::move(report_);
}

}  // namespace twill::sddp::detail
