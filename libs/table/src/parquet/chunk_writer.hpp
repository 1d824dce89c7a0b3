// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "parquet/codec.hpp"
#include "twill/table/parquet.hpp"

namespace twill::table::detail::pq {

/// Takes the bytes of a file in order.
class sink {
 public:
  sink() = default;
  sink(sink&&) = delete;
  sink& operator=(sink&&) = delete;
  virtual ~sink() = default;

  void write(bytes data) {
    put(data);
    written_ += data.size();
  }
  void write(std::string_view text) { write(std::as_bytes(std::span(text.data(), text.size()))); }
  [[nodiscard]] std::uint64_t written() const noexcept { return written_; }

 private:
  virtual void put(bytes data) = 0;
  std::uint64_t written_ = 0;
};

/// Writes the rows `[first, first + count)` of a column as one chunk and returns its entry for the footer.
[[nodiscard]] column_chunk write_chunk(const table_column& column, std::size_t first, std::size_t count,
                                       const parquet_write_options& options, compressor& pack, sink& out);

}  // namespace twill::table::detail::pq
