// SPDX-License-Identifier: Apache-2.0
#include "twill/lanes/types.hpp"

#include <algorithm>
#include <array>

namespace twill::lanes {
namespace {

constexpr std::array<std::string_view, type_count> type_names{"i8",  "i16", "i32", "i64",  "u8",  "u16",
                                                              "u32", "u64", "f16", "bf16", "f32", "f64"};
constexpr std::array<std::string_view, 10> condition_names{"eq", "ne",  "lt",  "le",  "gt",
                                                           "ge", "ltu", "leu", "gtu", "geu"};
constexpr std::array<std::string_view, 4> scope_names{"thread", "block", "device", "system"};
constexpr std::array<std::string_view, 11> category_names{
    "data movement", "arithmetic",     "logic",        "control flow",  "synchronization", "atlas-specific",
    "reduction",     "transcendental", "pool storage", "normalization", "tensor"};

template <class E, std::size_t N>
std::optional<E> find(const std::array<std::string_view, N>& names, std::string_view name) noexcept {
  const auto* const found = std::ranges::find(names, name);
  if (found == names.end()) return std::nullopt;
  return static_cast<E>(found - names.begin());
}

}  // namespace

std::string_view name_of(type t) noexcept { return type_names.at(static_cast<std::size_t>(t)); }
std::optional<type> parse_type(std::string_view name) noexcept { return find<type>(type_names, name); }

std::string_view name_of(condition c) noexcept { return condition_names.at(static_cast<std::size_t>(c)); }
std::optional<condition> parse_condition(std::string_view name) noexcept {
  return find<condition>(condition_names, name);
}

std::string_view name_of(memory_scope s) noexcept { return scope_names.at(static_cast<std::size_t>(s)); }
std::optional<memory_scope> parse_scope(std::string_view name) noexcept {
  return find<memory_scope>(scope_names, name);
}

std::string_view name_of(op_category c) noexcept { return category_names.at(static_cast<std::size_t>(c)); }

std::string_view special_register_name(unsigned r) noexcept {
  switch (r) {
    case lane_idx_x: return "LANE_IDX_X";
    case block_idx_x: return "BLOCK_IDX_X";
    case block_dim_x: return "BLOCK_DIM_X";
    case global_lane_id: return "GLOBAL_LANE_ID";
    default: return {};
  }
}

}  // namespace twill::lanes
