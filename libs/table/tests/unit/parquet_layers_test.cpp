// SPDX-License-Identifier: Apache-2.0
#include "parquet/convert.hpp"
#include "parquet/crc32.hpp"
#include "parquet/delta.hpp"
#include "parquet/rle.hpp"
#include "parquet/snappy.hpp"
#include "parquet/thrift.hpp"
#include "parquet/values.hpp"
#include "twill/table/findings.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

namespace twill::table::detail::pq {
namespace {

bytes view(const std::string& text) { return std::as_bytes(std::span(text.data(), text.size())); }

template <class F>
std::string refusal(F&& f) {
  try {
    f();
  } catch (const error& e) {
    return e.details().what;
  }
  return "accepted";
}

TEST(parquet_rle, reads_the_example_of_the_format) {
  // 0 to 7 in three bits each: the packing that the format's document shows.
  const std::string packed = "\x03\x88\xC6\xFA";
  std::uint32_t out[8] = {};
  const context at;
  hybrid_decoder(view(packed), 3, at).decode(out, 8);
  EXPECT_EQ(std::vector<std::uint32_t>(out, out + 8), (std::vector<std::uint32_t>{0, 1, 2, 3, 4, 5, 6, 7}));
  std::string written;
  encode_hybrid(out, 8, 3, written);
  EXPECT_EQ(written, packed);
}

TEST(parquet_rle, long_repeats_become_runs) {
  const std::vector<std::uint32_t> same(1000, 5);
  std::string out;
  encode_hybrid(same.data(), same.size(), 3, out);
  EXPECT_EQ(out, std::string("\xD0\x0F\x05"));
}

TEST(parquet_rle, values_come_back_however_they_are_asked_for) {
  const context at;
  for (unsigned width = 0; width <= 32; ++width) {
    std::vector<std::uint32_t> values;
    std::uint64_t x = 88172645463325252U;
    for (int i = 0; i < 500; ++i) {
      x ^= x << 13, x ^= x >> 7, x ^= x << 17;
      const auto v = static_cast<std::uint32_t>(x & ((std::uint64_t{1} << width) - 1));
      values.insert(values.end(), i % 7 == 0 ? 20 : 1, v);
    }
    std::string out;
    encode_hybrid(values.data(), values.size(), width, out);
    for (const std::size_t step : {std::size_t{1}, std::size_t{3}, std::size_t{13}, values.size()}) {
      hybrid_decoder in(view(out), width, at);
      std::vector<std::uint32_t> read(values.size());
      for (std::size_t i = 0; i < read.size(); i += step)
        in.decode(read.data() + i, std::min(step, read.size() - i));
      EXPECT_EQ(read, values) << "width " << width << ", step " << step;
    }
  }
}

TEST(parquet_delta, reads_the_examples_of_the_format) {
  const context at;
  // 1 to 5: first value 1, differences of 1, so widths of 0.
  const std::string rising("\x80\x01\x04\x05\x02\x02\x00\x00\x00\x00", 10);
  std::uint64_t out[5] = {};
  EXPECT_EQ(decode_delta(view(rising), 5, out, at), 10U);
  EXPECT_EQ(std::vector<std::uint64_t>(out, out + 5), (std::vector<std::uint64_t>{1, 2, 3, 4, 5}));
  // 7, 5, 3, 1, 2, 3, 4, 5: least difference -2, two bits a difference.
  const std::string falling =
      std::string("\x80\x01\x04\x08\x0E\x03\x02\x00\x00\x00\xC0\x3F", 12) + std::string(6, '\0');
  std::uint64_t eight[8] = {};
  EXPECT_EQ(decode_delta(view(falling), 8, eight, at), 18U);
  EXPECT_EQ(std::vector<std::uint64_t>(eight, eight + 8),
            (std::vector<std::uint64_t>{7, 5, 3, 1, 2, 3, 4, 5}));
}

TEST(parquet_delta, texts_share_prefixes) {
  const context at;
  // Prefix lengths 0, 5 and suffix lengths 5, 2: the deltas are 5 and -3.
  const std::string prefixes("\x80\x01\x04\x02\x00\x0A\x00\x00\x00\x00", 10);
  const std::string lengths("\x80\x01\x04\x02\x0A\x05\x00\x00\x00\x00", 10);
  const std::string data = prefixes + lengths + "hello" + "ly";
  std::vector<std::string_view> out;
  std::string store;
  decode_delta_bytes(view(data), 2, out, store, 1000, at);
  EXPECT_EQ(out, (std::vector<std::string_view>{"hello", "helloly"}));
  EXPECT_EQ(refusal([&] { decode_delta_bytes(view(data), 2, out, store, 8, at); }),
            "byte 0: texts of one page expand beyond the memory limit");
  EXPECT_EQ(refusal([&] { decode_delta_bytes(view(data.substr(0, 24)), 2, out, store, 1000, at); }),
            "byte 0: text is longer than its page");
}

TEST(parquet_snappy, what_is_compressed_comes_back) {
  const context at;
  std::string text;
  for (int i = 0; i < 40000; ++i)
    text += "row " + std::to_string(i * i % 1013) + (i % 5 == 0 ? std::string(30, 'z') : "");
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{61}, std::size_t{65536}, text.size()}) {
    std::string packed;
    snappy_compress(view(text.substr(0, size)), packed);
    std::string out(size, '?');
    snappy_decompress(view(packed), std::as_writable_bytes(std::span(out.data(), out.size())), at);
    EXPECT_EQ(out, text.substr(0, size));
  }
  std::string packed;
  snappy_compress(view(text), packed);
  EXPECT_LT(packed.size(), text.size() / 2);
}

