// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "parquet/page_reader.hpp"
#include "parquet/schema.hpp"

namespace twill::table::detail::pq {

/// Builds one column from its chunks, one row group after the other.
class column_reader {
 public:
  /// Requires: the leaf has no refusal. `rows` are all the rows to come; `stored` the bytes that hold them.
  column_reader(const leaf& shape, std::size_t rows, std::uint64_t stored, budget& memory,
                decompressor& unpack);

  /// Throws: `twill::error` when the chunk is damaged, cannot be read, or would exceed the budget.
  void read(byte_source& file, std::uint64_t data_end, const column_chunk& chunk, context& at);
  [[nodiscard]] table_column finish() &&;

 private:
  void dictionary(const page& in, const context& at);
  void append(const page& in, const context& at);
  /// Which rows of the page are present, in `flags_`; returns how many.
  std::size_t levels(const page& in, const context& at);
  void append_texts(const value_block& in, const page& whole, const context& at);
  template <class F>
  void visit(F&& with_buffer);

  const leaf& shape_;
  budget& memory_;
  decompressor& unpack_;
  table_column column_;
  std::size_t rows_ = 0;
  buffer<std::uint8_t> validity_;
  buffer<std::uint8_t> flags_;  ///< of the current page; empty when all its rows are present
  buffer<std::uint64_t> delta_;
  buffer<std::uint32_t> dictionary4_;
  buffer<std::uint64_t> dictionary8_;
  buffer<std::byte> dictionary_bytes_;
  std::vector<std::string_view> dictionary_texts_;
  std::vector<std::string_view> texts_;
  std::string store_;
};

}  // namespace twill::table::detail::pq
