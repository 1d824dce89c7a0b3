// SPDX-License-Identifier: Apache-2.0
// The second reading of a JSON text, for messages only. The fast parser has already said no (or a place is
// wanted), so this one may be slow and forgiving: a mistake inside a word is named and the word taken as a
// value; a mistake of structure that leaves no doubt (a comma too many) is named and mended; any other ends
// the reading.
#include "../utf8.hpp"
#include "document.hpp"
#include "word.hpp"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <unordered_map>

namespace twill::table::json::detail {
namespace {

bool is_word_character(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '+' ||
         c == '-' || c == '.' || c == '$' || (static_cast<unsigned char>(c) & 0x80U) != 0;
}

class scanner {
 public:
  scanner(std::string_view text, std::size_t start, const std::string& name, std::size_t max_depth,
          findings* out, places* where)
      : text_(text), name_(name), max_depth_(max_depth), out_(out), where_(where), at_(start) {}

  void run() {
    skip_space();
    if (at_end()) {
      error(at_, rule::syntax, {.what = "the file is empty", .expected = "a JSON value"});
      return;
    }
    if (!value()) return;
    skip_space();
    if (!at_end()) {
      error(at_, rule::syntax,
            {.what = "text behind the end of the JSON value",
             .found = rest_excerpt(),
             .expected = "the end of the file",
             .hint = "a JSON file holds one value; a bracket may close too early"});
    }
  }

 private:
  [[nodiscard]] bool at_end() const noexcept { return stopped_ || at_ >= text_.size(); }
  [[nodiscard]] char here() const noexcept { return text_[at_]; }

  void error(std::size_t offset, std::string_view rule, diagnosis d) {
    if (out_ == nullptr) return;
    if (out_->full()) {
      // Places cost a walk through the text: a file of nothing but mistakes is not worth one each.
      stopped_ = true;
      return;
    }
    const auto [line, column] = line_column_of(text_, offset);
    // A pointer through a hundred brackets says nothing that the line does not.
    d.where = twill::location{
        .file = name_, .line = line, .column = column, .pointer = pointer_.size() > 200 ? "" : pointer_};
    out_->error(rule, std::move(d));
  }

  [[nodiscard]] std::string place_of(std::size_t offset) const {
    const auto [line, column] = line_column_of(text_, offset);
    return fmt::format("{}:{}", line, column);
  }

  [[nodiscard]] std::string rest_excerpt() const {
    const std::size_t end = text_.find_first_of("\r\n", at_);
    return excerpt(text_.substr(at_, end == std::string_view::npos ? end : end - at_));
  }

  void skip_space() {
    while (!at_end()) {
      const char c = here();
      if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
        ++at_;
      } else if (c == '#' ||
                 (c == '/' && at_ + 1 < text_.size() && (text_[at_ + 1] == '/' || text_[at_ + 1] == '*'))) {
        error(at_, rule::syntax,
              {.what = "a comment", .found = rest_excerpt(), .hint = "JSON has no comments: delete it"});
        const bool block = c == '/' && text_[at_ + 1] == '*';
        const std::size_t end = block ? text_.find("*/", at_ + 2) : text_.find('\n', at_);
        at_ = end == std::string_view::npos ? text_.size() : end + (block ? 2 : 1);
      } else {
        return;
      }
    }
  }

  void note_value(std::size_t value_offset, std::size_t key_offset) {
    if (where_ == nullptr) return;
    where_->values.push_back(static_cast<std::uint32_t>(value_offset));
    where_->keys.push_back(static_cast<std::uint32_t>(key_offset));
  }

  /// False: the reading ends here, the mistake is told.
  bool value(std::optional<std::size_t> key_offset = std::nullopt) {
    note_value(at_, key_offset.value_or(at_));
    if (at_end()) {
      unclosed("a value");
      return false;
    }
    switch (here()) {
      case '{': return container('}');
      case '[': return container(']');
      case '"': return string(nullptr);
      case '\'': return single_quoted(nullptr);
      default: return word();
    }
  }

  void unclosed(std::string_view wanted) {
    diagnosis d{
        .what = "the text ends too early", .found = "the end of the file", .expected = std::string(wanted)};
    if (!open_.empty()) {
      const std::size_t opened = open_.back();
      d.hint = fmt::format("'{}' opened at {} is never closed", text_[opened], place_of(opened));
    }
    error(text_.size(), rule::syntax, std::move(d));
  }

  bool container(char closing) {
    if (open_.size() >= max_depth_) {
      error(at_, rule::limit,
            {.what = "arrays and objects are nested too deeply",
             .found = fmt::format("level {}", open_.size() + 1),
             .expected = fmt::format("at most {} levels", max_depth_)});
      return false;
    }
    const std::size_t opened = at_;
    open_.push_back(at_++);
    const std::size_t pointer_size = pointer_.size();
    const bool ok = closing == '}' ? members(opened) : elements(opened);
    pointer_.resize(pointer_size);
    open_.pop_back();
    return ok;
  }

