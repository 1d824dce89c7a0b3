// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace twill::table::detail::pq {

using bytes = std::span<const std::byte>;

/// The place a decoder works at; every refusal names as much of it as is known.
struct context {
  std::string file{};
  std::string column{};
  std::optional<std::size_t> row_group{};
  std::optional<std::size_t> page{};
  std::uint64_t offset = 0;  ///< of the structure being read, from the start of the file

  /// The file contradicts itself or the format.
  [[noreturn]] void corrupt(std::string_view what, std::string found = {}, std::string expected = {},
                            std::string hint = {}) const;
  /// The file may be right, but this reader cannot take it.
  [[noreturn]] void unsupported(std::string_view what, std::string found = {}, std::string expected = {},
                                std::string hint = {}) const;
  /// Reading on would take more memory than is allowed.
  [[noreturn]] void too_large(std::string_view what, std::string found = {}, std::string expected = {},
                              std::string hint = {}) const;
};

}  // namespace twill::table::detail::pq
