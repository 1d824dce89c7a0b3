// SPDX-License-Identifier: Apache-2.0
#include "twill/base/checksum.hpp"

#include "crc32c.hpp"
#include "twill/base/cpu.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace twill {
namespace {

// Row r holds the register after a byte and r zero bytes: eight rows take eight bytes at once (M. E.
// Kounavis, F. L. Berry, "A systematic approach to building high performance software-based CRC generators",
// 2005).
constexpr auto crc_rows = [] {
  std::array<std::array<std::uint32_t, 256>, 8> rows{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t state = byte;
    for (int bit = 0; bit < 8; ++bit) state = state >> 1U ^ ((state & 1U) != 0 ? 0x82f6'3b78U : 0U);
    rows[0][byte] = state;
  }
  for (std::size_t r = 1; r < rows.size(); ++r) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = rows[r - 1][byte];
      rows[r][byte] = before >> 8U ^ rows[0][before & 0xffU];
    }
  }
  return rows;
}();

std::uint32_t byte_at(std::span<const std::byte> data, std::size_t i) noexcept {
  return std::to_integer<std::uint32_t>(data[i]);
}

constexpr std::array<std::uint32_t, 64> sha_constants{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

}  // namespace

std::uint32_t detail::crc32c_by_table(std::uint32_t state, std::span<const std::byte> data) noexcept {
  std::size_t i = 0;
  for (; i + 8 <= data.size(); i += 8) {
    std::uint32_t next = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      next ^= crc_rows[7 - k][(state >> (8 * k) & 0xffU) ^ byte_at(data, i + k)];
      next ^= crc_rows[3 - k][byte_at(data, i + 4 + k)];
    }
    state = next;
  }
  for (; i < data.size(); ++i) state = state >> 8U ^ crc_rows[0][(state & 0xffU) ^ byte_at(data, i)];
  return state;
}

#if defined(__x86_64__)
[[gnu::target("sse4.2")]] std::uint32_t detail::crc32c_by_instruction(
    std::uint32_t state, std::span<const std::byte> data) noexcept {
  const std::byte* from = data.data();
  std::size_t left = data.size();
  std::uint64_t wide = state;
  for (; left >= 8; left -= 8, from += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, from, sizeof word);
    wide = _mm_crc32_u64(wide, word);
  }
  state = static_cast<std::uint32_t>(wide);
  for (; left > 0; --left, ++from) state = _mm_crc32_u8(state, std::to_integer<unsigned char>(*from));
  return state;
}
#else
std::uint32_t detail::crc32c_by_instruction(std::uint32_t state, std::span<const std::byte> data) noexcept {
  return crc32c_by_table(state, data);
}
#endif

std::uint32_t crc32c(std::span<const std::byte> data, std::uint32_t previous) noexcept {
  auto* const version = this_cpu().sse42 ? detail::crc32c_by_instruction : detail::crc32c_by_table;
  return ~version(~previous, data);
}

std::uint32_t crc32c(std::string_view data, std::uint32_t previous) noexcept {
  return crc32c(std::as_bytes(std::span(data)), previous);
}

void sha256::compress(const std::byte* block) noexcept {
  std::array<std::uint32_t, 64> w{};
  for (std::size_t i = 0; i < 16; ++i) {
    for (std::size_t k = 0; k < 4; ++k) w[i] = w[i] << 8U | std::to_integer<std::uint32_t>(block[4 * i + k]);
  }
  for (std::size_t i = 16; i < 64; ++i) {
    const std::uint32_t s0 = std::rotr(w[i - 15], 7) ^ std::rotr(w[i - 15], 18) ^ w[i - 15] >> 3U;
    const std::uint32_t s1 = std::rotr(w[i - 2], 17) ^ std::rotr(w[i - 2], 19) ^ w[i - 2] >> 10U;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  auto [a, b, c, d, e, f, g, h] = state_;
  for (std::size_t i = 0; i < 64; ++i) {
    const std::uint32_t s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
    const std::uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + sha_constants[i] + w[i];
    const std::uint32_t s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
    const std::uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  const std::array<std::uint32_t, 8> added{a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < added.size(); ++i) state_[i] += added[i];
}

sha256& sha256::update(std::span<const std::byte> data) noexcept {
  const std::size_t waiting = length_ % block_.size();
  length_ += data.size();
  if (waiting != 0) {
    const std::size_t taken = std::min(block_.size() - waiting, data.size());
    std::ranges::copy(data.first(taken), block_.begin() + static_cast<std::ptrdiff_t>(waiting));
    data = data.subspan(taken);
    if (waiting + taken < block_.size()) return *this;
    compress(block_.data());
  }
  for (; data.size() >= block_.size(); data = data.subspan(block_.size())) compress(data.data());
  std::ranges::copy(data, block_.begin());
  return *this;
}

sha256& sha256::update(std::string_view data) noexcept { return update(std::as_bytes(std::span(data))); }

sha256::digest sha256::value() const noexcept {
  sha256 last = *this;
  const std::uint64_t bits = length_ * 8;
  const std::size_t waiting = length_ % block_.size();
  // A one bit, zeros up to 8 bytes before the end of a block, the length in bits with its highest byte first.
  std::array<std::byte, 72> padding{std::byte{0x80}};
  const std::size_t zeros_end = (waiting < 56 ? 56 : 120) - waiting;
  for (std::size_t i = 0; i < 8; ++i)
    padding[zeros_end + i] = static_cast<std::byte>(bits >> (56 - 8 * i) & 0xffU);
  last.update(std::span(padding).first(zeros_end + 8));
  digest result{};
  for (std::size_t i = 0; i < result.size(); ++i) {
    result[i] = static_cast<std::byte>(last.state_[i / 4] >> (24 - 8 * (i % 4)) & 0xffU);
  }
  return result;
}

sha256::digest sha256_of(std::span<const std::byte> data) noexcept { return sha256{}.update(data).value(); }

sha256::digest sha256_of(std::string_view data) noexcept { return sha256{}.update(data).value(); }

std::string to_hex(std::span<const std::byte> data) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(2 * data.size());
  for (const std::byte b : data) {
    text += digits[std::to_integer<std::size_t>(b >> 4U)];
    text += digits[std::to_integer<std::size_t>(b & std::byte{0xf})];
  }
  return text;
}

}  // namespace twill
