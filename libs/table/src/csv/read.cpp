// SPDX-License-Identifier: Apache-2.0
#include "../file_bytes.hpp"
#include "builder.hpp"
#include "cursor.hpp"
#include "form.hpp"
#include "number.hpp"
#include "twill/base/suggest.hpp"
#include "twill/table/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace twill::table {
namespace {

using csv::column_builder;
using csv::cursor;
using csv::form_fault;
using csv::mode;

mode mode_for(column_type type) noexcept {
  switch (type) {
    case column_type::boolean: return mode::boolean;
    case column_type::int32:
    case column_type::int64:
    case column_type::uint32: return mode::int64;
    case column_type::uint64: return mode::uint64;
    case column_type::float32:
    case column_type::float64: return mode::float64;
    case column_type::string: return mode::string;
    case column_type::date: return mode::date;
  }
  return mode::string;
}

class csv_reader {
 public:
  csv_reader(std::string_view text, const std::string& name, const csv_options& options, findings& out)
      : text_(text), name_(name), options_(options), out_(out) {}

  csv_result read() {
    result_.table.set_source(name_);
    if (!csv::check_encoding(text_, name_, out_)) return std::move(result_);
    std::size_t start = 0;
    if (text_.starts_with("\xEF\xBB\xBF")) {
      result_.byte_order_mark = true;
      start = 3;
    }
    const auto detected =
        options_.delimiter ? options_.delimiter : csv::detect_delimiter(text_.substr(start));
    result_.delimiter = detected.value_or(',');
    result_.delimiter_detected = !options_.delimiter && detected.has_value();
    cursor at(text_, start, result_.delimiter, options_.max_record_bytes);
    if (!header(at)) return std::move(result_);
    choose_columns();
    body_ = at.offset();
    body_line_ = line_;
    if (!rows(at)) return std::move(result_);
    reread_texts();
    finish();
    return std::move(result_);
  }

 private:
  [[nodiscard]] location place(std::size_t offset, std::optional<std::size_t> row, std::string field) const {
    // The record began on `line_`; breaks inside quotes lie between its start and the mistake.
    const std::string_view before = text_.substr(0, offset);
    const std::size_t last = before.rfind('\n');
    const std::size_t line_start =
        last == std::string_view::npos ? (result_.byte_order_mark ? 3 : 0) : last + 1;
    const auto breaks = std::ranges::count(before.substr(std::min(record_offset_, offset)), '\n');
    if (row) row = *row + 1;
    return {.file = name_,
            .line = line_ + static_cast<std::size_t>(breaks),
            .column = offset - line_start + 1,
            .row = row,
            .field = std::move(field)};
  }

  void error(std::string_view rule, diagnosis d, std::size_t offset,
             std::optional<std::size_t> row = std::nullopt, std::string field = {}) {
    d.where = place(offset, row, std::move(field));
    out_.error(rule, std::move(d));
  }

  /// Tells a broken form; false when the reading ends with it.
  bool well_formed(const csv::field& read, std::size_t offset, std::size_t end,
                   std::optional<std::size_t> row) {
    switch (read.fault) {
      case form_fault::none: return true;
      case form_fault::unclosed_quote:
        error(rule::syntax,
              {.what = "a quote is never closed",
               .found = csv::excerpt(text_.substr(offset, 40)),
               .expected = "a closing '\"'",
               .hint = "write \"\" for a quote inside quotes"},
              offset, row);
        return false;
      case form_fault::text_behind_quote:
        error(rule::syntax,
              {.what = "text behind a closing quote",
               .found = csv::excerpt(text_.substr(offset, end - offset)),
               .expected =
                   fmt::format("a {} or the end of the line", csv::name_of_delimiter(result_.delimiter)),
               .hint = "write \"\" for a quote inside quotes"},
              offset, row);
        return true;
      case form_fault::quote_inside:
        error(rule::syntax,
              {.what = "a quote inside a field without quotes",
               .found = csv::excerpt(read.text),
               .hint = "put the field in quotes and write \"\" for a quote inside"},
              offset, row);
        return true;
      case form_fault::too_long:
        error(rule::limit,
              {.what = row ? "a row is too long" : "the header line is too long",
               .found = fmt::format("more than {} bytes without the end of a row", options_.max_record_bytes),
               .expected = fmt::format("at most {} bytes", options_.max_record_bytes),
               .hint = "is a line end or a closing quote missing?"},
              record_offset_, row);
        return false;
    }
    return true;
  }

