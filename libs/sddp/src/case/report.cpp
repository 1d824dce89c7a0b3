// SPDX-License-Identifier: Apache-2.0
#include "twill/base/json_writer.hpp"
#include "twill/sddp/case.hpp"

#include <fmt/format.h>

#include <array>
#include <string>
#include <utility>

namespace twill::sddp {
namespace {

constexpr std::array kind_names{
    std::string_view("FileNotFound"),          std::string_view("ParseError"),
    std::string_view("SchemaViolation"),       std::string_view("InvalidReference"),
    std::string_view("DuplicateId"),           std::string_view("InvalidValue"),
    std::string_view("CycleDetected"),         std::string_view("DimensionMismatch"),
    std::string_view("BusinessRuleViolation"), std::string_view("NotImplemented"),
    std::string_view("UnusedEntity"),          std::string_view("ModelQuality")};
static_assert(kind_names.size() == static_cast<std::size_t>(finding_kind::model_quality) + 1);

constexpr std::array code_names{std::string_view("invalid_case"), std::string_view("cannot_read"),
                                std::string_view("cannot_write"), std::string_view("solver_failed"),
                                std::string_view("infeasible"),   std::string_view("unbounded"),
                                std::string_view("unsupported"),  std::string_view("internal")};

class sddp_category_type final : public category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "twill.sddp"; }
  [[nodiscard]] std::string message(int code) const override { return std::string(code_name(code)); }
  [[nodiscard]] std::string_view code_name(int code) const noexcept override {
    if (code < 1 || code > static_cast<int>(code_names.size())) return "unknown";
    return code_names[static_cast<std::size_t>(code - 1)];
  }
  [[nodiscard]] exit_code exit_for(int code) const noexcept override {
    switch (static_cast<errc>(code)) {
      case errc::invalid_case:
      case errc::unsupported: return exit_code::invalid_input;
      case errc::cannot_read:
      case errc::cannot_write: return exit_code::io;
      case errc::solver_failed:
      case errc::infeasible:
      case errc::unbounded: return exit_code::numerical;
      case errc::internal: break;
    }
    return exit_code::internal;
  }
};

std::string_view word(severity level) { return level == severity::error ? "error" : "warning"; }

diagnosis with_entity(const finding& f) {
  diagnosis d = f.details;
  if (!f.entity.empty()) d.what = f.entity + ": " + d.what;
  return d;
}

/// "feature.line_losses" gives "line_losses".
std::string_view feature_of(const std::string& rule) {
  const std::string_view all = rule;
  return all.substr(all.find('.') + 1);
}

void write(json_writer& out, const finding& f) {
  const location& at = f.details.where;
  out.begin_object();
  out.member("severity", word(f.level)).member("kind", name_of(f.kind)).member("rule", f.rule);
  out.member("file", at.file);
  if (at.line != 0) out.member("line", at.line);
  if (at.column != 0) out.member("column", at.column);
  if (!at.pointer.empty()) out.member("pointer", at.pointer);
  if (at.row) out.member("row", *at.row);
  if (!at.field.empty()) out.member("field", at.field);
  if (!f.entity.empty()) out.member("entity", f.entity);
  out.member("message", f.details.what);
  if (!f.details.found.empty()) out.member("found", f.details.found);
  if (!f.details.expected.empty()) out.member("expected", f.details.expected);
  if (!f.details.hint.empty()) out.member("hint", f.details.hint);
  out.member("text", f.to_string());
  out.end_object();
}

void write(json_writer& out, const case_report& report, severity level, std::string_view key) {
  out.key(key).begin_array();
  for (const finding& f : report.findings) {
    if (f.level == level) write(out, f);
  }
  out.end_array();
}

diagnosis summary_of(const case_report& report) {
  for (const finding& f : report.findings) {
    if (f.level == severity::error) return with_entity(f);
  }
  return {.what = "the case is wrong"};
}

}  // namespace

std::string_view name_of(finding_kind kind) noexcept { return kind_names[static_cast<std::size_t>(kind)]; }

std::string finding::to_string() const {
  std::string code(name_of(kind));
  if (kind == finding_kind::not_implemented) code += fmt::format(".{}", feature_of(rule));
  diagnosis d = with_entity(*this);
  d.hint.clear();
  std::string text = format_diagnosis(word(level), code, d) + fmt::format(" [{}]", rule);
  if (!details.hint.empty()) text += "\nhint: " + details.hint;
  return text;
}

std::string case_report::to_string() const {
  std::string text;
  for (const finding& f : findings) text += f.to_string() + '\n';
  if (const std::size_t dropped = errors + warnings - findings.size(); dropped != 0)
    text += fmt::format("... and {} more\n", dropped);
  text += fmt::format("{}: {} error{}, {} warning{}\n", directory, errors, errors == 1 ? "" : "s", warnings,
                      warnings == 1 ? "" : "s");
  return text;
}

std::string case_report::to_json() const {
  json_writer out(json_style::indented);
  out.begin_object();
  out.member("directory", directory).member("error_count", errors).member("warning_count", warnings);
  write(out, *this, severity::error, "errors");
  write(out, *this, severity::warning, "warnings");
  out.end_object();
  return out.take() + '\n';
}

const category& sddp_category() noexcept {
  static const sddp_category_type instance;
  return instance;
}

std::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), sddp_category()}; }

struct case_error::content {
  case_report report;
  std::string message;
};

case_error::case_error(case_report report)
    : error(make_error_code(report.unreadable ? errc::cannot_read : errc::invalid_case), summary_of(report)) {
  std::string message = report.to_string();
  message.pop_back();
  content_ = std::make_shared<const content>(content{std::move(report), std::move(message)});
}

const char* case_error::what() const noexcept { return content_->message.c_str(); }

const case_report& case_error::report() const noexcept { return content_->report; }

}  // namespace twill::sddp
