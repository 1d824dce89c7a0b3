// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/executor.hpp"

#include <bit>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace twill::lanes {

/// What a kernel is called with: register r1 holds the first, r2 the second, and so on.
struct kernel_parameter {
  std::string name{};      ///< as in the source
  bool is_buffer = false;  ///< the register holds a handle, `ty` is the type of an element
  type ty = type::u64;     ///< of the number or of an element
};

/// A buffer or a number for a kernel's parameter.
struct kernel_argument {
  std::uint64_t bits = 0;  ///< as the register holds them
  /// A number or a buffer of this type.
  [[nodiscard]] static kernel_argument of(buffer_handle h) noexcept { return {h}; }
  /// A number or a buffer of this type.
  [[nodiscard]] static kernel_argument of(float v) noexcept { return {std::bit_cast<std::uint32_t>(v)}; }
  /// A number or a buffer of this type.
  [[nodiscard]] static kernel_argument of(double v) noexcept { return {std::bit_cast<std::uint64_t>(v)}; }
  [[nodiscard]] static kernel_argument of(std::int64_t v) noexcept { return {static_cast<std::uint64_t>(v)}; }
};

/// A kernel in words, compiled to a program. Every lane runs the body once.
class kernel {
 public:
  /// The kernel language: `kernel saxpy(a: f32, x: buffer<f32>, y: buffer<f32>, n: u64) { ... }`.
  /// Throws: `fault` (InvalidProgram) with line and column.
  [[nodiscard]] static kernel compile(std::string_view text, std::string file = "kernel");
  /// The kernel JSON, version 1.0. Throws: `fault` (InvalidProgram) with the JSON pointer.
  [[nodiscard]] static kernel compile_json(std::string text, std::string file = "kernel");

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] std::span<const kernel_parameter> parameters() const noexcept { return parameters_; }
  [[nodiscard]] const lanes::program& code() const noexcept { return program_; }
  /// The initial registers for these arguments. Throws: `fault` (InvalidArgument) when their number is wrong.
  [[nodiscard]] std::vector<initial_register> bind(std::span<const kernel_argument> arguments) const;
  /// Runs ceil(n / block) blocks of `block` lanes: the lanes beyond n are the kernel's to hold back.
  launch_result run(executor& ex, std::span<const kernel_argument> arguments, std::uint64_t n,
                    std::uint32_t block = 256) const;

 private:
  friend struct kernel_maker;
  std::string name_;
  std::vector<kernel_parameter> parameters_;
  lanes::program program_;
};

/// Builds kernels from syntax trees.
struct kernel_maker;

}  // namespace twill::lanes
