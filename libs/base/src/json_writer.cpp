// SPDX-License-Identifier: Apache-2.0
#include "twill/base/json_writer.hpp"

#include "twill/base/assert.hpp"
#include "twill/base/number.hpp"

#include <fmt/format.h>

#include <cmath>

namespace twill {
namespace {

struct utf8_unit {
  std::size_t length;  ///< bytes taken
  bool valid;
};

bool continues(unsigned char c, unsigned char low = 0x80, unsigned char high = 0xBF) noexcept {
  return c >= low && c <= high;
}

/// The sequence at the front of a non-empty text, or the maximal part of one that ends ill-formed (table 3-7
/// of the Unicode standard: the second byte's range depends on the first).
utf8_unit front_unit(std::string_view text) noexcept {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = at(0);
  if (lead < 0x80) return {1, true};
  std::size_t length = 0;
  unsigned char low = 0x80;
  unsigned char high = 0xBF;
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return {1, false};
  }
  if (text.size() < 2 || !continues(at(1), low, high)) return {1, false};
  for (std::size_t i = 2; i < length; ++i) {
    if (i >= text.size() || !continues(at(i))) return {i, false};
  }
  return {length, true};
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const char c = text.front();
    std::size_t taken = 1;
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
        } else {
          const utf8_unit unit = front_unit(text);
          taken = unit.length;
          out += unit.valid ? text.substr(0, taken) : std::string_view("\xEF\xBF\xBD");
        }
    }
    text.remove_prefix(taken);
  }
  out += '"';
}

void json_writer::separate(container& in) {
  if (in.has_items) out_ += ',';
  in.has_items = true;
  if (style_ == json_style::indented) {
    out_ += '\n';
    out_.append(2 * open_.size(), ' ');
  }
}

void json_writer::before_value() {
  if (open_.empty()) {
    TWILL_EXPECT(!written_, "a JSON text has one top-level value");
  } else if (container& in = open_.back(); in.object) {
    TWILL_EXPECT(in.key_pending, "a value in a JSON object needs a key first");
    in.key_pending = false;
  } else {
    separate(in);
  }
  written_ = true;
}

void json_writer::close(bool object) {
  TWILL_EXPECT(!open_.empty() && open_.back().object == object,
               "the end of a JSON container that is not the open one");
  TWILL_EXPECT(!open_.back().key_pending, "a key in a JSON object needs a value");
  const bool has_items = open_.back().has_items;
  open_.pop_back();
  if (has_items && style_ == json_style::indented) {
    out_ += '\n';
    out_.append(2 * open_.size(), ' ');
  }
  out_ += object ? '}' : ']';
}

json_writer& json_writer::begin_object() {
  before_value();
  open_.push_back({.object = true, .has_items = false, .key_pending = false});
  out_ += '{';
  return *this;
}

json_writer& json_writer::end_object() {
  close(true);
  return *this;
}

json_writer& json_writer::begin_array() {
  before_value();
  open_.push_back({.object = false, .has_items = false, .key_pending = false});
  out_ += '[';
  return *this;
}

json_writer& json_writer::end_array() {
  close(false);
  return *this;
}

json_writer& json_writer::key(std::string_view name) {
  TWILL_EXPECT(!open_.empty() && open_.back().object, "a JSON key outside an object");
  TWILL_EXPECT(!open_.back().key_pending, "a JSON key after a key");
  separate(open_.back());
  open_.back().key_pending = true;
  append_json_string(out_, name);
  out_ += style_ == json_style::indented ? ": " : ":";
  return *this;
}

json_writer& json_writer::raw(std::string_view json) {
  before_value();
  out_ += json;
  return *this;
}

json_writer& json_writer::value(std::nullptr_t) { return raw("null"); }

json_writer& json_writer::value(bool b) { return raw(b ? "true" : "false"); }

json_writer& json_writer::value(double number) {
  if (std::isfinite(number)) return raw(shortest(number));
  if (non_finite_ == json_non_finite::null) return raw("null");
  if (std::isnan(number)) return raw("\"NaN\"");
  return raw(number > 0 ? "\"Infinity\"" : "\"-Infinity\"");
}

json_writer& json_writer::value(std::string_view text) {
  before_value();
  append_json_string(out_, text);
  return *this;
}

json_writer& json_writer::signed_value(std::int64_t number) { return raw(fmt::format_int(number).c_str()); }

json_writer& json_writer::unsigned_value(std::uint64_t number) {
  return raw(fmt::format_int(number).c_str());
}

const std::string& json_writer::text() const {
  TWILL_EXPECT(complete(), "the JSON text is not complete");
  return out_;
}

std::string json_writer::take() {
  TWILL_EXPECT(complete(), "the JSON text is not complete");
  written_ = false;
  return std::exchange(out_, {});
}

}  // namespace twill