  bool header(cursor& at) {
    // Blank lines before the header are no header.
    while (!at.at_end() && (*at.at() == '\n' || *at.at() == '\r')) {
      const char* p = at.at();
      if (*p == '\n') ++line_;
      at.move_to(p + 1);
    }
    record_offset_ = at.offset();
    if (at.at_end()) {
      error(rule::syntax, {.what = "the file is empty", .expected = "a header line with the column names"},
            at.offset());
      return false;
    }
    at.begin_record();
    std::size_t breaks = 0;
    for (bool more = true; more;) {
      if (names_.size() == options_.max_columns) {
        error(rule::limit,
              {.what = "too many columns",
               .found = fmt::format("more than {}", options_.max_columns),
               .expected = fmt::format("at most {}", options_.max_columns)},
              record_offset_);
        return false;
      }
      const std::size_t offset = at.offset();
      const csv::field read = at.next_field();
      if (!well_formed(read, offset, at.offset(), std::nullopt)) return false;
      breaks += read.line_breaks;
      name_column(read, offset);
      result_.crlf = !at.at_end() && *at.at() == '\r';
      more = at.take_delimiter();
    }
    if (std::ranges::all_of(names_,
                            [](const std::string& name) { return static_cast<bool>(parse_double(name)); })) {
      diagnosis d{
          .what = "the first line looks like data",
          .where = place(record_offset_, std::nullopt, {}),
          .found = csv::excerpt(fmt::format("{}", fmt::join(names_, std::string(1, result_.delimiter)))),
          .expected = "a header line with the column names"};
      out_.warning(rule::syntax, std::move(d));
    }
    line_ += breaks + 1;
    return !bad_header_;
  }

  void name_column(const csv::field& read, std::size_t offset) {
    if (read.text.empty()) {
      error(rule::syntax,
            {.what = fmt::format("column {} has no name", names_.size() + 1),
             .hint = "a delimiter at the end of the line starts another column"},
            offset);
      bad_header_ = true;
    } else if (read.text.find('\r') != std::string_view::npos && !read.quoted) {
      error(rule::syntax,
            {.what = "carriage returns alone end no line",
             .found = csv::excerpt(read.text),
             .expected = "lines that end with a line feed, or carriage return and line feed"},
            offset);
      bad_header_ = true;
    } else if (known_.contains(std::string(read.text))) {
      error(rule::duplicate_column, {.what = "two columns have one name", .found = csv::excerpt(read.text)},
            offset);
      bad_header_ = true;
    }
    known_.emplace(read.text);
    names_.emplace_back(read.text);
  }

  void choose_columns() {
    for (const std::string& wanted : options_.columns) {
      if (known_.contains(wanted)) continue;
      const std::vector<std::string_view> names(names_.begin(), names_.end());
      const std::string near = nearest_name(wanted, names);
      out_.error(rule::missing_column,
                 {.what = fmt::format("no column \"{}\"", wanted),
                  .where = {.file = name_},
                  .found = csv::excerpt(fmt::format("{}", fmt::join(names, ", "))),
                  .hint = near.empty() ? "" : fmt::format("did you mean \"{}\"?", near)});
    }
    for (const std::string& name : names_) {
      const column_spec* spec = options_.schema ? options_.schema->find(name) : nullptr;
      mode m = spec != nullptr ? mode_for(spec->type) : mode::undecided;
      if (!options_.columns.empty() && std::ranges::find(options_.columns, name) == options_.columns.end())
        m = mode::skipped;
      builders_.emplace_back(name, m, spec == nullptr);
    }
  }

