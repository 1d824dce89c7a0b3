// SPDX-License-Identifier: Apache-2.0
#include "twill/table/schema.hpp"

#include "twill/base/number.hpp"
#include "twill/base/suggest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace twill::table {
namespace {

constexpr std::size_t told_per_column =
    10;  // rows named for one kind of mistake in one column; the rest is counted

template <class F>
void with_type(column_type type, F&& use) {
  switch (type) {
    case column_type::boolean: return use(bool{});
    case column_type::int32: return use(std::int32_t{});
    case column_type::int64: return use(std::int64_t{});
    case column_type::uint32: return use(std::uint32_t{});
    case column_type::uint64: return use(std::uint64_t{});
    case column_type::float32: return use(float{});
    case column_type::float64: return use(double{});
    case column_type::string: return use(std::string_view{});
    case column_type::date: return use(date{});
  }
}

template <class T>
constexpr bool is_int = std::is_integral_v<T> && !std::is_same_v<T, bool>;

/// The value in the wanted type, nothing when it does not fit exactly.
template <class To, class From>
std::optional<To> exactly(From from) {
  if constexpr (is_int<From> && is_int<To>) {
    return std::in_range<To>(from) ? std::optional(static_cast<To>(from)) : std::nullopt;
  } else if constexpr (is_int<From> && std::is_same_v<To, double>) {
    const auto real = static_cast<double>(from);
    // 2^63 and 2^64 are doubles that the integer types cannot hold: compare before casting back.
    if (real >= std::ldexp(1.0, std::numeric_limits<From>::digits)) return std::nullopt;
    return static_cast<From>(real) == from ? std::optional(real) : std::nullopt;
  } else if constexpr (std::is_same_v<From, float> && std::is_same_v<To, double>) {
    return static_cast<double>(from);
  } else {
    return std::nullopt;
  }
}

template <class To, class From>
constexpr bool convertible = (is_int<From> && (is_int<To> || std::is_same_v<To, double>)) ||
                             (std::is_same_v<From, float> && std::is_same_v<To, double>);

/// Whether a type holds every value of another, so that a conversion needs no word.
bool widens(column_type from, column_type to) {
  if (from == column_type::float32) return to == column_type::float64;
  if (from == column_type::int32) return to == column_type::int64 || to == column_type::float64;
  if (from == column_type::uint32)
    return to == column_type::int64 || to == column_type::uint64 || to == column_type::float64;
  return to == column_type::float64;
}

class conformer {
 public:
  conformer(column_table& table, findings& out) : table_(table), out_(out) {}

  void column(const column_spec& spec) {
    const table_column* found = table_.find(spec.name);
    if (found == nullptr) {
      if (spec.required) missing(spec);
      return;
    }
    if (found->type() != spec.type && !convert(*found, spec)) return;
    found = table_.find(spec.name);
    if (!spec.nullable) complete(*found);
    in_range(*found, spec);
  }

 private:
  void missing(const column_spec& spec) {
    const auto names = table_.column_names();
    const std::string near = nearest_name(spec.name, names);
    out_.error(rule::missing_column,
               {.what = fmt::format("the column \"{}\" is missing", spec.name),
                .where = {.file = table_.source()},
                .found = fmt::format("{}", fmt::join(names, ", ")),
                .expected = fmt::format("{} of type {}", spec.name, name_of(spec.type)),
                .hint = near.empty() ? "" : fmt::format("is \"{}\" meant to be \"{}\"?", near, spec.name)});
  }

  bool convert(const table_column& from, const column_spec& spec) {
    if (from.null_count() == from.size()) {
      table_.replace(empty_column(from, spec.type));
      return true;
    }
    bool done = false;
    with_type(from.type(), [&]<class From>(From) {
      with_type(spec.type, [&]<class To>(To) {
        if constexpr (convertible<To, From>)
          done = convert_values<To, From>(from, spec);
        else
          wrong_type(from, spec);
      });
    });
    return done;
  }

  static table_column empty_column(const table_column& from, column_type type) {
    table_column made(from.name(), type, from.nullable());
    with_type(type, [&]<class T>(T) {
      if constexpr (std::is_same_v<T, std::string_view>) {
        for (std::size_t row = 0; row < from.size(); ++row) made.mutable_strings().push_back({});
      } else {
        made.mutable_values<T>().resize(from.size(), T{});
      }
    });
    made.set_validity(buffer<std::uint8_t>(from.validity()));
    return made;
  }

  template <class To, class From>
  bool convert_values(const table_column& from, const column_spec& spec) {
    const auto values = from.values<From>();
    buffer<To> converted;
    converted.resize_for_overwrite(values.size());
    std::size_t misfits = 0;
    for (std::size_t row = 0; row < values.size(); ++row) {
      if (from.is_null(row)) {
        converted[row] = null_slot<To>;
        continue;
      }
      const auto fitting = exactly<To, From>(values[row]);
      converted[row] = fitting.value_or(null_slot<To>);
      if (fitting) continue;
      if (++misfits <= told_per_column) {
        out_.error(rule::out_of_range,
                   {.what = fmt::format("a value that {} cannot hold exactly", name_of(spec.type)),
                    .where = table_.where(row, spec.name),
                    .found = from.text_at(row)});
      }
    }
    count_rest(misfits, spec.name, "values that do not fit");
    if (misfits != 0) return false;
    // Text formats know no width, so their integers deserve no word about it; those of a typed file do.
    const bool from_text = table_.where(0, spec.name).line != 0;
    if (!widens(from.type(), spec.type) && !from_text) {
      out_.warning(rule::wrong_type, {.what = "another integer type; every value fits",
                                      .where = {.file = table_.source(), .field = spec.name},
                                      .found = std::string(name_of(from.type())),
                                      .expected = std::string(name_of(spec.type))});
    }
    table_column made(from.name(), std::move(converted), buffer<std::uint8_t>(from.validity()));
    made.set_nullable(from.nullable());
    table_.replace(std::move(made));
    return true;
  }

