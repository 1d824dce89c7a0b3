// SPDX-License-Identifier: Apache-2.0
#include "twill/base/error.hpp"

#include <fmt/format.h>

namespace twill {
namespace {

class base_category_type final : public category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "twill.base"; }

  [[nodiscard]] std::string message(int code) const override {
    switch (static_cast<errc>(code)) {
      case errc::invalid_value: return "malformed value or outside its range";
      case errc::missing_value: return "required and absent";
      case errc::unknown_name: return "unknown name";
      case errc::bad_configuration: return "malformed or contradictory setting";
      case errc::cannot_read: return "cannot read";
      case errc::cannot_write: return "cannot write";
      case errc::disk_full: return "no space left";
      case errc::corrupt_data: return "corrupt data";
      case errc::unsupported: return "not supported by this build or machine";
      case errc::internal: return "internal error";
    }
    return "unknown code";
  }

  [[nodiscard]] std::string_view code_name(int code) const noexcept override {
    switch (static_cast<errc>(code)) {
      case errc::invalid_value: return "invalid_value";
      case errc::missing_value: return "missing_value";
      case errc::unknown_name: return "unknown_name";
      case errc::bad_configuration: return "bad_configuration";
      case errc::cannot_read: return "cannot_read";
      case errc::cannot_write: return "cannot_write";
      case errc::disk_full: return "disk_full";
      case errc::corrupt_data: return "corrupt_data";
      case errc::unsupported: return "unsupported";
      case errc::internal: return "internal";
    }
    return "unknown";
  }

  [[nodiscard]] exit_code exit_for(int code) const noexcept override {
    switch (static_cast<errc>(code)) {
      case errc::cannot_read:
      case errc::cannot_write:
      case errc::disk_full: return exit_code::io;
      case errc::bad_configuration: return exit_code::usage;
      case errc::unsupported:
      case errc::internal: return exit_code::internal;
      case errc::invalid_value:
      case errc::missing_value:
      case errc::unknown_name:
      case errc::corrupt_data: return exit_code::invalid_input;
    }
    return exit_code::internal;
  }
};

std::string_view code_name_of(const std::error_code& code) noexcept {
  if (const auto* ours = dynamic_cast<const category*>(&code.category()))
    return ours->code_name(code.value());
  return code.category().name();
}

}  // namespace

const category& base_category() noexcept {
  static const base_category_type instance;
  return instance;
}

std::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), base_category()}; }

bool location::empty() const noexcept {
  return file.empty() && line == 0 && column == 0 && pointer.empty() && !row && field.empty();
}

std::string location::to_string() const {
  std::string text = file;
  if (line != 0) text += fmt::format("{}{}", text.empty() ? "line " : ":", line);
  if (line != 0 && column != 0) text += fmt::format(":{}", column);
  const auto separate = [&] {
    if (!text.empty()) text += ' ';
  };
  if (!pointer.empty()) {
    separate();
    text += pointer;
  }
  if (row) {
    separate();
    text += fmt::format("row {}", *row);
  }
  if (!field.empty()) {
    separate();
    text += fmt::format("column \"{}\"", field);
  }
  return text;
}

std::string format_diagnosis(std::string_view severity, std::string_view code_name, const diagnosis& d) {
  std::string text = fmt::format("{}[{}]", severity, code_name);
  if (const std::string place = d.where.to_string(); !place.empty()) text += ' ' + place;
  text += ": " + d.what;
  if (!d.found.empty() && !d.expected.empty()) {
    text += fmt::format(" (found {}, expected {})", d.found, d.expected);
  } else if (!d.found.empty()) {
    text += fmt::format(" (found {})", d.found);
  } else if (!d.expected.empty()) {
    text += fmt::format(" (expected {})", d.expected);
  }
  if (!d.hint.empty()) text += "\nhint: " + d.hint;
  return text;
}

struct error::content {
  diagnosis details;
  std::string message;
};

error::error(std::error_code code, diagnosis d) : std::system_error(code) {
  std::string message = format_diagnosis("error", code_name_of(code), d);
  content_ = std::make_shared<const content>(content{std::move(d), std::move(message)});
}

const char* error::what() const noexcept { return content_->message.c_str(); }

const diagnosis& error::details() const noexcept { return content_->details; }

std::string_view error::code_name() const noexcept { return code_name_of(code()); }

exit_code error::exit() const noexcept { return exit_code_of(*this); }

exit_code exit_code_of(const std::exception& e) noexcept {
  const auto* failure = dynamic_cast<const std::system_error*>(&e);
  if (failure == nullptr) return exit_code::internal;
  if (const auto* ours = dynamic_cast<const category*>(&failure->code().category())) {
    return ours->exit_for(failure->code().value());
  }
  const auto& kind = failure->code().category();
  return kind == std::generic_category() || kind == std::system_category() ? exit_code::io
                                                                           : exit_code::internal;
}

}  // namespace twill
