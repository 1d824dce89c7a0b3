// SPDX-License-Identifier: Apache-2.0
#include "parquet/thrift.hpp"

#include <fmt/format.h>

#include <limits>
#include <utility>

namespace twill::table::detail::pq {

namespace {
constexpr int max_depth = 32;
}

void thrift_reader::fail(std::string_view what, std::string found, std::string expected) const {
  context here = at_;
  here.offset += next_;
  here.corrupt(what, std::move(found), std::move(expected));
}

void thrift_reader::enter() {
  if (++depth_ > max_depth)
    fail("metadata is nested too deeply", {}, fmt::format("at most {} levels", max_depth));
}

void thrift_reader::expect(wire type, wire wanted, std::string_view name) const {
  if (type != wanted) {
    fail("metadata field has the wrong type", fmt::format("type code {}", static_cast<int>(type)),
         std::string(name));
  }
}

std::uint8_t thrift_reader::byte() {
  if (next_ >= data_.size()) fail("metadata ends in the middle of a value");
  return static_cast<std::uint8_t>(data_[next_++]);
}

std::uint64_t thrift_reader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint8_t b = byte();
    value |= static_cast<std::uint64_t>(b & 0x7F) << shift;
    if (b < 0x80) return value;
  }
  fail("metadata holds an integer of more than 64 bits");
}

std::int64_t thrift_reader::zigzag() {
  const std::uint64_t raw = varint();
  return static_cast<std::int64_t>((raw >> 1) ^ (~(raw & 1) + 1));
}

wire thrift_reader::field(std::int16_t& id) {
  const std::uint8_t b = byte();
  const unsigned type = b & 0x0FU;
  if (type == 0) return wire::stop;
  if (type > 12) fail("metadata field has an unknown type", fmt::format("type code {}", type), "1 to 12");
  const std::int64_t next = (b >> 4) != 0 ? id + (b >> 4) : zigzag();
  if (next < 0 || next > std::numeric_limits<std::int16_t>::max()) {
    fail("metadata field id out of range", std::to_string(next), "0 to 32767");
  }
  id = static_cast<std::int16_t>(next);
  return static_cast<wire>(type);
}

std::uint64_t thrift_reader::list_header(wire& element) {
  const std::uint8_t b = byte();
  const unsigned type = b & 0x0FU;
  if (type == 0 || type > 12)
    fail("metadata list has an unknown element type", std::to_string(type), "1 to 12");
  element = static_cast<wire>(type);
  const std::uint64_t count = (b >> 4) == 15 ? varint() : (b >> 4);
  // Every element takes at least one byte, so a longer list cannot be true.
  if (count > data_.size() - next_) {
    fail("metadata list is longer than the metadata", fmt::format("{} elements", count),
         fmt::format("at most {}", data_.size() - next_));
  }
  return count;
}

bool thrift_reader::boolean(wire type) {
  if (type == wire::yes) return true;
  if (type == wire::no) return false;
  expect(type, wire::yes, "a boolean");
  return false;
}

// Writers disagree about the width of small integers (a bit width is a byte in the format and a 32-bit
// integer in some files), so any integer that fits is taken.
std::int64_t thrift_reader::integer(wire type, std::int64_t low, std::int64_t high, std::string_view name) {
  std::int64_t value = 0;
  if (type == wire::i8)
    value = static_cast<std::int8_t>(byte());
  else if (type == wire::i16 || type == wire::i32 || type == wire::i64)
    value = zigzag();
  else
    expect(type, wire::i64, name);
  if (value < low || value > high)
    fail("metadata integer out of range", std::to_string(value), std::string(name));
  return value;
}

std::int8_t thrift_reader::i8(wire type) {
  using limits = std::numeric_limits<std::int8_t>;
  return static_cast<std::int8_t>(integer(type, limits::min(), limits::max(), "an 8-bit integer"));
}

std::int32_t thrift_reader::i32(wire type) {
  using limits = std::numeric_limits<std::int32_t>;
  return static_cast<std::int32_t>(integer(type, limits::min(), limits::max(), "a 32-bit integer"));
}

