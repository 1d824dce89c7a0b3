// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "collector.hpp"
#include "raw.hpp"
#include "twill/table/json.hpp"
#include "twill/table/schema.hpp"
#include "twill/table/table.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace twill::sddp::detail {

namespace json = table::json;

/// A JSON file of a case: its text for places, its content for use.
struct source_file {
  std::string name{};
  bool present = false;
  std::optional<json::document> text{};

  /// Line and column of a JSON pointer, or of the deepest part of it that is there.
  [[nodiscard]] location at(const std::string& pointer) const;
};

/// A key as a part of a JSON pointer (RFC 6901).
[[nodiscard]] std::string pointer_part(std::string_view key);

template <class T>
struct json_file : source_file {
  T content{};
};

/// A table of a case; without rows where the file is absent.
struct table_file {
  std::string name{};
  bool present = false;
  table::column_table content{};

  [[nodiscard]] std::size_t rows() const noexcept { return content.rows(); }
  [[nodiscard]] location at(std::size_t row, std::string_view column) const {
    return content.where(row, column);
  }
  /// Integers of a column; absent columns are empty.
  [[nodiscard]] std::span<const std::int32_t> ints(std::string_view column) const;
  [[nodiscard]] std::span<const std::uint32_t> counts(std::string_view column) const;
  /// One number, nothing where it or its column is absent.
  [[nodiscard]] std::optional<double> real(std::size_t row, std::string_view column) const;
  [[nodiscard]] std::optional<std::int32_t> integer(std::size_t row, std::string_view column) const;
};

/// Every file of a case as it was read.
struct case_files {
  json_file<raw::config> config{};
  json_file<raw::penalties> penalties{};
  json_file<raw::stages> stages{};
  json_file<raw::initial_conditions> initial{};
  json_file<raw::list<raw::bus>> buses{};
  json_file<raw::list<raw::line>> lines{};
  json_file<raw::list<raw::hydro>> hydros{};
  json_file<raw::list<raw::thermal>> thermals{};
  json_file<raw::list<raw::source>> sources{};
  json_file<raw::list<raw::contract>> contracts{};
  json_file<raw::list<raw::pump>> pumps{};
  json_file<raw::list<raw::production_model>> production{};
  json_file<raw::list<raw::factors>> load_factors{};
  json_file<raw::list<raw::factors>> source_factors{};
  json_file<raw::list<raw::exchange_factors>> exchange_factors{};
  json_file<raw::correlation> correlation{};
  json_file<raw::list<raw::constraint>> constraints{};

  table_file geometry{}, planes{};
  table_file inflow_stats{}, inflow_ar{}, inflow_annual{}, inflow_history{}, load_stats{}, source_stats{},
      openings{}, external_inflow{}, external_load{}, external_source{};
  table_file thermal_bounds{}, hydro_bounds{}, line_bounds{}, pump_bounds{}, contract_bounds{},
      source_bounds{}, constraint_bounds{};
  table_file bus_costs{}, line_costs{}, hydro_costs{}, source_costs{};
};

/// What a table must be: columns with their ranges, and the columns that make its key.
struct table_form {
  std::string path;  // without extension
  table_file case_files::* file;
  table::table_schema schema;
  std::vector<std::string> key;       // no two rows agree in these
  std::vector<std::string> positive;  // columns whose values are above zero
};
[[nodiscard]] const std::vector<table_form>& table_forms();

/// Layers 1 and 2: which files are there, and whether each is by itself what it must be.
[[nodiscard]] case_files read_files(const std::string& directory, table_choice choice, collector& out);

}  // namespace twill::sddp::detail
