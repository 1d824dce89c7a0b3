// SPDX-License-Identifier: Apache-2.0
#include "twill/table/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

namespace twill::table {
namespace {

class table_category_type final : public category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "twill.table"; }

  [[nodiscard]] std::string message(int code) const override {
    switch (static_cast<errc>(code)) {
      case errc::invalid_input: return "the input is wrong";
      case errc::wrong_column: return "no such column";
      case errc::cannot_read: return "cannot read";
      case errc::cannot_write: return "cannot write";
      case errc::too_large: return "a limit is exceeded";
      case errc::unsupported: return "not supported";
    }
    return "unknown code";
  }

  [[nodiscard]] std::string_view code_name(int code) const noexcept override {
    switch (static_cast<errc>(code)) {
      case errc::invalid_input: return "invalid_input";
      case errc::wrong_column: return "wrong_column";
      case errc::cannot_read: return "cannot_read";
      case errc::cannot_write: return "cannot_write";
      case errc::too_large: return "too_large";
      case errc::unsupported: return "unsupported";
    }
    return "unknown";
  }

  [[nodiscard]] exit_code exit_for(int code) const noexcept override {
    const auto known = static_cast<errc>(code);
    return known == errc::cannot_read || known == errc::cannot_write ? exit_code::io
                                                                     : exit_code::invalid_input;
  }
};

const finding& first_error(const findings& all) {
  const auto kept = all.items();
  return *std::ranges::find(kept, severity::error, &finding::level);
}

std::string counted(std::size_t n, std::string_view noun) {
  return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
}

}  // namespace

const category& table_category() noexcept {
  static const table_category_type instance;
  return instance;
}

std::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), table_category()}; }

std::string finding::to_string() const {
  return format_diagnosis(level == severity::error ? "error" : "warning", rule, details);
}

void findings::add(finding found) {
  const bool is_error = found.level == severity::error;
  if (items_.size() < capacity_) {
    items_.push_back(std::move(found));
  } else if (is_error && errors_ == 0) {
    // A collector full of warnings would otherwise lose the one finding that ends the reading.
    if (items_.empty()) {
      items_.push_back(std::move(found));
    } else {
      items_.back() = std::move(found);
    }
  }
  ++(is_error ? errors_ : warnings_);
}

void findings::error(std::string_view rule, diagnosis details) {
  add({severity::error, std::string(rule), std::move(details)});
}

void findings::warning(std::string_view rule, diagnosis details) {
  add({severity::warning, std::string(rule), std::move(details)});
}

void findings::merge(const findings& other) {
  std::size_t kept_errors = 0;
  for (const finding& item : other.items_) {
    kept_errors += item.level == severity::error ? 1 : 0;
    add(item);
  }
  errors_ += other.errors_ - kept_errors;
  warnings_ += other.warnings_ - (other.items_.size() - kept_errors);
}

void findings::sort_by_place() {
  std::vector<std::size_t> order(items_.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto place = [this](std::size_t i) {
    const location& where = items_[i].details.where;
    return std::tuple(std::string_view(where.file), where.line, where.column, where.row.value_or(0), i);
  };
  std::ranges::sort(order, [&](std::size_t a, std::size_t b) { return place(a) < place(b); });
  std::vector<finding> sorted;
  sorted.reserve(items_.size());
  for (const std::size_t i : order) sorted.push_back(std::move(items_[i]));
  items_ = std::move(sorted);
}

std::string findings::to_string(std::size_t printed) const {
  const std::size_t total = errors_ + warnings_;
  std::string text;
  std::size_t shown = 0;
  const auto show = [&](const finding& item) {
    if (shown == printed) return;
    text += item.to_string() + '\n';
    ++shown;
  };
  if (total <= printed) {
    for (const finding& item : items_) show(item);
  } else {
    for (const finding& item : items_) {
      if (item.level == severity::error) show(item);
    }
    for (const finding& item : items_) {
      if (item.level == severity::warning) show(item);
    }
  }
  if (shown < total) text += fmt::format("... and {} more\n", total - shown);
  if (total > 1) {
    text += counted(errors_, "error");
    if (warnings_ != 0) text += ", " + counted(warnings_, "warning");
    text += '\n';
  }
  if (!text.empty()) text.pop_back();
  return text;
}

void findings::throw_if_errors() const {
  if (has_errors()) throw input_error(*this);
}

struct input_error::report {
  findings all;
  std::string message;
};

input_error::input_error(findings all) : error(errc::invalid_input, first_error(all).details) {
  std::string message = all.to_string();
  report_ = std::make_shared<const report>(report{std::move(all), std::move(message)});
}

input_error::input_error(std::string_view rule, diagnosis details)
    : input_error([&] {
        findings one;
        one.error(rule, std::move(details));
        return one;
      }()) {}

const char* input_error::what() const noexcept { return report_->message.c_str(); }

const findings& input_error::all() const noexcept { return report_->all; }

}  // namespace twill::table
