// SPDX-License-Identifier: Apache-2.0
// Delimited text: CSV by RFC 4180 with commas, semicolons or tabs, and mothur's .shared.
#include "io/cells.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace twill::dmm::detail {
namespace {

struct field {
  std::string text;
  std::size_t column = 1;  // in bytes, from 1
};

// One record after the other; a quoted field may hold delimiters and lines.
class records {
 public:
  records(std::string_view text, char delimiter, const std::string& name, table::findings& out)
      : rest_(text), delimiter_(delimiter), name_(name), out_(out) {}

  // False at the end. Empty lines are passed over.
  bool next(std::vector<field>& fields) {
    while (!rest_.empty() && (rest_.front() == '\n' || rest_.starts_with("\r\n"))) {
      rest_.remove_prefix(rest_.front() == '\n' ? 1 : 2);
      ++line_;
    }
    if (rest_.empty()) return false;
    first_line_ = line_;
    fields.clear();
    std::size_t at = 0;
    std::size_t line_start = 0;
    for (;;) {
      field f{.text = {}, .column = at - line_start + 1};
      if (at < rest_.size() && rest_[at] == '"') {
        at = quoted(at + 1, f.text, line_start);
      } else {
        const std::size_t from = at;
        while (at < rest_.size() && rest_[at] != delimiter_ && rest_[at] != '\n') ++at;
        std::size_t end = at;
        if (end > from && rest_[end - 1] == '\r' && (at == rest_.size() || rest_[at] == '\n')) --end;
        f.text.assign(rest_.substr(from, end - from));
      }
      fields.push_back(std::move(f));
      if (at < rest_.size() && rest_[at] == delimiter_) {
        ++at;
        continue;
      }
      break;
    }
    rest_.remove_prefix(std::min(rest_.size(), at + 1));
    ++line_;
    return true;
  }
  [[nodiscard]] std::size_t line() const noexcept { return first_line_; }
  [[nodiscard]] location where(std::size_t column) const {
    return {.file = name_, .line = first_line_, .column = column};
  }

 private:
  std::size_t quoted(std::size_t at, std::string& text, std::size_t& line_start) {
    for (;; ++at) {
      if (at >= rest_.size()) {
        out_.error(table::rule::syntax, {.what = "a quoted field has no end", .where = where(0)});
        return at;
      }
      if (rest_[at] == '"') {
        if (at + 1 < rest_.size() && rest_[at + 1] == '"') {
          ++at;
        } else {
          break;
        }
      }
      if (rest_[at] == '\n') {
        ++line_;
        line_start = at + 1;
      }
      text += rest_[at];
    }
    ++at;
    if (at < rest_.size() && rest_[at] == '\r') ++at;
    if (at < rest_.size() && rest_[at] != delimiter_ && rest_[at] != '\n') {
      out_.error(table::rule::syntax,
                 {.what = "text stands behind a quoted field", .where = where(at - line_start + 1)});
      while (at < rest_.size() && rest_[at] != delimiter_ && rest_[at] != '\n') ++at;
    }
    return at;
  }

  std::string_view rest_;
  char delimiter_;
  const std::string& name_;
  table::findings& out_;
  std::size_t line_ = 1;
  std::size_t first_line_ = 1;
};

char delimiter_of(std::string_view text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  char best = ',';
  std::ptrdiff_t most = 0;
  for (const char c : {'\t', ',', ';'}) {
    const auto n = std::count(line.begin(), line.end(), c);
    if (n > most) {
      most = n;
      best = c;
    }
  }
  return best;
}

void ragged(std::size_t found, std::size_t expected, const location& where, table::findings& out) {
  out.error(table::rule::ragged_row, {.what = "a row has another number of fields than the header",
                                      .where = where,
                                      .found = fmt::format("{}", found),
                                      .expected = fmt::format("{}", expected)});
}

}  // namespace

cell_table read_delimited(std::string_view text, const std::string& name, table::findings& out) {
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  cell_table t;
  const char delimiter = delimiter_of(text);
  t.notes.push_back(delimiter == '\t'  ? "tab-separated"
                    : delimiter == ';' ? "semicolon-separated"
                                       : "comma-separated");
  records lines(text, delimiter, name, out);
  std::vector<field> fields;
  if (!lines.next(fields)) return t;
  std::vector<std::string> header;
  for (field& f : fields) header.push_back(std::move(f.text));
  bool first = true;
  while (lines.next(fields)) {
    if (std::exchange(first, false)) {
      // R leaves the field above the names out.
      if (header.size() + 1 == fields.size()) header.insert(header.begin(), "");
      t.corner = header.front();
      t.column_names.assign(header.begin() + 1, header.end());
    }
    if (fields.size() != header.size()) {
      ragged(fields.size(), header.size(), lines.where(0), out);
      if (out.full()) break;
      continue;
    }
    t.row_names.push_back(std::move(fields.front().text));
    for (std::size_t j = 1; j < fields.size(); ++j) {
      const std::string& cell = fields[j].text;
      if (cell == "0") continue;
      const double value = count_of(cell, lines.where(fields[j].column), out);
      if (value != 0) t.add(j - 1, value);
    }
    t.end_row();
  }
  return t;
}

cell_table read_shared(std::string_view text, const std::string& name, table::findings& out) {
  cell_table t;
  t.corner = "Group";
  records lines(text, '\t', name, out);
  std::vector<field> fields;
  if (!lines.next(fields)) return t;
  for (std::size_t j = 3; j < fields.size(); ++j) {
    if (!fields[j].text.empty()) t.column_names.push_back(std::move(fields[j].text));
  }
  std::string label;
  while (lines.next(fields)) {
    // mothur ends its lines with a tab.
    if (fields.size() > 3 && fields.back().text.empty()) fields.pop_back();
    if (fields.size() != t.column_names.size() + 3) {
      ragged(fields.size(), t.column_names.size() + 3, lines.where(0), out);
      if (out.full()) break;
      continue;
    }
    if (label.empty()) label = fields[0].text;
    if (fields[0].text != label) {
      t.notes.push_back(fmt::format("only the rows of label {} are read", label));
      break;
    }
    t.row_names.push_back(std::move(fields[1].text));
    for (std::size_t j = 3; j < fields.size(); ++j) {
      const double value = count_of(fields[j].text, lines.where(fields[j].column), out);
      if (value != 0) t.add(j - 3, value);
    }
    t.end_row();
  }
  return t;
}

}  // namespace twill::dmm::detail
