// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace twill::table {

/// The bytes of a file, mapped where it is a regular file so that only what is looked at takes memory.
class file_bytes {
 public:
  /// Throws: twill::error (`cannot_read`).
  explicit file_bytes(const std::string& path);
  file_bytes(const file_bytes&) = delete;
  file_bytes& operator=(const file_bytes&) = delete;
  ~file_bytes();

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::string_view text() const noexcept { return {data_, size_}; }
  [[nodiscard]] std::span<const std::byte> bytes() const noexcept {
    return std::as_bytes(std::span<const char>(data_, size_));
  }

 private:
  const char* data_ = "";
  std::size_t size_ = 0;
  void* mapping_ = nullptr;
  std::string content_;  // of what cannot be mapped: pipes, /proc
};

}  // namespace twill::table
