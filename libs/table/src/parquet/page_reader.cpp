// SPDX-License-Identifier: Apache-2.0
#include "parquet/page_reader.hpp"

#include "parquet/crc32.hpp"
#include "twill/base/error.hpp"

#include <fmt/format.h>

namespace twill::table::detail::pq {

void budget::require(std::uint64_t size, const context& at) const {
  if (size > left_) {
    at.too_large("file asks for more memory than the limit allows", fmt::format("{} bytes more", size),
                 fmt::format("at most {} of {} bytes", left_, limit_),
                 "raise read_options::memory_limit if the file is to be trusted, or read fewer columns");
  }
}

void budget::take(std::uint64_t size, const context& at) {
  require(size, at);
  left_ -= static_cast<std::size_t>(size);
}

page_reader::page_reader(byte_source& file, std::uint64_t data_end, const column_chunk& chunk, bool optional,
                         decompressor& unpack, const budget& memory, context& at)
    : file_(file),
      chunk_(chunk),
      optional_(optional),
      unpack_(unpack),
      memory_(memory),
      at_(at),
      values_left_(static_cast<std::uint64_t>(chunk.values)) {
  if (values_left_ == 0) return;
  std::int64_t begin = chunk.data_page;
  if (chunk.dictionary_page && *chunk.dictionary_page > 0 && *chunk.dictionary_page < begin)
    begin = *chunk.dictionary_page;
  if (begin < 4 || static_cast<std::uint64_t>(begin) >= data_end) {
    at.corrupt("column chunk begins outside the data", std::to_string(begin),
               fmt::format("4 to {}", data_end - 1));
  }
  next_ = static_cast<std::uint64_t>(begin);
  if (chunk.compressed <= 0 || static_cast<std::uint64_t>(chunk.compressed) > data_end - next_) {
    at.corrupt("column chunk ends outside the data",
               fmt::format("{} bytes from byte {}", chunk.compressed, begin),
               fmt::format("at most {}", data_end - next_));
  }
  end_ = next_ + static_cast<std::uint64_t>(chunk.compressed);
}

page_header page_reader::header(std::size_t& size) {
  // Headers are tens of bytes; only ones with long statistics need the second, larger look.
  constexpr std::uint64_t usual = 4096;
  constexpr std::uint64_t largest = std::uint64_t{16} << 20;
  const std::uint64_t left = end_ - next_;
  if (left > usual) {
    try {
      return read_page_header(file_.view(next_, usual), at_, size);
    } catch (const error&) {
      return read_page_header(file_.view(next_, static_cast<std::size_t>(std::min(left, largest))), at_,
                              size);
    }
  }
  return read_page_header(file_.view(next_, static_cast<std::size_t>(left)), at_, size);
}

void page_reader::check(const page_header& h) const {
  if (h.compressed < 0 || h.uncompressed < 0 || h.values < 0) {
    at_.corrupt("page header holds a negative size", fmt::format("compressed {}, uncompressed {}, values {}",
                                                                 h.compressed, h.uncompressed, h.values));
  }
  if (static_cast<std::uint64_t>(h.compressed) > end_ - next_) {
    at_.corrupt("page is longer than its column chunk", fmt::format("{} bytes", h.compressed),
                fmt::format("at most {}", end_ - next_));
  }
  if (h.kind != page_kind::dictionary && static_cast<std::uint64_t>(h.values) > values_left_) {
    at_.corrupt("page holds more values than its column chunk", std::to_string(h.values),
                fmt::format("at most {}", values_left_));
  }
}

bytes page_reader::unpacked(bytes stored, std::size_t size) {
  decompressor::require_known(chunk_.compression, at_);
  decompressor::require_plausible(chunk_.compression, stored.size(), size, at_);
  if (chunk_.compression == codec::none) return stored;
  memory_.require(size, at_);
  scratch_.resize_for_overwrite(size);
  unpack_.run(chunk_.compression, stored, {scratch_.data(), size}, at_);
  return {scratch_.data(), size};
}

void page_reader::split_v1(const page_header& h, bytes content, page& out) {
  if (optional_) {
    if (h.levels != encoding::rle) {
      at_.unsupported("encoding of levels is not supported", name_of(h.levels), "RLE", "write the file anew");
    }
    if (content.size() < 4) at_.corrupt("page lacks the length of its levels");
    const auto size = load<std::uint32_t>(content.data());
    if (size > content.size() - 4) {
      at_.corrupt("levels are longer than their page", std::to_string(size),
                  fmt::format("at most {}", content.size() - 4));
    }
    out.levels = content.subspan(4, size);
    content = content.subspan(4 + size);
  }
  out.values.data = content;
}

void page_reader::split_v2(const page_header& h, bytes stored, page& out) {
  const std::int64_t levels = std::int64_t{h.definition_bytes} + h.repetition_bytes;
  if (h.definition_bytes < 0 || h.repetition_bytes < 0 || levels > h.compressed || levels > h.uncompressed) {
    at_.corrupt("levels are longer than their page", std::to_string(levels),
                fmt::format("at most {}", std::min(h.compressed, h.uncompressed)));
  }
  if (h.nulls < 0 || h.nulls > h.values) {
    at_.corrupt("page holds more missing values than values", std::to_string(h.nulls),
                fmt::format("at most {}", h.values));
  }
  const auto skip = static_cast<std::size_t>(levels);
  const bytes packed = stored.subspan(skip);
  const std::size_t size = static_cast<std::size_t>(h.uncompressed) - skip;
  // A page of missing values only may say that it is compressed and hold nothing.
  if (h.is_compressed && !(packed.empty() && size == 0)) {
    out.values.data = unpacked(packed, size);
  } else {
    if (packed.size() != size) {
      at_.corrupt("page sizes differ without compression", std::to_string(packed.size()),
                  std::to_string(size));
    }
    out.values.data = packed;
  }
  if (optional_) {
    out.levels = stored.subspan(static_cast<std::size_t>(h.repetition_bytes),
                                static_cast<std::size_t>(h.definition_bytes));
  }
}

bool page_reader::next(page& out) {
  while (values_left_ > 0) {
    at_.offset = next_;
    if (next_ >= end_) {
      at_.corrupt("column chunk ends before all its values", fmt::format("{} values missing", values_left_),
                  fmt::format("{} values", chunk_.values));
    }
    std::size_t header_size = 0;
    const page_header h = header(header_size);
    next_ += header_size;
    check(h);
    const bytes stored = file_.view(next_, static_cast<std::size_t>(h.compressed));
    next_ += stored.size();
    if (h.kind == page_kind::index) continue;
    if (h.kind < page_kind::data || h.kind > page_kind::data_v2) {
      at_.corrupt("page has an unknown type", std::to_string(static_cast<std::int32_t>(h.kind)), "0 to 3");
    }
    if (h.crc) {
      const std::uint32_t sum = crc32(stored);
      if (sum != *h.crc) {
        at_.corrupt("page checksum differs", fmt::format("{:08x}", sum), fmt::format("{:08x}", *h.crc));
      }
    }
    out = page{};
    out.rows = static_cast<std::size_t>(h.values);
    out.values.form = h.form;
    if (h.kind == page_kind::dictionary) {
      if (has_dictionary_) at_.corrupt("column chunk has a second dictionary page");
      has_dictionary_ = true;
      if (h.form != encoding::plain && h.form != encoding::plain_dictionary) {
        at_.unsupported("encoding of the dictionary is not supported", name_of(h.form), "PLAIN");
      }
      out.dictionary = true;
      out.values = {encoding::plain, unpacked(stored, static_cast<std::size_t>(h.uncompressed)), out.rows};
      return true;
    }
    if (is_dictionary(h.form) && !has_dictionary_)
      at_.corrupt("page needs a dictionary and there is none before it");
    values_left_ -= out.rows;
    at_.page = at_.page ? *at_.page + 1 : 0;
    if (h.kind == page_kind::data_v2) {
      split_v2(h, stored, out);
    } else {
      split_v1(h, unpacked(stored, static_cast<std::size_t>(h.uncompressed)), out);
    }
    return true;
  }
  return false;
}

}  // namespace twill::table::detail::pq
