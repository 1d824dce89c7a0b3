// SPDX-License-Identifier: Apache-2.0
#include "twill/lanes/program.hpp"

#include "exec/prepared_slot.hpp"

#include <utility>

namespace twill::lanes {

program::program() : prepared_(std::make_shared<detail::prepared_slot>()) {}
program::program(std::vector<instruction> code) : program() { code_ = std::move(code); }
program::program(const program& other) = default;
program::program(program&& other) noexcept = default;
program& program::operator=(const program& other) = default;
program& program::operator=(program&& other) noexcept = default;
program::~program() = default;

// Copies share the slot as long as they are equal: the first change parts them.
void program::changed() {
  if (prepared_) {
    const std::lock_guard lock(prepared_->mutex);
    if (prepared_->forms.empty() && prepared_.use_count() == 1) return;
  }
  prepared_ = std::make_shared<detail::prepared_slot>();
}

program& program::push(instruction i) {
  changed();
  code_.push_back(std::move(i));
  return *this;
}

program& program::extend(std::span<const instruction> more) {
  changed();
  code_.insert(code_.end(), more.begin(), more.end());
  return *this;
}

program& program::replace_last(instruction i) {
  changed();
  code_.back() = std::move(i);
  return *this;
}

program& program::add_label(std::string name) { return add_label(std::move(name), code_.size()); }

program& program::add_label(std::string name, std::size_t index) {
  const auto found = labels_.find(name);
  if (found != labels_.end()) {
    throw fault({.code = errc::duplicate_label, .numbers = {found->second}, .name = std::move(name)});
  }
  changed();
  labels_.emplace(std::move(name), index);
  return *this;
}

std::optional<std::size_t> program::resolve_label(std::string_view name) const {
  const auto found = labels_.find(name);
  if (found == labels_.end()) return std::nullopt;
  return found->second;
}

}  // namespace twill::lanes
