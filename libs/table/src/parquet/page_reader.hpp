// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "parquet/codec.hpp"
#include "parquet/source.hpp"
#include "parquet/values.hpp"

namespace twill::table::detail::pq {

/// What a read may take in all; every part of it is asked for before it is used.
class budget {
 public:
  explicit budget(std::size_t limit) noexcept : limit_(limit), left_(limit) {}
  /// Throws: `twill::error` when less is left.
  void take(std::uint64_t size, const context& at);
  /// Refuses what would not fit, without keeping it: working memory.
  void require(std::uint64_t size, const context& at) const;
  [[nodiscard]] std::size_t left() const noexcept { return left_; }

 private:
  std::size_t limit_;
  std::size_t left_;
};

/// A page, checked and uncompressed. The spans are valid until the next page is asked for.
struct page {
  bool dictionary = false;
  std::size_t rows = 0;
  bytes levels{};  ///< empty when no value is missing
  value_block values{};
};

/// Walks the pages of one column chunk and stops when it has given all its values: bytes may follow them, and
/// a chunk of no values may hold a dictionary page and nothing else.
class page_reader {
 public:
  /// The chunk must lie before byte `data_end`, where the footer begins.
  page_reader(byte_source& file, std::uint64_t data_end, const column_chunk& chunk, bool optional,
              decompressor& unpack, const budget& memory, context& at);

  /// Nothing more to read: false.
  [[nodiscard]] bool next(page& out);

 private:
  [[nodiscard]] page_header header(std::size_t& size);
  void check(const page_header& h) const;
  void split_v1(const page_header& h, bytes content, page& out);
  void split_v2(const page_header& h, bytes stored, page& out);
  [[nodiscard]] bytes unpacked(bytes stored, std::size_t size);

  byte_source& file_;
  const column_chunk& chunk_;
  bool optional_;
  decompressor& unpack_;
  const budget& memory_;
  context& at_;
  std::uint64_t next_ = 0;
  std::uint64_t end_ = 0;
  std::uint64_t values_left_ = 0;
  bool has_dictionary_ = false;
  buffer<std::byte> scratch_;
};

}  // namespace twill::table::detail::pq
