// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace twill {

/// How much white space the text has.
enum class json_style : std::uint8_t {
  compact,  ///< none: one line
  indented  ///< two spaces a level, one member or item a line; empty containers stay on one line
};

/// What stands where a double is NaN or infinite, which JSON numbers cannot be.
enum class json_non_finite : std::uint8_t {
  null,  ///< `null`
  text   ///< the strings `"NaN"`, `"Infinity"`, `"-Infinity"`
};

/// Appends the text as a JSON string with its quotes. Bytes that are not UTF-8 become U+FFFD, one for each
/// maximal ill-formed subsequence (Unicode 15, section 3.9).
void append_json_string(std::string& out, std::string_view text);

/// Writes one JSON text from front to back; keys keep the order in which they are written.
///
/// Calls that cannot lead to valid JSON (a value without a key, an end without its begin, a second top-level
/// value) are mistakes of the program and end it. Thread safety: none; one writer, one thread.
class json_writer {
 public:
  /// A writer without text; numbers that are not finite become what `non_finite` says.
  explicit json_writer(json_style style = json_style::compact,
                       json_non_finite non_finite = json_non_finite::null) noexcept
      : style_(style), non_finite_(non_finite) {}

  json_writer& begin_object();
  json_writer& end_object();
  json_writer& begin_array();
  json_writer& end_array();
  /// The name of the member that comes next. Requires: the innermost open container is an object.
  json_writer& key(std::string_view name);

  json_writer& value(std::nullptr_t);
  /// `true` or `false`.
  json_writer& value(bool b);
  /// The shortest text that reads back as the same double.
  json_writer& value(double number);
  json_writer& value(std::string_view text);
  /// A string, escaped; this overload keeps a literal from becoming a boolean.
  json_writer& value(const char* text) { return value(std::string_view(text)); }
  json_writer& value(const std::string& text) { return value(std::string_view(text)); }
  /// Every digit of the integer, also beyond 2^53.
  template <std::integral Integer>
  json_writer& value(Integer number) {
    if constexpr (std::signed_integral<Integer>) {
      return signed_value(static_cast<std::int64_t>(number));
    } else {
      return unsigned_value(static_cast<std::uint64_t>(number));
    }
  }
  /// A value that is JSON already. Requires: it is one complete JSON value.
  json_writer& raw(std::string_view json);

  /// `key(name)` and `value(v)`.
  template <class T>
  json_writer& member(std::string_view name, const T& v) {
    key(name);
    return value(v);
  }

  /// True when one whole top-level value is written.
  [[nodiscard]] bool complete() const noexcept { return written_ && open_.empty(); }
  /// The text. Requires: complete().
  [[nodiscard]] const std::string& text() const;
  /// Moves the text out and leaves an empty writer. Requires: complete().
  [[nodiscard]] std::string take();

 private:
  struct container {
    bool object;
    bool has_items;
    bool key_pending;
  };

  json_writer& signed_value(std::int64_t number);
  json_writer& unsigned_value(std::uint64_t number);
  void before_value();
  void separate(container& in);
  void close(bool object);

  json_style style_;
  json_non_finite non_finite_;
  bool written_ = false;
  std::vector<container> open_;
  std::string out_;
};

}  // namespace twill
