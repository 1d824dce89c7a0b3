// SPDX-License-Identifier: Apache-2.0
#include "twill/table/findings.hpp"
#include "twill/table/parquet.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <string>

namespace twill::table {
namespace {

column_table sound_table() {
  column_table t("small");
  t.add(table_column("id", buffer<std::int32_t>{1, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}));
  t.add(table_column("value", buffer<double>(14, 2.5),
                     buffer<std::uint8_t>{1, 0, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 1, 1}));
  t.add(table_column(
      "name", string_array{"a", "b", "a", "b", "a", "b", "a", "b", "a", "b", "a", "b", "a", "long text"}));
  return t;
}

std::span<const std::byte> view(const buffer<std::byte>& b) { return {b.data(), b.size()}; }

/// "" when read, else the error; anything but a twill::error fails the test by leaving it.
std::string outcome(std::span<const std::byte> bytes) {
  try {
    static_cast<void>(read_parquet(bytes, "hostile", {.memory_limit = std::size_t{64} << 20}));
    return "";
  } catch (const error& e) {
    return e.what();
  }
}

TEST(parquet_hostile, truncation_at_every_byte_is_an_error) {
  for (const auto codec :
       {parquet_codec::none, parquet_codec::snappy, parquet_codec::gzip, parquet_codec::zstd}) {
    for (const int version : {1, 2}) {
      const buffer<std::byte> file = encode_parquet(sound_table(), {.codec = codec, .page_version = version});
      ASSERT_EQ(outcome(view(file)), "");
      for (std::size_t size = 0; size < file.size(); ++size) {
        EXPECT_NE(outcome(view(file).first(size)), "")
            << "the first " << size << " of " << file.size() << " bytes";
      }
    }
  }
}

TEST(parquet_hostile, truncation_within_the_data_with_a_sound_footer_is_an_error) {
  const buffer<std::byte> file = encode_parquet(sound_table(), {.codec = parquet_codec::none});
  std::uint32_t length = 0;
  std::memcpy(&length, file.data() + file.size() - 8, 4);
  const std::size_t body = file.size() - 8 - length;
  for (std::size_t cut = 1; cut < body - 4; ++cut) {
    buffer<std::byte> shorter(view(file).first(body - cut));
    shorter.append(view(file).subspan(body));
    EXPECT_NE(outcome(view(shorter)), "") << cut << " bytes of data missing";
  }
}

TEST(parquet_hostile, flipped_bits_give_a_table_or_an_error) {
  for (const auto codec :
       {parquet_codec::none, parquet_codec::snappy, parquet_codec::gzip, parquet_codec::zstd}) {
    buffer<std::byte> file = encode_parquet(sound_table(), {.codec = codec});
    std::size_t refused = 0;
    for (std::size_t i = 0; i < file.size(); ++i) {
      for (unsigned bit = 0; bit < 8; ++bit) {
        file[i] ^= static_cast<std::byte>(1U << bit);
        refused += outcome(view(file)).empty() ? 0U : 1U;
        file[i] ^= static_cast<std::byte>(1U << bit);
      }
    }
    EXPECT_GT(refused, file.size());
    EXPECT_EQ(outcome(view(file)), "");
  }
}

TEST(parquet_hostile, checksums_find_every_flipped_bit_of_the_data) {
  buffer<std::byte> file =
      encode_parquet(sound_table(), {.codec = parquet_codec::none, .statistics = false, .checksums = true});
  const column_table sound = read_parquet(view(file), "t");
  std::uint32_t length = 0;
  std::memcpy(&length, file.data() + file.size() - 8, 4);
  for (std::size_t i = 4; i < file.size() - 8 - length; ++i) {
    file[i] ^= std::byte{0x10};
    column_table read;
    try {
      read = read_parquet(view(file), "t");
    } catch (const error&) {
      read = sound;  // refused: as good as unharmed
    }
    EXPECT_EQ(read, sound) << "byte " << i;
    file[i] ^= std::byte{0x10};
  }
}

}  // namespace
}  // namespace twill::table
