// SPDX-License-Identifier: Apache-2.0
#include "twill/lanes/cache.hpp"

#include <utility>

namespace twill::lanes {

program_key program_key::one_buffer(std::string op, std::uint64_t a, std::uint64_t n) {
  return {std::move(op), {a, n}};
}
program_key program_key::two_buffers(std::string op, std::uint64_t a, std::uint64_t b, std::uint64_t n) {
  return {std::move(op), {a, b, n}};
}
program_key program_key::three_buffers(std::string op, std::uint64_t a, std::uint64_t b, std::uint64_t c,
                                       std::uint64_t n) {
  return {std::move(op), {a, b, c, n}};
}

std::shared_ptr<const program> program_cache::get_or_create(const program_key& key,
                                                            const std::function<program()>& make) {
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = programs_.find(key); found != programs_.end()) return found->second;
  }
  auto made = std::make_shared<const program>(make());
  const std::lock_guard lock(mutex_);
  return programs_.try_emplace(key, std::move(made)).first->second;
}

std::size_t program_cache::len() const {
  const std::lock_guard lock(mutex_);
  return programs_.size();
}

void program_cache::clear() {
  const std::lock_guard lock(mutex_);
  programs_.clear();
}

}  // namespace twill::lanes
