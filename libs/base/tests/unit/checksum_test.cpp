// SPDX-License-Identifier: Apache-2.0
#include "twill/base/checksum.hpp"

#include "crc32c.hpp"
#include "twill/base/cpu.hpp"
#include "twill/base/philox.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace twill {
namespace {

std::string random_bytes(std::size_t n, int key) {
  const philox stream(philox_key{key});
  std::string text(n, '\0');
  for (std::size_t i = 0; i < n; ++i) text[i] = static_cast<char>(stream.bounded(i, 256));
  return text;
}

TEST(crc32c, gives_the_published_answers) {
  EXPECT_EQ(crc32c(""), 0U);
  EXPECT_EQ(crc32c("123456789"), 0xe3069283U);
  // RFC 3720, appendix B.4.
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8a9136aaU);
  EXPECT_EQ(crc32c(std::string(32, '\xff')), 0x62a8ab43U);
  std::string rising(32, '\0');
  std::string falling(32, '\0');
  for (std::size_t i = 0; i < 32; ++i) {
    rising[i] = static_cast<char>(i);
    falling[i] = static_cast<char>(31 - i);
  }
  EXPECT_EQ(crc32c(rising), 0x46dd794eU);
  EXPECT_EQ(crc32c(falling), 0x113fdb5cU);
}

TEST(crc32c, table_and_instruction_agree_at_every_length_and_offset) {
  const std::string text = random_bytes(600, 1);
  const auto bytes = std::as_bytes(std::span(text));
  for (std::size_t offset = 0; offset < 9; ++offset) {
    for (std::size_t n = 0; n < 200; ++n) {
      const auto piece = bytes.subspan(offset, n);
      const std::uint32_t expected = detail::crc32c_by_table(~0U, piece);
      EXPECT_EQ(crc32c(piece), ~expected);
      if (this_cpu().sse42) {
        EXPECT_EQ(detail::crc32c_by_instruction(~0U, piece), expected);
      }
      std::uint32_t bitwise = ~0U;  // the definition
      for (const std::byte b : piece) {
        bitwise ^= std::to_integer<std::uint32_t>(b);
        for (int k = 0; k < 8; ++k) bitwise = bitwise >> 1U ^ ((bitwise & 1U) != 0 ? 0x82f63b78U : 0U);
      }
      EXPECT_EQ(expected, bitwise);
    }
  }
}

TEST(crc32c, continues_from_piece_to_piece) {
  const std::string text = random_bytes(1000, 2);
  for (std::size_t cut = 0; cut <= text.size(); cut += 7) {
    const std::string_view view(text);
    EXPECT_EQ(crc32c(view.substr(cut), crc32c(view.substr(0, cut))), crc32c(view));
  }
}

TEST(sha256, gives_the_published_answers) {
  EXPECT_EQ(to_hex(sha256_of("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256_of("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(to_hex(sha256_of(
                "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrl"
                "mnopqrsmnopqrstnopqrstu")),
            "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1");
  EXPECT_EQ(to_hex(sha256_of(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(sha256, is_the_same_in_any_pieces_and_at_every_length) {
  const std::string text = random_bytes(300, 3);
  for (std::size_t n = 0; n <= text.size(); ++n) {
    const std::string_view view = std::string_view(text).substr(0, n);
    const sha256::digest expected = sha256_of(view);
    for (const std::size_t step : {1U, 3U, 63U, 64U, 65U}) {
      sha256 hash;
      for (std::size_t at = 0; at < n; at += step) hash.update(view.substr(at, step));
      EXPECT_EQ(hash.value(), expected) << n << ' ' << step;
    }
  }
}

TEST(sha256, may_go_on_after_a_value_was_taken) {
  sha256 hash;
  hash.update("ab");
  EXPECT_EQ(hash.value(), sha256_of("ab"));
  hash.update("c");
  EXPECT_EQ(hash.value(), sha256_of("abc"));
}

}  // namespace
}  // namespace twill
