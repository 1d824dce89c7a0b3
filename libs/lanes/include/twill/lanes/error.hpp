// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/error.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace twill::lanes {

/// Why a program, a launch or an operation is refused. Messages, JSON and case files spell them as
/// `BufferOutOfBounds`.
enum class errc {
  invalid_buffer_handle = 1,        ///< freed or never issued
  invalid_pool_handle,              ///< freed, never issued, or of another block
  buffer_out_of_bounds,             ///< an access leaves its buffer
  pool_out_of_bounds,               ///< an access leaves its pool
  shared_out_of_bounds,             ///< an access leaves the block's shared memory
  address_underflow,                ///< below the first byte
  invalid_address,                  ///< an address mode that the instruction does not have
  invalid_register,                 ///< above r255
  invalid_predicate,                ///< above p15
  type_mismatch,                    ///< a register is read as another type than it was written
  uninitialized_register,           ///< a register is read that nothing wrote
  uninitialized_predicate,          ///< a predicate is read that nothing wrote
  division_by_zero,                 ///< an integer division
  duplicate_label,                  ///< a label is bound twice
  undefined_label,                  ///< a jump to a label that nothing binds
  invalid_label_target,             ///< a label beyond the end
  invalid_program,                  ///< a text, JSON or binary form that is none
  call_stack_overflow,              ///< calls deeper than the launch allows
  call_stack_underflow,             ///< RET without CALL
  invalid_class_index,              ///< a class above 95
  invalid_boundary_coordinates,     ///< class above 95 or page above 47
  step_limit_exceeded,              ///< a lane runs too long
  barrier_divergence,               ///< the lanes of a block wait at different barriers
  unsupported_operation,            ///< the instruction has no such type
  invalid_launch_config,            ///< dimensions or registers that cannot be launched
  shared_memory_allocation_failed,  ///< more shared memory than the executor allows
  buffer_too_small,                 ///< an operand of the operations library is too short
  invalid_argument,                 ///< any other argument that makes no sense
  out_of_memory,                    ///< a limit on memory, or the machine's
  time_limit_exceeded               ///< the launch ran longer than it may
};

/// The category `twill.lanes`.
[[nodiscard]] const category& lanes_category() noexcept;
/// The code as one of the category `twill.lanes`.
[[nodiscard]] std::error_code make_error_code(errc code) noexcept;
/// "BufferOutOfBounds", ...
[[nodiscard]] std::string_view name_of(errc code) noexcept;
/// The names of the numbers that `fault_info::numbers` holds for this kind, in order: "offset", "size", ...
[[nodiscard]] std::span<const std::string_view> field_names(errc code) noexcept;

/// Which lane faulted where.
struct coordinates {
  std::uint64_t block = 0;  ///< linear index in the grid
  std::uint64_t lane = 0;   ///< linear index in the block
  std::uint64_t pc = 0;     ///< index of the instruction
  friend bool operator==(const coordinates&, const coordinates&) = default;
};

/// All that is known about a fault, as numbers and names rather than words.
struct fault_info {
  errc code{};  ///< what kind
  /// In the order of `field_names(code)`; types and signed offsets as their numeric value.
  std::array<std::uint64_t, 3> numbers{};
  std::string name{};                 ///< a label, an operation, a type where the kind has one
  std::string text{};                 ///< a sentence where the kind has one
  std::optional<std::uint64_t> pc{};  ///< the instruction, when the program itself is at fault
  std::optional<coordinates> at{};    ///< the lane, when one was running
  twill::location where{};            ///< in a text or a JSON file

  friend bool operator==(const fault_info&, const fault_info&) = default;
};

/// A fault in one line: `UninitializedRegister{reg 2} at block 0, lane 2, pc 5`.
[[nodiscard]] std::string to_string(const fault_info& info);

/// What every function of this part throws.
class fault : public twill::error {
 public:
  /// A fault of which all of this is known.
  explicit fault(fault_info info);
  /// A fault whose kind says all.
  fault(errc code, std::string text) : fault(fault_info{.code = code, .text = std::move(text)}) {}

  [[nodiscard]] errc kind() const noexcept { return info_->code; }
  [[nodiscard]] const fault_info& info() const noexcept { return *info_; }

 private:
  std::shared_ptr<const fault_info> info_;
};

}  // namespace twill::lanes

template <>
struct std::is_error_code_enum<twill::lanes::errc> : std::true_type {};
