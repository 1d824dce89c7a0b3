// SPDX-License-Identifier: Apache-2.0
#include "builder.hpp"

#include "form.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace twill::table::csv {
namespace {

std::optional<bool> truth_of(std::string_view text, bool digits) noexcept {
  for (const std::string_view word : {"true", "True", "TRUE"}) {
    if (text == word) return true;
  }
  for (const std::string_view word : {"false", "False", "FALSE"}) {
    if (text == word) return false;
  }
  if (digits && (text == "1" || text == "0")) return text == "1";
  return std::nullopt;
}

/// Whether a text that is no number was surely meant as one: `1,5`, `0x10`, `1e400`, `--3`.
bool meant_as_number(std::string_view text, number_fault fault) noexcept {
  switch (fault) {
    case number_fault::decimal_comma:
      // Digits, one comma, digits: `1,5`; not `Lyon, 3`.
      return text.find_first_not_of("0123456789,+-.") == std::string_view::npos;
    case number_fault::hexadecimal:
      return text.find_first_not_of("0123456789abcdefABCDEFxX+-") == std::string_view::npos;
    case number_fault::out_of_range:
    case number_fault::not_finite:
    case number_fault::not_integral: return true;
    case number_fault::malformed: {
      const std::size_t signs = std::min(text.find_first_not_of("+-"), text.size());
      return signs >= 2 && signs < text.size() &&
             text.find_first_not_of("0123456789.eE", signs) == std::string_view::npos;
    }
    case number_fault::none:
    case number_fault::empty: return false;
  }
  return false;
}

diagnosis number_mistake(std::string_view text, number_fault fault, bool integer) {
  diagnosis d{.what = integer ? "not an integer" : "not a number",
              .found = excerpt(text),
              .expected = integer ? "an integer such as 12" : "a number such as 12, -0.5 or 1e6"};
  switch (fault) {
    case number_fault::decimal_comma: {
      std::string mended(text);
      std::ranges::replace(mended, ',', '.');
      d.what = "a decimal comma";
      d.expected = parse_double(mended) ? excerpt(mended) : d.expected;
      d.hint = "numbers are written with a full stop";
      break;
    }
    case number_fault::hexadecimal: d.what = "a number that is not decimal"; break;
    case number_fault::out_of_range:
      d.what = integer ? "an integer beyond its range" : "a number beyond what a double can hold";
      d.expected = integer ? "" : "a magnitude below 1.8e308";
      break;
    case number_fault::not_finite: d.what = "a number that is not finite"; break;
    default:
      if (text.find_first_of(" \t") == 0 || text.find_last_of(" \t") == text.size() - 1) {
        d.found = fmt::format("\"{}\"", d.found);
        d.hint = "delete the spaces around it";
      }
  }
  return d;
}

}  // namespace

std::size_t column_builder::bytes() const noexcept {
  return reals_.size() * sizeof(double) + integers_.size() * sizeof(std::int64_t) +
         unsigned_.size() * sizeof(std::uint64_t) + truths_.size() + dates_.size() * sizeof(date) +
         texts_.bytes().size() + texts_.size() * sizeof(std::uint64_t) + gaps_.size() * sizeof(std::uint64_t);
}

void column_builder::add_missing(std::size_t row) {
  switch (mode_) {
    case mode::boolean: truths_.push_back(false); break;
    case mode::int64: integers_.push_back(0); break;
    case mode::uint64: unsigned_.push_back(0); break;
    case mode::float64: reals_.push_back(null_slot<double>); break;
    case mode::string: texts_.push_back({}); break;
    case mode::date: dates_.push_back({}); break;
    case mode::undecided: break;
    case mode::skipped: return;
  }
  gaps_.push_back(row);
}