  /// Behind a value: true when the container goes on; `done` when it closed or the reading ended.
  enum class next { another, closed, stop };
  next separator(std::size_t opened, char closing, std::string_view before) {
    skip_space();
    if (at_end()) {
      unclosed(fmt::format("',' or '{}'", closing));
      return next::stop;
    }
    const char c = here();
    if (c == closing) {
      ++at_;
      return next::closed;
    }
    if (c == ',') {
      const std::size_t comma = at_++;
      skip_space();
      if (!at_end() && here() == closing) {
        error(comma, rule::syntax,
              {.what = fmt::format("a comma before '{}'", closing), .hint = "delete the comma"});
        ++at_;
        return next::closed;
      }
      return next::another;
    }
    if (c == (closing == '}' ? ']' : '}')) {
      error(at_, rule::syntax,
            {.what = "brackets do not match",
             .found = fmt::format("'{}'", c),
             .expected = fmt::format("',' or '{}'", closing),
             .hint = fmt::format("'{}' was opened at {}", text_[opened], place_of(opened))});
      return next::stop;
    }
    // A new line or a quote behind a complete value: only the comma is missing, the rest can still be judged.
    const bool mendable = c == '"' || c == '{' || c == '[' || is_word_character(c);
    error(at_, rule::syntax,
          {.what = fmt::format("a comma is missing behind {}", before),
           .found = rest_excerpt(),
           .expected = fmt::format("',' or '{}'", closing)});
    return mendable && (closing == ']' || c == '"') ? next::another : next::stop;
  }

  bool elements(std::size_t opened) {
    skip_space();
    if (!at_end() && here() == ']') {
      ++at_;
      return true;
    }
    const std::size_t pointer_size = pointer_.size();
    for (std::size_t position = 0;; ++position) {
      pointer_.resize(pointer_size);
      pointer_ += '/' + std::to_string(position);
      if (!at_end() && here() == ',') {
        error(at_, rule::syntax,
              {.what = "no value before the comma", .expected = "a value", .hint = "delete the comma"});
        return false;
      }
      if (!value()) return false;
      pointer_.resize(pointer_size);
      const next step = separator(opened, ']', "an element");
      if (step != next::another) return step == next::closed;
    }
  }

  bool members(std::size_t opened) {
    skip_space();
    if (!at_end() && here() == '}') {
      ++at_;
      return true;
    }
    const std::size_t pointer_size = pointer_.size();
    std::unordered_map<std::string, std::size_t> seen;
    for (;;) {
      pointer_.resize(pointer_size);
      const std::size_t key_offset = at_;
      std::string key;
      if (!this->key(key)) return false;
      pointer_ += '/';
      append_pointer_token(pointer_, key);
      if (out_ != nullptr) {
        const auto [first, fresh] = seen.emplace(key, key_offset);
        if (!fresh) {
          error(key_offset, rule::duplicate_key,
                {.what = "the key stands twice in one object",
                 .found = excerpt(json::quoted(key)),
                 .hint = fmt::format("it stands at {} too; keep one of them", place_of(first->second))});
        }
      }
      skip_space();
      if (at_end() || here() != ':') {
        if (!at_end() && here() == '=') {
          error(at_, rule::syntax, {.what = "'=' behind a key", .found = "'='", .expected = "':'"});
        } else if (at_end()) {
          unclosed("':' and a value");
          return false;
        } else {
          error(at_, rule::syntax,
                {.what = "no ':' behind the key", .found = rest_excerpt(), .expected = "':' and a value"});
          return false;
        }
      }
      ++at_;
      skip_space();
      if (!at_end() && (here() == ',' || here() == '}')) {
        error(at_, rule::syntax,
              {.what = "no value behind the key",
               .found = fmt::format("'{}'", here()),
               .expected = "a value",
               .hint = "write null where there is none"});
        note_value(at_, key_offset);
      } else if (!value(key_offset)) {
        return false;
      }
      if (decimal_comma()) continue_after_decimal_comma();
      pointer_.resize(pointer_size);
      const next step = separator(opened, '}', "a member");
      if (step != next::another) return step == next::closed;
    }
  }

  bool key(std::string& key) {
    if (at_end()) {
      unclosed("a key in quotes");
      return false;
    }
    const char c = here();
    if (c == '"') return string(&key);
    if (c == '\'') return single_quoted(&key);
    if (is_word_character(c)) {
      const std::size_t start = at_;
      while (!at_end() && is_word_character(here())) ++at_;
      key = text_.substr(start, at_ - start);
      error(start, rule::syntax,
            {.what = "a key without quotes", .found = excerpt(key), .expected = excerpt(json::quoted(key))});
      return true;
    }
    error(at_, rule::syntax,
          {.what = c == ',' ? "a comma too many" : "no key where one belongs",
           .found = rest_excerpt(),
           .expected = "a key in quotes"});
    return false;
  }

