// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "parquet/context.hpp"
#include "twill/table/buffer.hpp"

#include <memory>
#include <string>

namespace twill::table::detail::pq {

/// Bytes by position: a block of memory, or a file of which one window is held at a time.
class byte_source {
 public:
  byte_source() = default;
  byte_source(byte_source&&) = delete;
  byte_source& operator=(byte_source&&) = delete;
  virtual ~byte_source() = default;

  [[nodiscard]] virtual std::uint64_t size() const noexcept = 0;
  /// Requires: the range lies within `size()`. The view is valid until the next call.
  [[nodiscard]] virtual bytes view(std::uint64_t offset, std::size_t count) = 0;
};

[[nodiscard]] std::unique_ptr<byte_source> open_memory(bytes content);
/// Throws: `twill::error` when the path is not a readable regular file.
[[nodiscard]] std::unique_ptr<byte_source> open_file(const std::string& path);

}  // namespace twill::table::detail::pq
