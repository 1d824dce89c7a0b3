// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace twill::table::csv {

/// What a record's form can break.
enum class form_fault : unsigned char {
  none,
  unclosed_quote,     // ends the reading: nobody knows where the record ends
  text_behind_quote,  // `"a"b`
  quote_inside,       // `a"b`
  too_long            // ends the reading
};

struct field {
  std::string_view text{};  // without quotes; valid until the next `next_field`
  bool quoted = false;
  form_fault fault = form_fault::none;
  std::size_t line_breaks = 0;  // inside quotes
};

/// Goes through a CSV text field by field.
class cursor {
 public:
  cursor(std::string_view text, std::size_t from, char delimiter, std::size_t max_record_bytes) noexcept
      : first_(text.data()),
        at_(text.data() + from),
        end_(text.data() + text.size()),
        delimiter_(delimiter),
        max_record_(max_record_bytes) {
    begin_record();
  }

  [[nodiscard]] bool at_end() const noexcept { return at_ == end_; }
  [[nodiscard]] const char* at() const noexcept { return at_; }
  [[nodiscard]] const char* end() const noexcept { return end_; }
  [[nodiscard]] char delimiter() const noexcept { return delimiter_; }
  [[nodiscard]] std::size_t offset() const noexcept { return static_cast<std::size_t>(at_ - first_); }
  [[nodiscard]] std::size_t record_offset() const noexcept {
    return static_cast<std::size_t>(record_ - first_);
  }
  void move_to(const char* at) noexcept { at_ = at; }

  /// Marks the start of a record, from which its length counts.
  void begin_record() noexcept {
    record_ = at_;
    limit_ = static_cast<std::size_t>(end_ - at_) > max_record_ ? at_ + max_record_ : end_;
  }

  /// Whether a field may end at `p`.
  [[nodiscard]] bool ends_field(const char* p) const noexcept {
    if (p == end_) return true;
    const char c = *p;
    return c == delimiter_ || c == '\n' || (c == '\r' && (p + 1 == end_ || p[1] == '\n'));
  }

  /// Reads the field here and stops at what ends it.
  [[nodiscard]] field next_field();

  /// Behind a field: true when the delimiter was taken and another field follows, false at the end of the
  /// record, whose line end is taken.
  [[nodiscard]] bool take_delimiter() noexcept {
    if (at_ == end_) return false;
    if (*at_ == delimiter_) {
      ++at_;
      return true;
    }
    if (*at_ == '\r') ++at_;
    if (at_ != end_ && *at_ == '\n') ++at_;
    return false;
  }

 private:
  [[nodiscard]] field quoted_field();

  const char* first_;
  const char* at_;
  const char* end_;
  const char* record_ = nullptr;
  const char* limit_ = nullptr;
  char delimiter_;
  std::size_t max_record_;
  std::string scratch_;
};

}  // namespace twill::table::csv
