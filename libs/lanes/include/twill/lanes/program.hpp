// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/error.hpp"
#include "twill/lanes/instruction.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace twill::lanes {

namespace detail {
struct prepared_slot;
}

/// Instructions and the labels that name places among them.
///
/// Thread safety: as a standard container's; a program that nobody changes may be launched from any thread.
class program {
 public:
  program();
  explicit program(std::vector<instruction> code);
  program(const program& other);
  program(program&&) noexcept;
  program& operator=(const program& other);
  program& operator=(program&&) noexcept;
  ~program();

  [[nodiscard]] std::span<const instruction> code() const noexcept { return code_; }
  [[nodiscard]] const std::map<std::string, std::size_t, std::less<>>& labels() const noexcept {
    return labels_;
  }
  [[nodiscard]] std::size_t len() const noexcept { return code_.size(); }
  [[nodiscard]] bool empty() const noexcept { return code_.empty(); }

  /// Appends an instruction.
  program& push(instruction i);
  program& extend(std::span<const instruction> more);
  /// Requires: the program is not empty.
  program& replace_last(instruction i);
  /// Names the next instruction that will be pushed. Throws: `fault` (DuplicateLabel).
  program& add_label(std::string name);
  /// Names any place; `validate` tells when it is beyond the end. Throws: `fault` (DuplicateLabel).
  program& add_label(std::string name, std::size_t index);
  [[nodiscard]] std::optional<std::size_t> resolve_label(std::string_view name) const;
  [[nodiscard]] bool has_label(std::string_view name) const { return labels_.contains(name); }

  /// Throws: `fault` with the first mistake: labels in the order of their names, then instructions in order.
  void validate() const;

  /// The text form, one instruction a line; `parse_text` gives the same program back.
  [[nodiscard]] std::string to_text() const;
  /// The form `twill.lanes.program/1`.
  [[nodiscard]] std::string to_json() const;
  /// Bytes with a magic number, a version, a length and a checksum.
  [[nodiscard]] std::vector<std::byte> to_bytes() const;
  /// Throws: twill::error when the file cannot be written.
  void save(const std::string& path) const;

  /// Each throws `fault` (InvalidProgram) with the place when the input is not a program.
  [[nodiscard]] static program parse_text(std::string_view text, std::string name = "program");
  [[nodiscard]] static program parse_json(std::string text, std::string name = "program");
  [[nodiscard]] static program from_bytes(std::span<const std::byte> bytes);
  /// Reads the bytes that `save` wrote.
  [[nodiscard]] static program load(const std::string& path);

  friend bool operator==(const program& a, const program& b) {
    return a.code_ == b.code_ && a.labels_ == b.labels_;
  }

  /// For the executor: what it keeps of a program it ran; empty in one that was moved from.
  [[nodiscard]] const std::shared_ptr<detail::prepared_slot>& prepared() const noexcept { return prepared_; }

 private:
  void changed();

  std::vector<instruction> code_;
  std::map<std::string, std::size_t, std::less<>> labels_;
  std::shared_ptr<detail::prepared_slot> prepared_;
};

}  // namespace twill::lanes