  bool rows(cursor& at) {
    const bool single = builders_.size() == 1;
    row_ = 0;
    while (!at.at_end()) {
      record_offset_ = at.offset();
      at.begin_record();
      const char first = *at.at();
      if (!single && (first == '\n' || (first == '\r' && at.ends_field(at.at())))) {
        static_cast<void>(at.take_delimiter());
        ++line_;
        continue;
      }
      note_line();
      breaks_ = 0;
      if (!record(at)) return false;
      line_ += 1 + breaks_;
      ++row_;
      if (row_ % 4096 == 0 && !within_memory()) return false;
    }
    return within_memory();
  }

  bool record(cursor& at) {
    const std::size_t columns = builders_.size();
    for (std::size_t c = 0;;) {
      if (!value(builders_[c], at)) return false;
      const bool more = at.take_delimiter();
      ++c;
      if (more && c == columns) return surplus(at);
      if (more) continue;
      if (c < columns) {
        ragged(c);
        for (; c < columns; ++c) {
          builders_[c].add_missing(row_);
          builders_[c].mark_told();
        }
      }
      return true;
    }
  }

  /// Reads one field into its column; false when the reading ends.
  bool value(column_builder& into, cursor& at) {
    const char* const p = at.at();
    if (at.ends_field(p)) {
      into.add_missing(row_);
      return true;
    }
    switch (into.current()) {
      case mode::float64: {
        double number = 0;
        const char* const stop = csv::read_double(p, at.end(), number);
        if (stop != nullptr && at.ends_field(stop)) {
          into.add(number);
          at.move_to(stop);
          return true;
        }
        break;
      }
      case mode::int64: {
        std::int64_t number = 0;
        const char* const stop = csv::read_int64(p, at.end(), number);
        if (stop != nullptr && at.ends_field(stop)) {
          into.add(number);
          at.move_to(stop);
          return true;
        }
        break;
      }
      default: break;
    }
    return slow_value(into, at);
  }

  bool slow_value(column_builder& into, cursor& at) {
    const std::size_t offset = at.offset();
    const csv::field read = at.next_field();
    breaks_ += read.line_breaks;
    if (read.fault != form_fault::none && !well_formed(read, offset, at.offset(), row_)) return false;
    if (!read.quoted && std::ranges::find(options_.missing, read.text) != options_.missing.end()) {
      into.add_missing(row_);
      return true;
    }
    auto mistake = into.add_field(read.text, row_, options_.not_finite);
    if (!mistake) return true;
    // Mistakes in a column of unknown type may yet turn out to be texts.
    const bool inferred = options_.schema == std::nullopt || options_.schema->find(into.name()) == nullptr;
    into.mark_told();
    if (!inferred) {
      error(rule::number, *std::move(mistake), offset, row_, into.name());
      return true;
    }
    mistake->where = place(offset, row_, into.name());
    into.hold(*std::move(mistake));
    return true;
  }

  void ragged(std::size_t fields, std::string hint = {}) {
    error(rule::ragged_row,
          {.what = fmt::format("a row with too {} fields", fields < builders_.size() ? "few" : "many"),
           .found = std::to_string(fields),
           .expected = fmt::format("{}, as the header has", builders_.size()),
           .hint = std::move(hint)},
          record_offset_, row_);
  }

  bool surplus(cursor& at) {
    std::size_t fields = builders_.size();
    for (bool more = true; more;) {
      const std::size_t offset = at.offset();
      const csv::field read = at.next_field();
      breaks_ += read.line_breaks;
      if (read.fault == form_fault::too_long || read.fault == form_fault::unclosed_quote) {
        return well_formed(read, offset, at.offset(), row_);
      }
      ++fields;
      more = at.take_delimiter();
    }
    ragged(fields,
           result_.delimiter == ','
               ? "numbers are written with a full stop; a text with a comma needs quotes"
               : fmt::format("a text with a {} needs quotes", csv::name_of_delimiter(result_.delimiter)));
    return true;
  }

  void note_line() {
    if (lines_.empty() && line_ == body_line_ + row_) return;
    if (lines_.empty()) {
      for (std::size_t row = 0; row < row_; ++row) lines_.push_back(body_line_ + row);
    }
    lines_.push_back(line_);
  }

