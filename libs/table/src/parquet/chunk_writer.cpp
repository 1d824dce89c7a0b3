// SPDX-License-Identifier: Apache-2.0
#include "parquet/chunk_writer.hpp"

#include "parquet/chunk_stats.hpp"
#include "parquet/crc32.hpp"
#include "parquet/dictionary_builder.hpp"
#include "parquet/plain_writer.hpp"
#include "parquet/rle.hpp"
#include "parquet/schema.hpp"

#include <algorithm>
#include <cstring>

namespace twill::table::detail::pq {

namespace {

class chunk_writer {
 public:
  chunk_writer(const table_column& column, const parquet_write_options& options, compressor& pack, sink& out)
      : column_(column), options_(options), pack_(pack), out_(out) {}

  column_chunk run(std::size_t first, std::size_t count) {
    chunk_.type = *schema_of(column_).type;
    chunk_.path = {column_.name()};
    chunk_.compression = pack_.kind();
    chunk_.values = static_cast<std::int64_t>(count);
    if (options_.statistics) chunk_.stats = chunk_statistics(column_, first, count);
    std::optional<dictionary> words;
    if (options_.dictionary) words = build_dictionary(column_, first, count);
    if (words) write_dictionary(*words);
    chunk_.data_page = static_cast<std::int64_t>(out_.written());
    chunk_.encodings = {encoding::plain};
    if (words) chunk_.encodings.push_back(encoding::rle_dictionary);
    if (column_.nullable()) chunk_.encodings.push_back(encoding::rle);
    std::size_t index = 0;
    for (std::size_t done = 0; done < count;) {
      const std::size_t rows = rows_of_page(first + done, count - done, words.has_value());
      write_page(first + done, rows, words ? &*words : nullptr, index);
      done += rows;
    }
    return std::move(chunk_);
  }

 private:
  [[nodiscard]] std::size_t rows_of_page(std::size_t first, std::size_t left, bool indices) const {
    std::size_t width = 8;
    if (indices)
      width = 2;
    else if (column_.type() == column_type::boolean)
      width = 1;
    else if (column_.type() == column_type::string) {
      const std::span<const std::uint64_t> ends = column_.strings().offsets();
      std::size_t rows = 1;
      while (rows < left && ends[first + rows + 1] - ends[first] + 4 * (rows + 1) <= options_.page_bytes)
        ++rows;
      return rows;
    } else if (column_.type() != column_type::int64 && column_.type() != column_type::uint64 &&
               column_.type() != column_type::float64) {
      width = 4;
    }
    return std::min(left, std::max<std::size_t>(1, options_.page_bytes / width));
  }

  void write_dictionary(const dictionary& words) {
    body_.clear();
    for (const std::size_t row : words.rows) write_plain_value(column_, row, body_);
    page_header h;
    h.kind = page_kind::dictionary;
    h.values = static_cast<std::int32_t>(words.rows.size());
    h.uncompressed = static_cast<std::int32_t>(body_.size());
    chunk_.dictionary_page = static_cast<std::int64_t>(out_.written());
    emit(h, {}, pack_.run(view(body_)));
  }

  void write_page(std::size_t first, std::size_t rows, const dictionary* words, std::size_t& index) {
    const std::size_t present = write_levels(first, rows);
    body_.clear();
    page_header h;
    h.values = static_cast<std::int32_t>(rows);
    if (words != nullptr) {
      h.form = encoding::rle_dictionary;
      const unsigned width = bits_for(words->rows.size() - 1);
      body_.push_back(static_cast<char>(width));
      encode_hybrid(words->indices.data() + index, present, width, body_);
      index += present;
    } else {
      write_plain(column_, first, rows, body_);
    }
    if (options_.page_version == 2) {
      h.kind = page_kind::data_v2;
      h.rows = h.values;
      h.nulls = static_cast<std::int32_t>(rows - present);
      h.definition_bytes = static_cast<std::int32_t>(levels_.size());
      bytes packed = pack_.run(view(body_));
      h.is_compressed = packed.size() < body_.size();
      if (!h.is_compressed) packed = view(body_);
      h.uncompressed = static_cast<std::int32_t>(levels_.size() + body_.size());
      emit(h, view(levels_), packed);
      return;
    }
    if (column_.nullable()) {
      const auto size = static_cast<std::uint32_t>(levels_.size());
      char head[4];
      std::memcpy(head, &size, 4);
      body_.insert(0, std::string(head, 4) + levels_);
    }
    h.uncompressed = static_cast<std::int32_t>(body_.size());
    emit(h, {}, pack_.run(view(body_)));
  }

  /// Which rows are present, in `levels_`; returns how many.
  std::size_t write_levels(std::size_t first, std::size_t rows) {
    levels_.clear();
    if (!column_.nullable()) return rows;
    flags_.resize_for_overwrite(rows);
    std::size_t present = 0;
    for (std::size_t i = 0; i < rows; ++i) {
      flags_[i] = column_.is_null(first + i) ? 0 : 1;
      present += flags_[i];
    }
    encode_hybrid(flags_.data(), rows, 1, levels_);
    return present;
  }

  void emit(page_header h, bytes front, bytes rest) {
    h.compressed = static_cast<std::int32_t>(front.size() + rest.size());
    if (options_.checksums) {
      std::string whole(reinterpret_cast<const char*>(front.data()), front.size());
      whole.append(reinterpret_cast<const char*>(rest.data()), rest.size());
      h.crc = crc32(view(whole));
    }
    const std::string header = write_page_header(h);
    out_.write(header);
    out_.write(front);
    out_.write(rest);
    chunk_.compressed += static_cast<std::int64_t>(header.size()) + h.compressed;
    chunk_.uncompressed += static_cast<std::int64_t>(header.size()) + h.uncompressed;
  }

  static bytes view(const std::string& text) { return std::as_bytes(std::span(text.data(), text.size())); }

  const table_column& column_;
  const parquet_write_options& options_;
  compressor& pack_;
  sink& out_;
  column_chunk chunk_;
  std::string body_;
  std::string levels_;
  buffer<std::uint32_t> flags_;
};

}  // namespace

column_chunk write_chunk(const table_column& column, std::size_t first, std::size_t count,
                         const parquet_write_options& options, compressor& pack, sink& out) {
  return chunk_writer(column, options, pack, out).run(first, count);
}

}  // namespace twill::table::detail::pq
