// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/error.hpp"
#include "twill/table/buffer.hpp"
#include "twill/table/date.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace twill::table {

/// What a column holds. Narrower integers of a file are read as the 32-bit type of their sign.
enum class column_type : std::uint8_t {
  boolean,
  int32,
  int64,
  uint32,
  uint64,
  float32,
  float64,
  string,
  date
};

/// "bool", "int32", ..., "float", "double", "string", "date": the names that messages and documents use.
[[nodiscard]] std::string_view name_of(column_type type) noexcept;

/// The C++ type of a column's elements, as a column type; `std::string_view` stands for string columns.
template <class T>
inline constexpr column_type column_type_of = [] {
  if constexpr (std::is_same_v<T, bool>)
    return column_type::boolean;
  else if constexpr (std::is_same_v<T, std::int32_t>)
    return column_type::int32;
  else if constexpr (std::is_same_v<T, std::int64_t>)
    return column_type::int64;
  else if constexpr (std::is_same_v<T, std::uint32_t>)
    return column_type::uint32;
  else if constexpr (std::is_same_v<T, std::uint64_t>)
    return column_type::uint64;
  else if constexpr (std::is_same_v<T, float>)
    return column_type::float32;
  else if constexpr (std::is_same_v<T, double>)
    return column_type::float64;
  else if constexpr (std::is_same_v<T, std::string_view>)
    return column_type::string;
  else {
    static_assert(std::is_same_v<T, date>,
                  "a column holds bool, (u)int32/64_t, float, double, string_view or date");
    return column_type::date;
  }
}();

/// What stands in a slot without a value: NaN, zero, false, the empty text, 1970-01-01.
template <class T>
inline constexpr T null_slot = [] {
  if constexpr (std::is_floating_point_v<T>)
    return std::numeric_limits<T>::quiet_NaN();
  else
    return T{};
}();

/// A named column of values of one type, with or without missing values.
///
/// Invariants: (1) `validity()` is empty (every value is present) or has one byte a row, 1 present and 0
/// missing; (2) a missing value's slot holds `null_slot`; (3) a column that is not nullable has no missing
/// values.
class table_column {
 public:
  /// A column without rows.
  table_column(std::string name, column_type type, bool nullable = false);
  /// Throws: twill::error when `validity` has another size than the values.
  template <class T>
  table_column(std::string name, buffer<T> values, buffer<std::uint8_t> validity = {})
      : name_(std::move(name)), type_(column_type_of<T>), values_(std::move(values)) {
    set_validity(std::move(validity));
  }
  table_column(std::string name, string_array values, buffer<std::uint8_t> validity = {});

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] column_type type() const noexcept { return type_; }
  [[nodiscard]] std::size_t size() const noexcept;
  /// Whether values may be missing: set by a validity, by `set_nullable`, or by the file.
  [[nodiscard]] bool nullable() const noexcept { return nullable_; }
  [[nodiscard]] std::size_t null_count() const noexcept { return null_count_; }
  [[nodiscard]] bool is_null(std::size_t row) const noexcept {
    return !validity_.empty() && validity_[row] == 0;
  }
  /// Empty when every value is present, else one byte a row.
  [[nodiscard]] std::span<const std::uint8_t> validity() const noexcept { return validity_; }

  /// The values; missing ones hold `null_slot<T>`. Throws: twill::error when the column has another type.
  template <class T>
  [[nodiscard]] std::span<const T> values() const {
    require_type(column_type_of<T>);
    return std::get<buffer<T>>(values_);
  }
  [[nodiscard]] const string_array& strings() const;

  /// For building in place: what is appended here must end with as many rows as the validity, when there is
  /// one.
  template <class T>
  [[nodiscard]] buffer<T>& mutable_values() {
    require_type(column_type_of<T>);
    return std::get<buffer<T>>(values_);
  }
  [[nodiscard]] string_array& mutable_strings();

  /// Sets which values are present (empty: all), writes `null_slot` where none is, and makes the column
  /// nullable when `validity` is not empty. A validity without zeros is dropped. Throws: twill::error on
  /// another size.
  void set_validity(buffer<std::uint8_t> validity);
  void set_nullable(bool nullable);
  void set_name(std::string name) { name_ = std::move(name); }

  /// One value as a text: shortest round-trip numbers, `true`, `2024-02-29`; empty when missing.
  [[nodiscard]] std::string text_at(std::size_t row) const;
  /// Equal names, types, missing values and present values (NaN equals NaN; nullability is not compared).
  friend bool operator==(const table_column& a, const table_column& b) noexcept;

 private:
  void require_type(column_type wanted) const;

  std::string name_;
  column_type type_;
  bool nullable_ = false;
  std::size_t null_count_ = 0;
  std::variant<buffer<bool>, buffer<std::int32_t>, buffer<std::int64_t>, buffer<std::uint32_t>,
               buffer<std::uint64_t>, buffer<float>, buffer<double>, string_array, buffer<date>>
      values_;
  buffer<std::uint8_t> validity_;
};