  void wrong_type(const table_column& from, const column_spec& spec) {
    const auto first = static_cast<std::size_t>(from.validity().empty()
                                                    ? 0
                                                    : std::ranges::find(from.validity(), std::uint8_t{1}) -
                                                          from.validity().begin());
    const std::string text = from.text_at(first);
    out_.error(rule::wrong_type,
               {.what = "the column has another type",
                .where = {.file = table_.source(), .field = spec.name},
                .found = fmt::format("{} ({} in row {})", name_of(from.type()), text, first + 1),
                .expected = std::string(name_of(spec.type))});
  }

  void complete(const table_column& column) {
    if (column.null_count() == 0) return;
    std::size_t told = 0;
    for (std::size_t row = 0; row < column.size() && told < told_per_column; ++row) {
      if (!column.is_null(row)) continue;
      out_.error(rule::missing_value,
                 {.what = "a value is missing", .where = table_.where(row, column.name())});
      ++told;
    }
    count_rest(column.null_count(), column.name(), "missing values");
  }

  void in_range(const table_column& column, const column_spec& spec) {
    if (!spec.minimum && !spec.maximum) return;
    with_type(column.type(), [&]<class T>(T) {
      if constexpr (std::is_arithmetic_v<T> && !std::is_same_v<T, bool>) {
        const double low = spec.minimum.value_or(-std::numeric_limits<double>::infinity());
        const double high = spec.maximum.value_or(std::numeric_limits<double>::infinity());
        const auto values = column.values<T>();
        std::size_t outside = 0;
        for (std::size_t row = 0; row < values.size(); ++row) {
          const auto number = static_cast<double>(values[row]);
          // Negated, so that NaN is outside too.
          if (column.is_null(row) || (number >= low && number <= high)) continue;
          if (++outside > told_per_column) continue;
          out_.error(rule::out_of_range, {.what = number < low    ? "too small"
                                                  : number > high ? "too large"
                                                                  : "not finite",
                                          .where = table_.where(row, spec.name),
                                          .found = column.text_at(row),
                                          .expected = bounds(spec)});
        }
        count_rest(outside, spec.name, "values out of range");
      }
    });
  }

  static std::string bounds(const column_spec& spec) {
    std::string text;
    if (spec.minimum) text += fmt::format("at least {}", shortest(*spec.minimum));
    if (spec.maximum)
      text += fmt::format("{}at most {}", text.empty() ? "" : " and ", shortest(*spec.maximum));
    return spec.unit.empty() ? text : text + ' ' + spec.unit;
  }

  void count_rest(std::size_t count, const std::string& column, std::string_view noun) {
    if (count <= told_per_column) return;
    out_.error(rule::out_of_range, {.what = fmt::format("{} {} in all", count, noun),
                                    .where = {.file = table_.source(), .field = column}});
  }

  column_table& table_;
  findings& out_;
};

}  // namespace

const column_spec* table_schema::find(std::string_view column) const noexcept {
  const auto at = std::ranges::find(columns, column, &column_spec::name);
  return at == columns.end() ? nullptr : &*at;
}

void conform(column_table& table, const table_schema& schema, findings& out) {
  conformer worker(table, out);
  for (const column_spec& spec : schema.columns) worker.column(spec);
  if (schema.unknown == unknown_columns::ignored) return;
  std::vector<std::string_view> known;
  for (const column_spec& spec : schema.columns) known.push_back(spec.name);
  for (const table_column& column : table.columns()) {
    if (schema.find(column.name()) != nullptr) continue;
    const std::string near = nearest_name(column.name(), known);
    out.add({schema.unknown == unknown_columns::refused ? severity::error : severity::warning,
             std::string(rule::unknown_column),
             {.what = fmt::format("{} has no such column", schema.name.empty() ? "the schema" : schema.name),
              .where = {.file = table.source(), .field = column.name()},
              .expected = near.empty() ? fmt::format("one of {}", fmt::join(known, ", ")) : "",
              .hint = near.empty() ? "" : fmt::format("did you mean \"{}\"?", near)}});
  }
}

std::string to_markdown(const table_schema& schema) {
  std::string text;
  if (!schema.name.empty()) text += fmt::format("### {}\n{}\n\n", schema.name, schema.doc);
  text += "| column | type | unit | range | presence | meaning |\n|---|---|---|---|---|---|\n";
  for (const column_spec& c : schema.columns) {
    std::string range;
    if (c.minimum) range += fmt::format("at least {}", shortest(*c.minimum));
    if (c.maximum) range += fmt::format("{}at most {}", range.empty() ? "" : " and ", shortest(*c.maximum));
    text += fmt::format("| `{}` | {} | {} | {} | {}{} | {} |\n", c.name, name_of(c.type), c.unit, range,
                        c.required ? "required" : "optional", c.nullable ? ", may be missing" : "", c.doc);
  }
  return text;
}

}  // namespace twill::table