std::int64_t thrift_reader::i64(wire type) {
  using limits = std::numeric_limits<std::int64_t>;
  return integer(type, limits::min(), limits::max(), "a 64-bit integer");
}

std::string thrift_reader::binary(wire type) {
  expect(type, wire::binary, "a string");
  const std::uint64_t size = varint();
  if (size > data_.size() - next_) {
    fail("metadata string is longer than the metadata", fmt::format("{} bytes", size),
         fmt::format("at most {}", data_.size() - next_));
  }
  std::string text(static_cast<std::size_t>(size), '\0');
  for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(data_[next_ + i]);
  next_ += text.size();
  return text;
}

void thrift_reader::skip(wire type) {
  switch (type) {
    case wire::yes:
    case wire::no: return;
    case wire::i8: static_cast<void>(byte()); return;
    case wire::i16:
    case wire::i32:
    case wire::i64: static_cast<void>(varint()); return;
    case wire::real:
      for (int i = 0; i < 8; ++i) static_cast<void>(byte());
      return;
    case wire::binary: static_cast<void>(binary(type)); return;
    case wire::structure: structure([this](std::int16_t, wire inner) { skip(inner); }); return;
    case wire::list:
    case wire::set: {
      wire element{};
      const std::uint64_t count = list_header(element);
      enter();
      for (std::uint64_t i = 0; i < count; ++i) {
        // Inside a list a boolean takes a byte of its own.
        if (element == wire::yes || element == wire::no)
          static_cast<void>(byte());
        else
          skip(element);
      }
      --depth_;
      return;
    }
    case wire::map: fail("metadata holds a map, which the format does not use");
    case wire::stop: return;
  }
}

void thrift_writer::varint(std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out_.push_back(static_cast<char>((value & 0x7F) | 0x80));
  out_.push_back(static_cast<char>(value));
}

void thrift_writer::zigzag(std::int64_t value) {
  const auto raw = static_cast<std::uint64_t>(value);
  varint((raw << 1) ^ (value < 0 ? ~std::uint64_t{0} : std::uint64_t{0}));
}

void thrift_writer::header(std::int16_t id, wire type) {
  const int delta = id - stack_.back();
  if (delta > 0 && delta <= 15) {
    out_.push_back(static_cast<char>((delta << 4) | static_cast<int>(type)));
  } else {
    out_.push_back(static_cast<char>(type));
    zigzag(id);
  }
  stack_.back() = static_cast<char>(id);
}

void thrift_writer::begin() { stack_.push_back('\0'); }

void thrift_writer::end() {
  out_.push_back('\0');
  stack_.pop_back();
}

void thrift_writer::begin_field(std::int16_t id) {
  header(id, wire::structure);
  begin();
}

void thrift_writer::boolean(std::int16_t id, bool value) { header(id, value ? wire::yes : wire::no); }

void thrift_writer::i8(std::int16_t id, std::int8_t value) {
  header(id, wire::i8);
  out_.push_back(static_cast<char>(value));
}

void thrift_writer::i32(std::int16_t id, std::int32_t value) {
  header(id, wire::i32);
  zigzag(value);
}

void thrift_writer::i64(std::int16_t id, std::int64_t value) {
  header(id, wire::i64);
  zigzag(value);
}

void thrift_writer::binary(std::int16_t id, std::string_view value) {
  header(id, wire::binary);
  element(value);
}

void thrift_writer::list(std::int16_t id, wire element, std::size_t count) {
  header(id, wire::list);
  if (count < 15) {
    out_.push_back(static_cast<char>((count << 4) | static_cast<std::size_t>(element)));
  } else {
    out_.push_back(static_cast<char>(0xF0 | static_cast<int>(element)));
    varint(count);
  }
}

void thrift_writer::element(std::int64_t value) { zigzag(value); }

void thrift_writer::element(std::string_view value) {
  varint(value.size());
  out_ += value;
}

}  // namespace twill::table::detail::pq
