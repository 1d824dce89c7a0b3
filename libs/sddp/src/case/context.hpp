// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "files.hpp"
#include "twill/sddp/detail/expression.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace twill::sddp::detail {

/// Positions of things by id: position p is the p-th smallest id, wherever its file has it.
class id_index {
 public:
  id_index() = default;
  explicit id_index(const std::vector<std::int32_t>& ids_in_file);

  [[nodiscard]] std::size_t size() const noexcept { return ids_.size(); }
  [[nodiscard]] std::optional<std::uint32_t> find(std::int32_t id) const;
  [[nodiscard]] bool has(std::int32_t id) const { return find(id).has_value(); }
  [[nodiscard]] std::int32_t id(std::size_t position) const { return ids_[position]; }
  /// Where in its file the thing at a position stands.
  [[nodiscard]] std::size_t in_file(std::size_t position) const { return in_file_[position]; }
  /// "one of 0, 1, 2": what a message expects.
  [[nodiscard]] std::string listed() const;

 private:
  std::vector<std::int32_t> ids_;
  std::vector<std::size_t> in_file_;
};

/// What checks and resolution share: the files, the ids, and where findings go.
struct context {
  context(const case_files& files, collector& findings);

  const case_files& in;
  collector& out;
  id_index buses, lines, hydros, thermals, sources, contracts, pumps, stages, before, constraints;
  std::vector<parsed_expression> expressions;  // one a constraint, in the order of the file

  void error(finding_kind kind, std::string_view rule, std::string entity, diagnosis d) {
    out.error(kind, rule, std::move(entity), std::move(d));
  }
  [[nodiscard]] const raw::stage& stage(std::size_t t) const {
    return in.stages.content.study[stages.in_file(t)];
  }
  [[nodiscard]] const raw::hydro& hydro(std::size_t h) const {
    return in.hydros.content.items[hydros.in_file(h)];
  }
  /// Whether something with that lifetime exists at a stage id.
  [[nodiscard]] static bool exists(const raw::lifetime& life, std::int32_t stage) {
    return (!life.entry || *life.entry <= stage) && (!life.exit || stage < *life.exit);
  }
  /// The production model of a hydro at a stage, and where it was chosen (empty: by the hydro itself).
  struct chosen_model {
    raw::production model{};
    const raw::model_choice* choice = nullptr;
    std::string pointer{};
  };
  [[nodiscard]] chosen_model production(std::size_t h, std::size_t t) const;
  /// The entry of hydro_production_models.json for a hydro id.
  [[nodiscard]] std::optional<std::size_t> production_entry(std::int32_t hydro) const;
};

/// The hydro that an entry of hydro_production_models.json is about.
[[nodiscard]] std::int32_t hydro_of(const raw::production_model& entry);

void check_ids(context& c);
void check_references(context& c);
void check_coverage(context& c);
void check_plants(context& c);
void check_study(context& c);
void check_noise(context& c);
void check_features(context& c);

}  // namespace twill::sddp::detail
