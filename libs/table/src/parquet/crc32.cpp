// SPDX-License-Identifier: Apache-2.0
#include "parquet/crc32.hpp"

#include "parquet/load.hpp"

#include <array>

namespace twill::table::detail::pq {

namespace {

/// Eight tables: entry [k][b] is the checksum of byte b followed by k zero bytes, so eight bytes go in one
/// step.
constexpr auto tables = [] {
  std::array<std::array<std::uint32_t, 256>, 8> t{};
  for (std::uint32_t b = 0; b < 256; ++b) {
    std::uint32_t c = b;
    for (int bit = 0; bit < 8; ++bit) c = (c >> 1) ^ ((c & 1) != 0 ? 0xEDB88320U : 0U);
    t[0][b] = c;
  }
  for (std::size_t k = 1; k < 8; ++k) {
    for (std::size_t b = 0; b < 256; ++b) t[k][b] = (t[k - 1][b] >> 8) ^ t[0][t[k - 1][b] & 0xFF];
  }
  return t;
}();

}  // namespace

std::uint32_t crc32(bytes data) noexcept {
  std::uint32_t sum = 0xFFFFFFFFU;
  std::size_t i = 0;
  for (; i + 8 <= data.size(); i += 8) {
    const std::uint64_t word = load<std::uint64_t>(data.data() + i) ^ sum;
    std::uint32_t next = 0;
    for (unsigned k = 0; k < 8; ++k) next ^= tables[7 - k][(word >> (8 * k)) & 0xFF];
    sum = next;
  }
  for (; i < data.size(); ++i)
    sum = (sum >> 8) ^ tables[0][(sum ^ static_cast<std::uint32_t>(data[i])) & 0xFF];
  return ~sum;
}

}  // namespace twill::table::detail::pq
