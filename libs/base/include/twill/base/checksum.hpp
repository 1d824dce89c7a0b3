// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace twill {

/// CRC-32C (Castagnoli polynomial, reflected; RFC 3720, appendix B.4), for finding damage, not for security.
///
/// `previous` continues the checksum of the bytes before: crc32c(b, crc32c(a)) is that of a followed by b.
[[nodiscard]] std::uint32_t crc32c(std::span<const std::byte> data, std::uint32_t previous = 0) noexcept;
[[nodiscard]] std::uint32_t crc32c(std::string_view data, std::uint32_t previous = 0) noexcept;

/// SHA-256 (FIPS 180-4), taken in pieces.
class sha256 {
 public:
  using digest = std::array<std::byte, 32>;

  sha256& update(std::span<const std::byte> data) noexcept;
  sha256& update(std::string_view data) noexcept;
  /// The digest of all bytes so far; more may follow.
  [[nodiscard]] digest value() const noexcept;

 private:
  void compress(const std::byte* block) noexcept;

  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, 64> block_{};
  std::uint64_t length_ = 0;  // bytes so far; length_ % 64 of them wait in block_
};

[[nodiscard]] sha256::digest sha256_of(std::span<const std::byte> data) noexcept;
[[nodiscard]] sha256::digest sha256_of(std::string_view data) noexcept;

/// Two lower-case hexadecimal digits a byte.
[[nodiscard]] std::string to_hex(std::span<const std::byte> data);

}  // namespace twill
