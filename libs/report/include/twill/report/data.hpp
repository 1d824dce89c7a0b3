// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace twill::report {

/// The one decimal text of a number in charts, tables and files: the shortest digits that read back as the
/// same double, with an exponent only below 1e-6 and from 1e21 on. That is what a browser prints, so the
/// script of a report and this library never disagree. Not a number is the empty text; infinities are `inf`
/// and `-inf`; there is no negative zero.
[[nodiscard]] std::string number_text(double value);
/// The same with a fixed number of decimals (0 to 20), halves away from zero; `number_text(value)` from 1e21
/// on.
[[nodiscard]] std::string number_text(double value, int decimals);

/// The days from 1970-01-01 to a day of the Gregorian calendar: how times are given to charts; fractions are
/// times of day (UTC). NaN where there is no such day or its year is not 0 to 9999.
[[nodiscard]] double day_number(int year, unsigned month, unsigned day) noexcept;
/// `2024-02-29`, or `2024-02-29T06:30:00Z` where there is a time of day (to the second); empty for NaN and
/// outside the years 0 to 9999.
[[nodiscard]] std::string time_text(double days);

/// What the cells of a column are: alignment and text depend on it.
enum class column_kind : std::uint8_t { text, number, time };

/// A named column; either `numbers` (kinds number and time, NaN is missing) or `texts` holds the cells.
struct data_column {
  std::string name{};                      ///< the heading
  std::string unit{};                      ///< of the numbers
  column_kind kind = column_kind::number;  ///< which of the two vectors counts
  std::vector<double> numbers{};           ///< of a number or time column
  std::vector<std::string> texts{};        ///< of a text column
  std::optional<int> decimals{};           ///< shown decimals of a number; nothing: all digits

  [[nodiscard]] std::size_t size() const noexcept {
    return kind == column_kind::text ? texts.size() : numbers.size();
  }
  /// `name (unit)`, or the name alone.
  [[nodiscard]] std::string heading() const;
};

/// Named columns of equal length: what a chart shows, a table prints, and a data block of a report holds.
class data_table {
 public:
  data_table() = default;
  explicit data_table(std::string title) : title_(std::move(title)) {}

  [[nodiscard]] const std::string& title() const noexcept { return title_; }
  [[nodiscard]] std::size_t rows() const noexcept { return columns_.empty() ? 0 : columns_.front().size(); }
  [[nodiscard]] std::span<const data_column> columns() const noexcept { return columns_; }

  /// Throws: twill::error when the length differs from the columns before, or a value is not allowed.
  data_table& add(data_column column);
  data_table& add_numbers(std::string name, std::string unit, std::span<const double> values,
                          std::optional<int> decimals = {});
  /// Times as days from 1970-01-01, see `day_number`.
  data_table& add_times(std::string name, std::span<const double> days);
  data_table& add_texts(std::string name, std::vector<std::string> values);

  /// The text of a cell as tables and charts show it; empty when missing.
  [[nodiscard]] std::string text_at(std::size_t row, std::size_t column) const;

  /// RFC 4180 with line feeds: a header of `heading()`s, then all digits of every number; missing cells are
  /// empty.
  [[nodiscard]] std::string to_csv() const;
  /// `{"title":..,"columns":[{"name":..,"unit":..,"kind":..,"decimals":..}],"values":[[..],[..]]}`, one array
  /// a column, all digits of every number, missing cells null, infinities as texts. No `<`, `>` or `&` stands
  /// in it, so that it can lie in a page as it is.
  [[nodiscard]] std::string to_json() const;

 private:
  std::string title_;
  std::vector<data_column> columns_;
};

}  // namespace twill::report