  /// Whether `1,5` stands here as the value of a key: behind the comma of an object only a quote may follow.
  [[nodiscard]] bool decimal_comma() const noexcept {
    const auto digit = [this](std::size_t i) {
      return i < text_.size() && text_[i] >= '0' && text_[i] <= '9';
    };
    return !at_end() && here() == ',' && at_ > 0 && digit(at_ - 1) && digit(at_ + 1);
  }

  void continue_after_decimal_comma() {
    std::size_t first = at_;
    while (first > 0 && is_word_character(text_[first - 1])) --first;
    std::size_t last = at_ + 1;
    while (last < text_.size() && is_word_character(text_[last])) ++last;
    std::string whole(text_.substr(first, last - first));
    std::string mended = whole;
    mended[at_ - first] = '.';
    error(first, rule::number,
          {.what = "a decimal comma", .found = excerpt(whole), .expected = excerpt(mended)});
    at_ = last;
  }

  bool word() {
    const std::size_t start = at_;
    while (!at_end() && is_word_character(here())) ++at_;
    if (at_ == start) {
      error(at_, rule::syntax,
            {.what = "no value where one belongs",
             .found = rest_excerpt(),
             .expected = "a number, a text in quotes, true, false, null, '[' or '{'"});
      return false;
    }
    if (auto mistake = mistake_in_word(text_.substr(start, at_ - start))) {
      error(start, mistake->rule, std::move(mistake->details));
    }
    return true;
  }

  bool single_quoted(std::string* content) {
    const std::size_t start = at_;
    const std::size_t end = text_.find_first_of("'\n", at_ + 1);
    if (end == std::string_view::npos || text_[end] == '\n') {
      error(start, rule::syntax,
            {.what = "no value where one belongs",
             .found = rest_excerpt(),
             .expected = "a text in double quotes"});
      return false;
    }
    at_ = end + 1;
    const std::string_view inside = text_.substr(start + 1, end - start - 1);
    error(start, rule::syntax,
          {.what = "a text in single quotes",
           .found = excerpt(text_.substr(start, at_ - start)),
           .expected = excerpt(json::quoted(inside))});
    if (content != nullptr) *content = inside;
    return true;
  }

  bool string(std::string* content) {
    const std::size_t start = at_++;
    bool encoding_told = false;
    const auto keep = [&](std::string_view bytes) {
      if (content != nullptr) content->append(bytes);
    };
    while (!at_end()) {
      const char c = here();
      if (c == '"') {
        ++at_;
        return true;
      }
      if (c == '\n' || c == '\r') break;
      if (c == '\\') {
        const std::size_t used = escape(content);
        at_ += used;
      } else if (static_cast<unsigned char>(c) < 0x20U) {
        error(at_, rule::syntax,
              {.what = "a control character in a text",
               .found = fmt::format("\\x{:02x}", static_cast<unsigned>(c)),
               .expected = c == '\t' ? "\\t" : fmt::format("\\u{:04x}", static_cast<unsigned>(c))});
        keep(text_.substr(at_++, 1));
      } else if (static_cast<unsigned char>(c) < 0x80U) {
        keep(text_.substr(at_++, 1));
      } else if (const std::size_t length = utf8_length(text_.substr(at_)); length != 0) {
        keep(text_.substr(at_, length));
        at_ += length;
      } else {
        if (!encoding_told) {
          error(at_, rule::encoding,
                {.what = "a byte that is not UTF-8",
                 .found = fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c))),
                 .expected = "UTF-8",
                 .hint = "save the file as UTF-8; it may be Latin-1 or Windows-1252"});
          encoding_told = true;
        }
        keep(text_.substr(at_++, 1));
      }
    }
    error(start, rule::syntax,
          {.what = "a text is not closed on its line",
           .found = excerpt(text_.substr(start, at_ - start)),
           .expected = "a closing '\"'",
           .hint = "write \\n for a line break inside a text"});
    return false;
  }

  /// The length of the escape here, whose meaning is appended to `content`.
  std::size_t escape(std::string* content) {
    const escape_meaning meaning = read_escape(text_.substr(at_));
    if (meaning.mistake) error(at_, rule::syntax, *meaning.mistake);
    if (content != nullptr) content->append(meaning.content);
    return meaning.length;
  }

  std::string_view text_;
  const std::string& name_;
  std::size_t max_depth_;
  findings* out_;
  places* where_;
  std::size_t at_;
  bool stopped_ = false;
  std::string pointer_;
  std::vector<std::size_t> open_;
};

}  // namespace

void scan(std::string_view text, std::size_t start, const std::string& name, std::size_t max_depth,
          findings* out, places* where) {
  scanner(text, start, name, max_depth, out, where).run();
}

}  // namespace twill::table::json::detail
