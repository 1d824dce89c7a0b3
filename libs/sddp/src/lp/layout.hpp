// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "solver/problem.hpp"
#include "twill/sddp/system.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace twill::sddp::lp {

/// What the cost of a column is for: the columns of the cost table.
enum class cost_kind : std::uint8_t {
  none,
  future,
  thermal,
  deficit,
  excess,
  storage_violation,
  outflow_below,
  outflow_above,
  turbined_below,
  generation_below,
  evaporation,
  withdrawal,
  negative_inflow,
  generic,
  spillage,
  diversion,
  fpha_turbined,
  curtailment,
  exchange
};
/// How many kinds there are.
inline constexpr std::size_t num_cost_kinds = 19;

/// What a column or row stands for: `family` of `entity` `id` in block `block` (-1: the whole stage).
struct label {
  const char* family = "";  ///< "water", "turbined"
  const char* entity = "";  ///< "hydro"; empty: the stage itself
  std::int32_t id = 0;      ///< of the entity, as in the files
  std::int32_t block = -1;  ///< -1: none
};

/// `water.hydro7`, `turbined.hydro7.b0`: a name without spaces, as MPS files need.
[[nodiscard]] std::string short_name(const label& what);

/// Where the columns and rows of a stage are; -1 for what was left out because it cannot matter.
///
/// Arrays with a block are entity-major: element entity * blocks + block.
struct layout {
  static constexpr int none = -1;  ///< left out
  std::size_t blocks = 0;          ///< of the stage

  std::vector<int> storage{};            ///< v, one a hydro
  std::vector<int> incoming{};           ///< v^in, one a hydro
  int theta = none;                      ///< future cost; the last stage has none
  std::vector<int> turbined{};           ///< q, hydro and block
  std::vector<int> spilled{};            ///< s
  std::vector<int> diverted{};           ///< u
  std::vector<int> generated{};          ///< g, hydros with planes
  std::vector<int> thermal{};            ///< thermal and block
  std::vector<int> direct{};             ///< f+, line and block
  std::vector<int> reverse{};            ///< f-
  std::vector<std::size_t> segments{};   ///< buses + 1: where the deficit segments of a bus begin
  std::vector<int> deficit{};            ///< segment and block
  std::vector<int> excess{};             ///< bus and block
  std::vector<int> source{};             ///< n, source and block
  std::vector<int> inflow_slack{};       ///< one a hydro
  std::vector<int> evaporated{};         ///< Q^ev, one a hydro
  std::vector<int> evaporation_under{};  ///< f^ev+: less than modelled
  std::vector<int> evaporation_over{};   ///< f^ev-: more than modelled
  std::vector<int> withdrawal_under{};   ///< w-
  std::vector<int> withdrawal_over{};    ///< w+
  std::vector<int> outflow_under{};      ///< o-, hydro and block
  std::vector<int> outflow_over{};       ///< o+, hydro and block
  std::vector<int> turbined_under{};     ///< y-, hydro and block
  std::vector<int> generation_under{};   ///< x-, hydro and block
  std::vector<int> storage_under{};      ///< sigma^v, one a hydro, soft minimum storage only
  std::vector<int> generic_slack{};      ///< two a constraint row; the second one of equalities only

  std::vector<int> fixing_row{};   ///< v^in = x, one a hydro, row form only
  std::vector<int> water_row{};    ///< one a hydro
  std::vector<int> load_row{};     ///< bus and block
  std::vector<int> generic_row{};  ///< one a constraint row

  [[nodiscard]] std::size_t at(std::size_t entity, std::size_t block) const noexcept {
    return entity * blocks + block;
  }
};

/// A constraint row whose right-hand side follows the availability of sources.
struct curtailment_row {
  int row = 0;                        ///< in the program
  double lower = 0.0;                 ///< without availability
  double upper = 0.0;                 ///< without availability
  std::vector<std::size_t> source{};  ///< source and block of each term
  std::vector<double> coefficient{};  ///< of each term: coefficient * availability is moved to the right
};

/// Collects columns, rows and entries in any order.
class program_builder {
 public:
  /// A new column; `layout::none` when both bounds are 0.
  int column(double lower, double upper, double cost, cost_kind kind, label what);
  /// A new column whatever its bounds.
  int column_always(double lower, double upper, double cost, cost_kind kind, label what);
  /// A new row.
  int row(double lower, double upper, label what);
  /// Adds to an entry; nothing for a column or row that was left out, and for 0.
  void entry(int row, int column, double value);
  /// Moves a constant of a row from the left to the right.
  void shift(int row, double by);

  /// The program by columns; costs divided by `cost_scale` but for that of `theta`.
  [[nodiscard]] solver::problem finish(double cost_scale, int theta) const;
  [[nodiscard]] const std::vector<cost_kind>& kinds() const noexcept { return kinds_; }
  [[nodiscard]] const std::vector<label>& column_labels() const noexcept { return column_labels_; }
  [[nodiscard]] const std::vector<label>& row_labels() const noexcept { return row_labels_; }

 private:
  struct triplet {
    int column;
    int row;
    double value;
  };
  solver::problem p_{};
  std::vector<cost_kind> kinds_{};
  std::vector<label> column_labels_{};
  std::vector<label> row_labels_{};
  std::vector<triplet> entries_{};
};

}  // namespace twill::sddp::lp