/// Columns of equal length with different names, in the order of the file they came from.
class column_table {
 public:
  column_table() = default;
  /// `source` names the file in messages.
  explicit column_table(std::string source) : source_(std::move(source)) {}

  [[nodiscard]] const std::string& source() const noexcept { return source_; }
  void set_source(std::string source) { source_ = std::move(source); }
  [[nodiscard]] std::size_t rows() const noexcept { return rows_; }
  [[nodiscard]] std::span<const table_column> columns() const noexcept { return columns_; }
  [[nodiscard]] std::vector<std::string_view> column_names() const;

  /// The column of that name, or null.
  [[nodiscard]] const table_column* find(std::string_view name) const noexcept;
  [[nodiscard]] bool has(std::string_view name) const noexcept { return find(name) != nullptr; }
  /// The column of that name. Throws: twill::error that names the nearest column.
  [[nodiscard]] const table_column& at(std::string_view name) const;
  /// The values of a column: `t.column<double>("mean_m3s")`. Throws: twill::error when there is no such
  /// column, when it has another type, or when values are missing (`at(name).values<T>()` gives them with
  /// their gaps).
  template <class T>
  [[nodiscard]] std::span<const T> column(std::string_view name) const {
    return complete(name).template values<T>();
  }
  /// The texts of a string column without missing values.
  [[nodiscard]] const string_array& strings(std::string_view name) const { return complete(name).strings(); }

  /// Throws: twill::error when the name is taken or the length differs from the columns before.
  void add(table_column column);
  /// Puts a column in the place of the one with its name. Throws: twill::error as `add`.
  void replace(table_column column);
  /// A table without columns still has a number of rows. Throws: twill::error when columns say otherwise.
  void set_rows(std::size_t rows);

  /// The place of a value in the source, rows counted from 0 here and from 1 in messages.
  [[nodiscard]] location where(std::size_t row, std::string_view column) const;
  /// Text sources: the line of the first row, and the line of each row where they do not just follow each
  /// other.
  void set_lines(std::size_t first, buffer<std::uint64_t> each = {});

  /// Equal columns in equal order; sources and lines are not compared.
  friend bool operator==(const column_table& a, const column_table& b) noexcept;

 private:
  [[nodiscard]] const table_column& complete(std::string_view name) const;

  std::string source_;
  std::size_t rows_ = 0;
  std::vector<table_column> columns_;
  std::size_t first_line_ = 0;
  buffer<std::uint64_t> lines_;
};

/// How a table is read, whatever its format.
struct read_options {
  /// Which columns to decode; empty means all. A name that the file lacks is an error.
  std::vector<std::string> columns{};
  /// The most bytes the decoded table may take; a file that asks for more is refused before memory is taken.
  std::size_t memory_limit = std::size_t{64} << 30;
};

}  // namespace twill::table
