// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/number.hpp"
#include "twill/table/findings.hpp"
#include "twill/table/table.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace twill::table::csv {

/// What a column's texts are read as. `undecided` has seen no value yet; `skipped` columns are not kept.
enum class mode : std::uint8_t { undecided, boolean, int64, uint64, float64, string, date, skipped };

/// Gathers the values of one column.
///
/// A column of a requested type refuses what is not of it. A column without one takes the type of its first
/// value; integers become doubles when a double follows; any other mixture is text, which the first values no
/// longer are: then `wants_text` asks for a second reading. What only looks like a number (`1,5`, `0x10`,
/// `--3`) is a mistake among numbers and a text among texts, so these findings wait for the end.
class column_builder {
 public:
  column_builder(std::string name, mode requested, bool inferred)
      : mode_(requested), inferred_(inferred), waiting_(20), name_(std::move(name)) {}

  [[nodiscard]] mode current() const noexcept { return mode_; }
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] bool wants_text() const noexcept { return wants_text_; }
  [[nodiscard]] std::size_t bytes() const noexcept;

  void add(double value) { reals_.push_back(value); }
  void add(std::int64_t value) { integers_.push_back(value); }
  void add_text(std::string_view text) { texts_.push_back(text); }
  void add_missing(std::size_t row);
  /// A field by its text, when the fast ways have not taken it. `not_finite` accepts nan and inf. Returns
  /// what is wrong.
  [[nodiscard]] std::optional<diagnosis> add_field(std::string_view text, std::size_t row, bool not_finite);
  /// A finding about a value that is none of this column's; it counts unless the column turns out to hold
  /// texts.
  void hold(diagnosis d) { waiting_.error(rule::number, std::move(d)); }
  /// Values of this column are missing for a reason that is told already.
  void mark_told() { told_ = true; }
  [[nodiscard]] bool told() const noexcept { return told_; }
  [[nodiscard]] const findings& held() const noexcept { return waiting_; }

  /// The column; the builder is empty afterwards.
  [[nodiscard]] table_column finish(std::size_t rows);

 private:
  [[nodiscard]] std::optional<diagnosis> add_to_undecided(std::string_view text, std::size_t row,
                                                          bool not_finite);
  void decide(mode m, std::size_t row);
  void integers_to_reals();

  mode mode_;
  bool inferred_;
  bool wants_text_ = false;
  bool told_ = false;
  findings waiting_;
  buffer<double> reals_;
  buffer<std::int64_t> integers_;
  buffer<std::uint64_t> unsigned_;
  buffer<bool> truths_;
  buffer<date> dates_;
  string_array texts_;
  buffer<std::uint64_t> gaps_;
  std::string name_;
};

}  // namespace twill::table::csv