std::optional<diagnosis> column_builder::add_field(std::string_view text, std::size_t row, bool not_finite) {
  std::optional<diagnosis> mistake;
  number_fault fault = number_fault::malformed;
  switch (mode_) {
    case mode::skipped: return std::nullopt;
    case mode::undecided: return add_to_undecided(text, row, not_finite);
    case mode::string: texts_.push_back(text); return std::nullopt;
    case mode::boolean:
      if (const auto truth = truth_of(text, !inferred_)) {
        truths_.push_back(*truth);
        return std::nullopt;
      }
      mistake =
          diagnosis{.what = "neither true nor false", .found = excerpt(text), .expected = "true or false"};
      break;
    case mode::date:
      if (const auto day = parse_date(text)) {
        dates_.push_back(*day);
        return std::nullopt;
      }
      mistake =
          diagnosis{.what = "not a day of the calendar", .found = excerpt(text), .expected = "YYYY-MM-DD"};
      break;
    case mode::uint64: {
      const auto number = parse_uint64(text);
      if (number) {
        unsigned_.push_back(number.value);
        return std::nullopt;
      }
      fault = number.fault;
      mistake = number_mistake(text, fault, true);
      break;
    }
    case mode::int64: {
      const auto number = parse_int64(text);
      if (number) {
        integers_.push_back(number.value);
        return std::nullopt;
      }
      fault = number.fault;
      const auto real = parse_double(text);
      const bool fits_real =
          real ? fault != number_fault::out_of_range : not_finite && real.fault == number_fault::not_finite;
      if (inferred_ && fits_real) {
        integers_to_reals();
        return add_field(text, row, not_finite);
      }
      // What is wrong with `1e400` and `nan` only their reading as doubles can tell.
      const bool as_real = !real && fault == number_fault::malformed;
      if (as_real) fault = real.fault;
      mistake = number_mistake(text, fault, fault == number_fault::malformed || !as_real);
      break;
    }
    case mode::float64: {
      const auto number = parse_double(text);
      if (number) {
        reals_.push_back(number.value);
        return std::nullopt;
      }
      fault = number.fault;
      if (fault == number_fault::not_finite && not_finite) {
        const bool nan = text.find_first_of("nN") < text.find_first_of("iI");
        const double infinity = std::numeric_limits<double>::infinity();
        reals_.push_back(nan ? null_slot<double> : text.front() == '-' ? -infinity : infinity);
        return std::nullopt;
      }
      mistake = number_mistake(text, fault, false);
      break;
    }
  }
  add_missing(row);
  if (!inferred_) return mistake;
  // A misfit that cannot be a mistyped value of the type makes the column one of texts.
  const bool numeric = mode_ == mode::int64 || mode_ == mode::float64;
  if (numeric && meant_as_number(text, fault)) return mistake;
  wants_text_ = true;
  return std::nullopt;
}

std::optional<diagnosis> column_builder::add_to_undecided(std::string_view text, std::size_t row,
                                                          bool not_finite) {
  const auto integer = parse_int64(text);
  const auto real = parse_double(text);
  if (integer) {
    decide(mode::int64, row);
  } else if ((real && integer.fault != number_fault::out_of_range) ||
             (real.fault == number_fault::not_finite && not_finite)) {
    decide(mode::float64, row);
  } else if (truth_of(text, false)) {
    decide(mode::boolean, row);
  } else if (parse_date(text)) {
    decide(mode::date, row);
  } else if (meant_as_number(text,
                             integer.fault == number_fault::out_of_range ? integer.fault : real.fault)) {
    gaps_.push_back(row);
    diagnosis d = number_mistake(text, real ? integer.fault : real.fault, static_cast<bool>(real));
    if (d.hint.empty()) d.hint = "give the column the type string to keep its texts";
    return d;
  } else {
    decide(mode::string, row);
    // Values that were held back as mistyped numbers are texts here: their rows have to be read again.
    if (!waiting_.empty()) wants_text_ = true;
  }
  return add_field(text, row, not_finite);
}

void column_builder::decide(mode m, std::size_t row) {
  mode_ = m;
  switch (m) {
    case mode::boolean: truths_.resize(row, false); break;
    case mode::int64: integers_.resize(row, 0); break;
    case mode::float64: reals_.resize(row, null_slot<double>); break;
    case mode::date: dates_.resize(row, date{}); break;
    default:
      for (std::size_t i = 0; i < row; ++i) texts_.push_back({});
  }
}

void column_builder::integers_to_reals() {
  reals_.reserve(integers_.size() + 1);
  for (const std::int64_t value : integers_) reals_.push_back(static_cast<double>(value));
  integers_ = {};
  mode_ = mode::float64;
}

table_column column_builder::finish(std::size_t rows) {
  buffer<std::uint8_t> validity;
  if (!gaps_.empty()) {
    validity.resize(rows, 1);
    for (const std::uint64_t row : gaps_) validity[static_cast<std::size_t>(row)] = 0;
  }
  const auto typed = [&](auto& values) {
    values.shrink_to_fit();
    return table_column(std::move(name_), std::move(values), std::move(validity));
  };
  switch (mode_) {
    case mode::boolean: return typed(truths_);
    case mode::int64: return typed(integers_);
    case mode::uint64: return typed(unsigned_);
    case mode::date: return typed(dates_);
    case mode::string: return table_column(std::move(name_), std::move(texts_), std::move(validity));
    case mode::undecided: reals_.resize(rows, null_slot<double>); return typed(reals_);
    default: return typed(reals_);
  }
}

}  // namespace twill::table::csv