  bool within_memory() {
    std::size_t bytes = lines_.size() * sizeof(std::uint64_t);
    for (const column_builder& b : builders_) bytes += b.bytes();
    if (bytes <= options_.memory_limit) return true;
    out_.error(rule::limit, {.what = "the table is too large",
                             .where = {.file = name_, .line = line_, .row = row_},
                             .found = fmt::format("{} bytes so far", bytes),
                             .expected = fmt::format("at most {}", options_.memory_limit)});
    return false;
  }

  /// Columns that turned out to mix texts with other values are read again, alone, as texts.
  void reread_texts() {
    if (std::ranges::none_of(builders_, &column_builder::wants_text)) return;
    std::vector<column_builder> first = std::move(builders_);
    builders_.clear();
    for (const column_builder& b : first) {
      builders_.emplace_back(b.name(), b.wants_text() ? mode::string : mode::skipped, true);
    }
    // What is wrong with the form is already told.
    findings told(1);
    csv_reader again(text_, name_, options_, told);
    again.result_ = {.delimiter = result_.delimiter};
    again.builders_ = std::move(builders_);
    again.line_ = again.body_line_ = body_line_;
    cursor at(text_, body_, result_.delimiter, options_.max_record_bytes);
    static_cast<void>(again.rows(at));
    for (std::size_t c = 0; c < first.size(); ++c) {
      if (first[c].wants_text()) first[c] = std::move(again.builders_[c]);
    }
    builders_ = std::move(first);
  }

  void finish() {
    auto schema = options_.schema;
    for (column_builder& b : builders_) {
      if (b.current() == mode::skipped) continue;
      out_.merge(b.held());
      const column_spec* spec = options_.schema ? options_.schema->find(b.name()) : nullptr;
      if (schema && b.told()) {
        for (column_spec& spec_here : schema->columns)
          spec_here.nullable = spec_here.nullable || spec_here.name == b.name();
      }
      table_column column = b.finish(row_);
      if (spec != nullptr && spec->type == column_type::float32) column = narrowed(column);
      result_.table.add(std::move(column));
    }
    result_.table.set_rows(row_);
    if (row_ != 0) result_.table.set_lines(body_line_, std::move(lines_));
    if (schema) conform(result_.table, *schema, out_);
  }

  static table_column narrowed(const table_column& from) {
    buffer<float> values;
    values.reserve(from.size());
    for (const double value : from.values<double>()) values.push_back(static_cast<float>(value));
    return {from.name(), std::move(values), buffer<std::uint8_t>(from.validity())};
  }

  std::string_view text_;
  const std::string& name_;
  const csv_options& options_;
  findings& out_;
  csv_result result_;
  std::vector<std::string> names_;
  std::unordered_set<std::string> known_;
  std::vector<column_builder> builders_;
  bool bad_header_ = false;
  std::size_t line_ = 1;  // of the record at hand
  std::size_t record_offset_ = 0;
  std::size_t breaks_ = 0;  // line breaks inside quotes of the record at hand
  std::size_t row_ = 0;
  std::size_t body_ = 0;  // offset behind the header
  std::size_t body_line_ = 0;
  buffer<std::uint64_t> lines_;  // empty as long as each row is one line
};

}  // namespace

std::string csv_result::to_string() const {
  const auto counted = [](std::size_t n, std::string_view noun) {
    return fmt::format("{} {}{}", n, noun, n == 1 ? "" : "s");
  };
  return fmt::format("{}, {}, {}-separated{}{}{}", counted(table.rows(), "row"),
                     counted(table.columns().size(), "column"), csv::name_of_delimiter(delimiter),
                     delimiter_detected ? " (detected)" : "", crlf ? ", CRLF" : "",
                     byte_order_mark ? ", byte order mark" : "");
}

csv_result read_csv(std::string_view text, const std::string& name, const csv_options& options,
                    findings& out) {
  return csv_reader(text, name, options, out).read();
}

csv_result read_csv(std::string_view text, const std::string& name, const csv_options& options) {
  findings out;
  csv_result read = read_csv(text, name, options, out);
  out.sort_by_place();
  out.throw_if_errors();
  return read;
}

csv_result read_csv_file(const std::string& path, const csv_options& options) {
  const file_bytes file(path);
  return read_csv(file.text(), path, options);
}

}  // namespace twill::table