TEST(parquet_snappy, overlapping_copies_repeat) {
  const context at;
  // Length 10, literal "ab", copy of 8 from two bytes back.
  const std::string packed(
      "\x0A\x04"
      "ab"
      "\x11\x02",
      6);
  std::string out(10, '?');
  snappy_decompress(view(packed), std::as_writable_bytes(std::span(out.data(), out.size())), at);
  EXPECT_EQ(out, "ababababab");
}

TEST(parquet_crc32, gives_the_check_value_of_the_standard) {
  EXPECT_EQ(crc32(view("123456789")), 0xCBF43926U);
  EXPECT_EQ(crc32(view("")), 0U);
}

TEST(parquet_convert, decimals_keep_their_sign_and_refuse_more_than_64_bits) {
  const context at;
  EXPECT_EQ(from_decimal(std::string("\x00\x7B", 2), at), 123);
  EXPECT_EQ(from_decimal("\xFF\x85", at), -123);
  EXPECT_EQ(from_decimal(std::string(16, '\xFF'), at), -1);
  EXPECT_EQ(from_decimal(std::string(8, '\0') + std::string("\x7F") + std::string(7, '\xFF'), at),
            9223372036854775807);
  EXPECT_EQ(
      refusal([&] { static_cast<void>(from_decimal(std::string(8, '\0') + std::string(8, '\xFF'), at)); }),
      "byte 0: decimal does not fit into 64 bits");
}

TEST(parquet_convert, int96_counts_from_1970) {
  const context at;
  const std::string epoch = std::string(8, '\0') + std::string("\x8C\x3D\x25\x00", 4);
  EXPECT_EQ(from_int96(epoch, at), 0);
  const std::string day_before = std::string("\x01\0\0\0\0\0\0\0", 8) + std::string("\x8B\x3D\x25\x00", 4);
  EXPECT_EQ(from_int96(day_before, at), 1 - 86'400'000'000'000);
  EXPECT_EQ(refusal([&] { static_cast<void>(from_int96(std::string(12, '\0'), at)); }),
            "byte 0: INT96 timestamp is outside the range of 64-bit nanoseconds");
}

TEST(parquet_convert, halves_are_exact) {
  EXPECT_EQ(from_half(std::string("\x00\x3C", 2)), 1.0F);
  EXPECT_EQ(from_half(std::string("\x00\xC0", 2)), -2.0F);
  EXPECT_EQ(from_half(std::string("\x01\x00", 2)), std::ldexp(1.0F, -24));
  EXPECT_EQ(from_half(std::string("\xFF\x7B", 2)), 65504.0F);
  EXPECT_TRUE(std::isinf(from_half(std::string("\x00\x7C", 2))));
  EXPECT_TRUE(std::isnan(from_half(std::string("\x00\x7E", 2))));
}

TEST(parquet_convert, utf8_is_checked_to_the_letter) {
  for (const std::string_view good : {"", "plain text of more than eight", "\xC3\xA9", "\xE2\x82\xAC",
                                      "\xF0\x9F\x98\x80", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
  }
  for (const std::string_view bad : {"\x80", "\xC0\x80", "\xC3", "\xE0\x80\x80", "\xED\xA0\x80",
                                     "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "12345678\xFF"}) {
    EXPECT_FALSE(is_utf8(bad));
  }
  EXPECT_EQ(from_uuid("\x12\x34\x56\x78\x9A\xBC\xDE\xF0\x01\x23\x45\x67\x89\xAB\xCD\xEF"),
            "12345678-9abc-def0-0123-456789abcdef");
}

TEST(parquet_thrift, fields_of_any_kind_can_be_skipped) {
  thrift_writer out;
  out.begin();
  out.boolean(1, true);
  out.i32(2, -7);
  out.binary(3, "text");
  out.list(4, wire::i32, 20);
  for (int i = 0; i < 20; ++i) out.element(std::int64_t{i});
  out.begin_field(5);
  out.i64(40, std::int64_t{1} << 62);
  out.end();
  out.i8(6, 9);
  out.end();
  const context at;
  thrift_reader in(view(out.text()), at);
  std::int8_t last = 0;
  in.structure([&](std::int16_t id, wire type) {
    if (id == 6)
      last = in.i8(type);
    else
      in.skip(type);
  });
  EXPECT_EQ(last, 9);
  EXPECT_EQ(in.consumed(), out.text().size());
}

TEST(parquet_values, byte_streams_are_joined) {
  const context at;
  const std::string split("\x00\x00\x00\x00\x80\x00\x3F\x40", 8);  // 1 and 2 as floats, byte by byte
  float out[2] = {};
  buffer<std::uint64_t> work;
  decode_words({encoding::byte_stream_split, view(split), 2}, physical::real32, buffer<std::uint32_t>(), out,
               work, at);
  EXPECT_EQ(out[0], 1.0F);
  EXPECT_EQ(out[1], 2.0F);
}

}  // namespace
}  // namespace twill::table::detail::pq
