// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "parquet/context.hpp"

#include <string>

namespace twill::table::detail::pq {

/// Type codes of the Thrift compact protocol.
enum class wire : std::uint8_t {
  stop = 0,
  yes = 1,
  no = 2,
  i8 = 3,
  i16 = 4,
  i32 = 5,
  i64 = 6,
  real = 7,
  binary = 8,
  list = 9,
  set = 10,
  map = 11,
  structure = 12
};

/// Reads the compact protocol from memory that may be hostile: every length is checked against the bytes
/// left, and nesting is bounded, so neither memory nor stack can be made to grow beyond what the input itself
/// holds.
class thrift_reader {
 public:
  /// Requires: `at` outlives the reader; `at.offset` is where `data` begins in the file.
  thrift_reader(bytes data, const context& at) noexcept : data_(data), at_(at) {}

  /// Calls `on_field(id, type)` for each field; the callback consumes the value by one of the readers or
  /// `skip`.
  template <class F>
  void structure(F&& on_field) {
    enter();
    std::int16_t id = 0;
    for (wire type = field(id); type != wire::stop; type = field(id)) on_field(id, type);
    --depth_;
  }
  /// As `structure`, for a field: checks its type.
  template <class F>
  void structure(wire type, F&& on_field) {
    expect(type, wire::structure, "a structure");
    structure(on_field);
  }
  /// Calls `on_element(type)` for each element of a list.
  template <class F>
  void list(wire type, F&& on_element) {
    expect(type, wire::list, "a list");
    wire element{};
    const std::uint64_t count = list_header(element);
    enter();
    for (std::uint64_t i = 0; i < count; ++i) on_element(element);
    --depth_;
  }

  [[nodiscard]] bool boolean(wire type);
  [[nodiscard]] std::int8_t i8(wire type);
  [[nodiscard]] std::int32_t i32(wire type);
  [[nodiscard]] std::int64_t i64(wire type);
  [[nodiscard]] std::string binary(wire type);
  void skip(wire type);

  [[nodiscard]] std::size_t consumed() const noexcept { return next_; }
  [[noreturn]] void fail(std::string_view what, std::string found = {}, std::string expected = {}) const;

 private:
  void enter();
  void expect(wire type, wire wanted, std::string_view name) const;
  wire field(std::int16_t& id);
  std::uint64_t list_header(wire& element);
  std::uint8_t byte();
  std::uint64_t varint();
  std::int64_t zigzag();
  std::int64_t integer(wire type, std::int64_t low, std::int64_t high, std::string_view name);

  bytes data_;
  const context& at_;
  std::size_t next_ = 0;
  int depth_ = 0;
};

/// Writes the compact protocol.
class thrift_writer {
 public:
  /// Fields of one structure are written in rising order of their ids between `begin` and `end`.
  void begin();
  void end();
  void begin_field(std::int16_t id);  ///< a field that is itself a structure
  void boolean(std::int16_t id, bool value);
  void i8(std::int16_t id, std::int8_t value);
  void i32(std::int16_t id, std::int32_t value);
  void i64(std::int16_t id, std::int64_t value);
  void binary(std::int16_t id, std::string_view value);
  void list(std::int16_t id, wire element, std::size_t count);
  void element(std::int64_t value);
  void element(std::string_view value);

  [[nodiscard]] const std::string& text() const noexcept { return out_; }

 private:
  void header(std::int16_t id, wire type);
  void varint(std::uint64_t value);
  void zigzag(std::int64_t value);

  std::string out_;
  std::string stack_;  // last field id of each open structure; Parquet's ids are below 128
};

}  // namespace twill::table::detail::pq
