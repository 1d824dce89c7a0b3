// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/table/json.hpp"

#include <cstdint>
#include <limits>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace twill::table::json::detail {

/// One value of the text, in preorder. Offsets are into `document_data::strings`.
struct node {
  enum : std::uint8_t {
    plain = 0,
    unsigned_only = 1,  // an integer above the signed range, kept as unsigned
  };
  kind type = kind::null;
  std::uint8_t flags = plain;
  std::uint32_t key_offset = 0;
  std::uint32_t key_size = 0;
  std::uint32_t size = 0;  // strings: bytes; arrays and objects: children
  union {
    std::int64_t integer = 0;
    double real;
    std::uint64_t
        bits;  // strings: offset; arrays and objects: index behind the last descendant; booleans: 0 or 1
  };
};
static_assert(sizeof(node) == 24);

struct places {
  std::vector<std::uint32_t> values;  // byte offset of each node, in preorder
  std::vector<std::uint32_t> keys;    // of its key, or of the value where there is none
};

struct document_data {
  std::string name;
  std::string text;
  std::size_t start = 0;  // behind a byte order mark
  std::vector<node> nodes;
  std::string strings;

  [[nodiscard]] std::string_view piece(std::uint64_t offset, std::uint32_t size) const noexcept {
    return std::string_view(strings).substr(static_cast<std::size_t>(offset), size);
  }
  [[nodiscard]] std::uint32_t behind(std::uint32_t index) const noexcept {
    const node& n = nodes[index];
    return n.type == kind::array || n.type == kind::object ? static_cast<std::uint32_t>(n.bits) : index + 1;
  }
  /// Places of all values, learned when the first is asked for: a text without findings never pays.
  [[nodiscard]] const places& where() const;

 private:
  mutable std::once_flag once_;
  mutable places places_;
};

/// Line and column, both from 1, of a byte.
struct line_column {
  std::size_t line = 1;
  std::size_t column = 1;
};
[[nodiscard]] line_column line_column_of(std::string_view text, std::size_t offset) noexcept;

/// Reads a text again with the patience that the fast parser lacks: explains what is wrong, goes on where it
/// can, and notes where each value stands. Either output may be null.
void scan(std::string_view text, std::size_t start, const std::string& name, std::size_t max_depth,
          findings* out, places* where);

/// Appends the reference token of a key (RFC 6901).
void append_pointer_token(std::string& pointer, std::string_view key);

/// A piece of the user's text as messages show it: control characters escaped, cut after 40 bytes.
[[nodiscard]] std::string excerpt(std::string_view text);

}  // namespace twill::table::json::detail
