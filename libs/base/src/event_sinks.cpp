// SPDX-License-Identifier: Apache-2.0
#include "twill/base/event_sinks.hpp"

#include "twill/base/json_writer.hpp"
#include "twill/base/number.hpp"

#include <fmt/format.h>

#include <ctime>
#include <string>
#include <type_traits>
#include <utility>

namespace twill {
namespace {

std::string utc(std::chrono::system_clock::time_point time, int digits) {
  using namespace std::chrono;
  const auto micros = floor<microseconds>(time.time_since_epoch()).count();
  const std::int64_t fraction = ((micros % 1'000'000) + 1'000'000) % 1'000'000;
  const auto seconds = static_cast<std::time_t>((micros - fraction) / 1'000'000);
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:0{}}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec,
                     digits == 3 ? fraction / 1000 : fraction, digits);
}

std::string_view color_of(event_level level) noexcept {
  switch (level) {
    case event_level::error: return "\x1b[1;31m";
    case event_level::warning: return "\x1b[1;33m";
    case event_level::info: return "\x1b[32m";
    case event_level::trace:
    case event_level::debug:
    case event_level::off: return "\x1b[2m";
  }
  return "";
}

/// Control characters as `\x1b`; the newline, if allowed, starts an indented line.
void append_plain(std::string& out, std::string_view text, bool lines) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n' && lines) {
      out += "\n  ";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(byte));
    } else {
      out += c;
    }
  }
}

void append_value(std::string& out, const event_field::content& value) {
  std::visit(
      [&out](const auto& v) {
        using type = std::decay_t<decltype(v)>;
        if constexpr (std::is_same_v<type, bool>) {
          out += v ? "true" : "false";
        } else if constexpr (std::is_same_v<type, double>) {
          out += shortest(v);
        } else if constexpr (std::is_same_v<type, std::string_view>) {
          // Quotes where the value would otherwise run into what follows.
          const bool bare = !v.empty() && v.find_first_of(" ,()=\"\n") == std::string_view::npos;
          if (!bare) out += '"';
          append_plain(out, v, false);
          if (!bare) out += '"';
        } else {
          out += fmt::format_int(v).c_str();
        }
      },
      value);
}

}  // namespace

text_event_sink::text_event_sink(line_writer writer, text_event_options options)
    : writer_(std::move(writer)), options_(options) {}

void text_event_sink::receive(const event& e) {
  if (options_.only_rank_0 && e.rank > 0) return;
  std::string text;
  if (options_.show_time) text += utc(e.time, 3) + ' ';
  if (options_.color) text += color_of(e.level);
  text += name_of(e.level);
  if (options_.show_rank && e.rank >= 0) text += fmt::format("[rank {}]", e.rank);
  if (options_.color) text += "\x1b[0m";
  text += ' ';
  append_plain(text, e.name, false);
  text += ": ";
  append_plain(text, e.message, true);
  const char* separator = " (";
  for (const event_field& field : e.fields) {
    text += separator;
    append_plain(text, field.name(), false);
    text += '=';
    append_value(text, field.value());
    separator = ", ";
  }
  if (!e.fields.empty()) text += ')';
  text += '\n';
  const std::lock_guard lock(mutex_);
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n') + 1);
    writer_(line);
    rest.remove_prefix(line.size());
  }
}

json_lines_event_sink::json_lines_event_sink(line_writer writer, json_event_options options)
    : writer_(std::move(writer)), options_(options) {}

void json_lines_event_sink::receive(const event& e) {
  if (options_.only_rank_0 && e.rank > 0) return;
  json_writer json(json_style::compact, json_non_finite::text);
  json.begin_object()
      .member("time", utc(e.time, 6))
      .member("level", name_of(e.level))
      .member("event", e.name);
  json.member("message", e.message);
  if (e.rank >= 0) json.member("rank", e.rank);
  json.member("thread", e.thread).key("fields").begin_object();
  for (const event_field& field : e.fields) {
    json.key(field.name());
    std::visit([&json](const auto& v) { json.value(v); }, field.value());
  }
  json.end_object().end_object();
  std::string line = json.take();
  line += '\n';
  const std::lock_guard lock(mutex_);
  writer_(line);
}

}  // namespace twill
