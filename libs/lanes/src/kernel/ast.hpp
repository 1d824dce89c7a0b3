// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/kernel.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace twill::lanes::detail {

/// Types of kernels: a scalar type of the machine, or a truth value (kept as u8 of 0 or 1).
struct value_type {
  type ty = type::i32;
  bool is_bool = false;
  friend bool operator==(const value_type&, const value_type&) = default;
};
[[nodiscard]] std::string name_of(const value_type& t);
[[nodiscard]] std::optional<value_type> parse_value_type(std::string_view name);

enum class expr_kind : std::uint8_t { variable, integer, real, truth, unary, binary, index, call };

struct expr {
  expr_kind kind = expr_kind::integer;
  int height = 1;      ///< of the tree, which is bounded: the compiler descends it
  std::string name{};  ///< variable, function, operator by its JSON name ("add", "lt", "neg")
  std::uint64_t integer = 0;
  double real = 0;
  std::vector<std::unique_ptr<expr>> parts{};
  twill::location where{};
};
using expr_ptr = std::unique_ptr<expr>;

enum class stmt_kind : std::uint8_t { let, assign, if_else, for_range, while_loop, leave, barrier };

struct stmt {
  stmt_kind kind = stmt_kind::leave;
  std::string name{};                     ///< let, for
  std::optional<value_type> annotated{};  ///< let
  expr_ptr target{};                      ///< assign
  expr_ptr value{};                       ///< let, assign; condition; start of for
  expr_ptr stop{};
  expr_ptr step{};  ///< null: 1
  std::vector<stmt> body{};
  std::vector<stmt> otherwise{};
  twill::location where{};
};

struct kernel_tree {
  std::string name{};
  std::vector<kernel_parameter> parameters{};
  std::vector<bool> bool_parameters{};
  std::vector<twill::location> places{};  ///< of the parameters
  std::vector<stmt> body{};
  twill::location where{};
};

/// Nested deeper than this, a kernel is refused: front ends and compiler recurse.
inline constexpr int most_nesting = 200;

[[noreturn]] void kernel_error(const twill::location& where, std::string what);
[[nodiscard]] kernel_tree parse_kernel(std::string_view text, const std::string& file);
[[nodiscard]] kernel_tree parse_kernel_json(std::string text, const std::string& file);
[[nodiscard]] program compile_tree(const kernel_tree& tree);

}  // namespace twill::lanes::detail
