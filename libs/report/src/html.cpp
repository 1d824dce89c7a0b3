// SPDX-License-Identifier: Apache-2.0
#include "twill/report/html.hpp"

#include "assets.hpp"
#include "text.hpp"
#include "twill/base/error.hpp"

#include <algorithm>

namespace twill::report {
namespace {

using detail::append_escaped;
using detail::escaped;

std::string_view tone_class(tone how) noexcept {
  switch (how) {
    case tone::good: return "good";
    case tone::warning: return "warning";
    case tone::bad: return "bad";
    case tone::neutral: break;
  }
  return "neutral";
}

/// The word is read out and printed: the tone is not told by colour alone.
std::string_view tone_word(tone how) noexcept {
  switch (how) {
    case tone::good: return "Good";
    case tone::warning: return "Warning";
    case tone::bad: return "Error";
    case tone::neutral: break;
  }
  return "Note";
}

std::string data_block(std::string_view id, const data_table& t) {
  return "<script type=\"application/json\" id=\"" + std::string(id) + "\">" + t.to_json() + "</script>\n";
}

constexpr std::string_view save_buttons =
    "<button type=\"button\" data-save=\"csv\">CSV</button><button type=\"button\" "
    "data-save=\"json\">JSON</button>";

bool valid_id(std::string_view id) noexcept {
  return !id.empty() && std::all_of(id.begin(), id.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

}  // namespace

document::document(std::string title, std::string subtitle)
    : title_(std::move(title)), subtitle_(std::move(subtitle)) {}

std::string document::new_id(std::string_view prefix) {
  std::size_t number = prefix == "figure" ? ++figures_ : ++tables_;
  std::string id = std::string(prefix) + "-" + std::to_string(number);
  // A data block of the caller may have the name.
  while (std::find(ids_.begin(), ids_.end(), id) != ids_.end()) {
    number = prefix == "figure" ? ++figures_ : ++tables_;
    id = std::string(prefix) + "-" + std::to_string(number);
  }
  ids_.push_back(id);
  return id;
}

void document::heading(int level, std::string_view title) {
  std::string id = "section-" + std::to_string(contents_.size() + 1);
  const std::string tag = "h" + std::to_string(level);
  body_ += "<" + tag + " id=\"" + id + "\">" + escaped(title) + "</" + tag + ">\n";
  contents_.push_back({level, std::move(id), std::string(title)});
}

document& document::section(std::string title) {
  heading(2, title);
  return *this;
}

document& document::subsection(std::string title) {
  heading(3, title);
  return *this;
}

document& document::paragraph(std::string_view text) {
  body_ += "<p>";
  append_escaped(body_, text);
  body_ += "</p>\n";
  return *this;
}

document& document::list(std::span<const std::string> items) {
  body_ += "<ul>\n";
  for (const std::string& item : items) body_ += "<li>" + escaped(item) + "</li>\n";
  body_ += "</ul>\n";
  return *this;
}

document& document::note(std::string_view text, tone how) {
  body_ += "<p class=\"note ";
  body_ += tone_class(how);
  body_ += "\"><b>";
  body_ += tone_word(how);
  body_ += ":</b> ";
  append_escaped(body_, text);
  body_ += "</p>\n";
  return *this;
}

document& document::cards(std::span<const card> cards) {
  body_ += "<dl class=\"cards\">\n";
  for (const card& c : cards) {
    body_ += "<div class=\"card ";
    body_ += tone_class(c.how);
    body_ += "\"><dt>" + escaped(c.label) + "</dt><dd>" + escaped(c.value);
    if (!c.unit.empty()) body_ += " <small>" + escaped(c.unit) + "</small>";
    body_ += "</dd>";
    if (!c.detail.empty()) body_ += "<dd class=\"more\">" + escaped(c.detail) + "</dd>";
    body_ += "</div>\n";
  }
  body_ += "</dl>\n";
  return *this;
}

document& document::facts(std::span<const std::pair<std::string, std::string>> facts) {
  body_ += "<div class=\"wide\" tabindex=\"0\"><table class=\"facts\"><tbody>\n";
  for (const auto& [name, value] : facts) {
    body_ += "<tr><th scope=\"row\">" + escaped(name) + "</th><td>" + escaped(value) + "</td></tr>\n";
  }
  body_ += "</tbody></table></div>\n";
  return *this;
}

document& document::code(std::string_view text) {
  body_ += "<pre tabindex=\"0\"><code>";
  append_escaped(body_, text);
  body_ += "</code></pre>\n";
  return *this;
}

void document::append_figure(const figure& f, bool hidden) {
  const std::string id = new_id("figure");
  body_ += "<figure data-block=\"" + id + "\"" + (hidden ? " hidden" : "") +
           ">\n<div class=\"plot\" tabindex=\"0\">";
  body_ += f.element();
  body_ +=
      "</div>\n<div class=\"tools\"><button type=\"button\" data-table=\"\" "
      "aria-expanded=\"false\">Data</button>";
  body_ += save_buttons;
  body_ += "</div>\n</figure>\n";
  body_ += data_block(id, f.data());
}

document& document::add(const figure& f) {
  append_figure(f, false);
  return *this;
}

document& document::choose(std::string label, std::span<const choice> choices) {
  body_ += "<div class=\"choice\"><label>" + escaped(label) + " <select>";
  for (const choice& c : choices) body_ += "<option>" + escaped(c.name) + "</option>";
  body_ += "</select></label>\n";
  for (const choice& c : choices) append_figure(c.shown, &c != choices.data());
  body_ += "</div>\n";
  return *this;
}

document& document::table(const data_table& t) {
  const std::string id = new_id("table");
  body_ += "<figure class=\"table\" data-block=\"" + id + "\">\n<div class=\"wide\" tabindex=\"0\"><table>";
  if (!t.title().empty()) body_ += "<caption>" + escaped(t.title()) + "</caption>";
  body_ += "<thead><tr>";
  const auto cell_class = [](const data_column& c) {
    return c.kind == column_kind::number ? " class=\"n\"" : c.kind == column_kind::time ? " class=\"w\"" : "";
  };
  for (const data_column& c : t.columns()) {
    body_ += std::string("<th scope=\"col\"") + cell_class(c) + ">" + escaped(c.heading()) + "</th>";
  }
  body_ += "</tr></thead>\n<tbody>\n";
  for (std::size_t r = 0; r < t.rows(); ++r) {
    body_ += "<tr>";
    for (std::size_t k = 0; k < t.columns().size(); ++k) {
      const std::string text = t.text_at(r, k);
      body_ += std::string("<td") + cell_class(t.columns()[k]) + ">" +
               (text.empty() ? "\u2013" : escaped(text)) + "</td>";
    }
    body_ += "</tr>\n";
  }
  body_ += "</tbody></table></div>\n<div class=\"tools\">";
  body_ += save_buttons;
  body_ += "</div>\n</figure>\n";
  body_ += data_block(id, t);
  return *this;
}

document& document::data(std::string id, const data_table& t) {
  if (!valid_id(id)) {
    throw error(errc::invalid_value,
                {.what = "not an id for a data block", .found = id, .expected = "letters, digits, - and _"});
  }
  if (std::find(ids_.begin(), ids_.end(), id) != ids_.end() || id.starts_with("section-") ||
      id == "contents") {
    throw error(errc::invalid_value, {.what = "the id of a data block is taken", .found = id});
  }
  body_ += data_block(id, t);
  ids_.push_back(std::move(id));
  return *this;
}

std::string document::html() const {
  std::string out;
  out.reserve(body_.size() + 32768);
  out +=
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta name=\"color-scheme\" content=\"light dark\">\n"
      // Said to the browser too: nothing is ever fetched.
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
      "script-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">\n"
      "<link rel=\"icon\" href=\"data:,\">\n<title>";
  append_escaped(out, title_);
  out += "</title>\n<style>\n";
  out += detail::chart_css();
  out += detail::report_css();
  out += "</style>\n</head>\n<body>\n<header><h1>";
  append_escaped(out, title_);
  out += "</h1>";
  if (!subtitle_.empty()) out += "<p>" + escaped(subtitle_) + "</p>";
  out +=
      "<button type=\"button\" id=\"theme\" hidden>Light or dark</button></header>\n<div class=\"page\">\n";
  if (!contents_.empty()) {
    out += "<nav id=\"contents\" aria-label=\"Contents\"><h2>Contents</h2>\n<ol>\n";
    for (std::size_t i = 0; i < contents_.size(); ++i) {
      const entry& e = contents_[i];
      out += "<li" + std::string(e.level > 2 ? " class=\"sub\"" : "") + "><a href=\"#" + e.id + "\">" +
             escaped(e.title) + "</a></li>\n";
    }
    out += "</ol></nav>\n";
  }
  out += "<main>\n";
  out += body_;
  out += "</main>\n</div>\n<div id=\"tip\" role=\"status\" aria-live=\"polite\" hidden></div>\n<script>\n";
  out += detail::page_js();
  out += detail::hover_js();
  out += "</script>\n</body>\n</html>\n";
  return out;
}

}  // namespace twill::report
