// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/program.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace twill::lanes {

/// What a cached program was made for.
struct program_key {
  std::string op{};                     ///< which program
  std::vector<std::uint64_t> values{};  ///< what it was made with
  friend auto operator<=>(const program_key&, const program_key&) = default;

  /// Keys of programs over one, two or three buffers.
  [[nodiscard]] static program_key one_buffer(std::string op, std::uint64_t a, std::uint64_t n);
  [[nodiscard]] static program_key two_buffers(std::string op, std::uint64_t a, std::uint64_t b,
                                               std::uint64_t n);
  [[nodiscard]] static program_key three_buffers(std::string op, std::uint64_t a, std::uint64_t b,
                                                 std::uint64_t c, std::uint64_t n);
};

/// Programs by what they were made for. Thread safety: any member from any thread; `make` runs unlocked, and
/// where two threads make the same program the first one in is kept by both.
class program_cache {
 public:
  [[nodiscard]] std::shared_ptr<const program> get_or_create(const program_key& key,
                                                             const std::function<program()>& make);
  [[nodiscard]] std::size_t len() const;
  void clear();

 private:
  mutable std::mutex mutex_;
  std::map<program_key, std::shared_ptr<const program>> programs_;
};

}  // namespace twill::lanes
