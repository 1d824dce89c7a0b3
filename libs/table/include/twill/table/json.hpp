// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/error.hpp"
#include "twill/table/findings.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace twill::table::json {

/// What stands at a place of a JSON text. `3` is an integer and `3.0` is not.
enum class kind : std::uint8_t { null, boolean, integer, real, string, array, object };

/// "a number", "a text", "an object", ...: the words of messages.
[[nodiscard]] std::string_view name_of(kind k) noexcept;

namespace detail {
struct document_data;
}

/// A value inside a document: as cheap to copy as a pointer, valid as long as its document.
class value {
 public:
  /// Goes over the elements of an array or the members of an object in the order of the text.
  class iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = value;
    using difference_type = std::ptrdiff_t;
    using pointer = void;
    using reference = value;
    iterator() noexcept = default;
    iterator(const detail::document_data* data, std::uint32_t index) noexcept : data_(data), index_(index) {}
    value operator*() const noexcept { return {data_, index_}; }
    iterator& operator++() noexcept;
    iterator operator++(int) noexcept {
      iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.index_ == b.index_; }

   private:
    const detail::document_data* data_ = nullptr;
    std::uint32_t index_ = 0;
  };

  value(const detail::document_data* data, std::uint32_t index) noexcept : data_(data), index_(index) {}

  [[nodiscard]] kind type() const noexcept;
  [[nodiscard]] bool is_null() const noexcept { return type() == kind::null; }
  [[nodiscard]] bool is_array() const noexcept { return type() == kind::array; }
  [[nodiscard]] bool is_object() const noexcept { return type() == kind::object; }

  [[nodiscard]] std::optional<bool> as_bool() const noexcept;
  /// Only an integer literal that fits; `3.0` and `"3"` are none.
  [[nodiscard]] std::optional<std::int64_t> as_int64() const noexcept;
  [[nodiscard]] std::optional<std::uint64_t> as_uint64() const noexcept;
  /// Any number, integers rounded to the nearest double.
  [[nodiscard]] std::optional<double> as_double() const noexcept;
  [[nodiscard]] std::optional<std::string_view> as_string() const noexcept;

  /// The number of elements or members; 0 for all else.
  [[nodiscard]] std::size_t size() const noexcept;
  [[nodiscard]] iterator begin() const noexcept;
  [[nodiscard]] iterator end() const noexcept;
  /// The member of that key. Complexity: linear in the members.
  [[nodiscard]] std::optional<value> find(std::string_view key) const noexcept;
  /// The key under which an object holds this value, empty elsewhere.
  [[nodiscard]] std::string_view key() const noexcept;

  /// The JSON pointer (RFC 6901) to this value.
  [[nodiscard]] std::string pointer() const;
  /// File, line, column and pointer. The first call on a document reads its text again to learn all places.
  [[nodiscard]] location where() const;
  /// As `where`, with the line and column of the key.
  [[nodiscard]] location key_where() const;
  /// What stands here, in a few words: `"abc"`, `1.5`, `an object with 3 keys`.
  [[nodiscard]] std::string summary() const;

  /// The place in the document's preorder: equal for the same value only.
  [[nodiscard]] std::uint32_t index() const noexcept { return index_; }

 private:
  friend std::string write(const value&, int);
  const detail::document_data* data_;
  std::uint32_t index_;
};

/// A JSON text that was read. Copies share their content. Thread safety: all members may be called at once.
class document {
 public:
  explicit document(std::shared_ptr<const detail::document_data> data) noexcept : data_(std::move(data)) {}
  [[nodiscard]] value root() const noexcept { return {data_.get(), 0}; }
  /// The name that messages show.
  [[nodiscard]] const std::string& name() const noexcept;

 private:
  std::shared_ptr<const detail::document_data> data_;
};

/// Limits of reading.
struct parse_options {
  std::size_t max_depth = 128;                   ///< nested arrays and objects, at most 1000
  std::size_t max_bytes = std::size_t{1} << 30;  ///< of text, at most 2 GiB
};

/// Reads a JSON text (RFC 8259; UTF-8, a byte order mark is skipped), or adds what is wrong with it to `out`.
/// Duplicate keys are errors that still leave a document; all other mistakes leave none.
[[nodiscard]] std::optional<document> parse(std::string text, std::string name, findings& out,
                                            const parse_options& options = {});
/// As above. Throws: input_error with all mistakes.
[[nodiscard]] document parse(std::string text, std::string name = "JSON text",
                             const parse_options& options = {});

/// Reads a file. Throws: twill::error (`cannot_read`) when it cannot be read.
[[nodiscard]] std::optional<document> read_file(const std::string& path, findings& out,
                                                const parse_options& options = {});
/// As above. Throws also: input_error with all mistakes.
[[nodiscard]] document read_file(const std::string& path, const parse_options& options = {});

/// The value as a JSON text, keys in their order, numbers as short as they round-trip; `indent` 0 writes one
/// line.
[[nodiscard]] std::string write(const value& v, int indent = 2);
/// A text in quotes, with escapes where JSON asks for them.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace twill::table::json
