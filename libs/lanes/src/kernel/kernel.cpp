// SPDX-License-Identifier: Apache-2.0
#include "twill/lanes/kernel.hpp"

#include "kernel/ast.hpp"

#include <fmt/format.h>

#include <utility>

namespace twill::lanes {

struct kernel_maker {
  static kernel make(detail::kernel_tree tree) {
    kernel out;
    out.program_ = detail::compile_tree(tree);
    out.name_ = std::move(tree.name);
    out.parameters_ = std::move(tree.parameters);
    return out;
  }
};

kernel kernel::compile(std::string_view text, std::string file) {
  return kernel_maker::make(detail::parse_kernel(text, file));
}

kernel kernel::compile_json(std::string text, std::string file) {
  return kernel_maker::make(detail::parse_kernel_json(std::move(text), file));
}

std::vector<initial_register> kernel::bind(std::span<const kernel_argument> arguments) const {
  if (arguments.size() != parameters_.size()) {
    throw fault(errc::invalid_argument, fmt::format("kernel {} has {} parameters, {} arguments are given",
                                                    name_, parameters_.size(), arguments.size()));
  }
  std::vector<initial_register> out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const kernel_parameter& p = parameters_[i];
    out.push_back({.reg = static_cast<std::uint16_t>(i + 1),
                   .bits = arguments[i].bits,
                   .ty = p.is_buffer ? type::u64 : p.ty});
  }
  return out;
}

launch_result kernel::run(executor& ex, std::span<const kernel_argument> arguments, std::uint64_t n,
                          std::uint32_t block) const {
  return ex.launch(program_, {.launch = launch_config::linear(n, block), .registers = bind(arguments)});
}

namespace detail {

std::string name_of(const value_type& t) { return t.is_bool ? "bool" : std::string(lanes::name_of(t.ty)); }

std::optional<value_type> parse_value_type(std::string_view name) {
  if (name == "bool") return value_type{type::u8, true};
  const auto t = parse_type(name);
  if (!t || *t == type::f16 || *t == type::bf16) return std::nullopt;
  return value_type{*t, false};
}

void kernel_error(const twill::location& where, std::string what) {
  throw fault({.code = errc::invalid_program, .text = std::move(what), .where = where});
}

}  // namespace detail
}  // namespace twill::lanes
