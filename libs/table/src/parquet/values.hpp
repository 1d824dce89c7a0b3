// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "parquet/delta.hpp"
#include "parquet/load.hpp"
#include "parquet/metadata.hpp"
#include "parquet/rle.hpp"
#include "twill/table/buffer.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

namespace twill::table::detail::pq {

/// The bytes of one page's present values.
struct value_block {
  encoding form = encoding::plain;
  bytes data{};
  std::size_t count = 0;
};

[[noreturn]] void refuse_encoding(const value_block& in, physical type, const context& at);
/// Throws: `twill::error` unless the block holds `width` bytes for each value.
void require_size(const value_block& in, std::size_t width, const context& at);

/// Splits a dictionary-coded block into its indices, a piece at a time; `on_part(indices, n)` takes each
/// piece.
template <class F>
void for_each_index(const value_block& in, std::size_t entries, const context& at, F&& on_part) {
  if (in.count == 0) return;
  if (in.data.empty()) at.corrupt("dictionary indices lack their bit width");
  hybrid_decoder indices(in.data.subspan(1), static_cast<unsigned>(in.data[0]), at);
  std::uint32_t part[1024];
  for (std::size_t left = in.count; left > 0;) {
    const std::size_t n = std::min<std::size_t>(left, 1024);
    indices.decode(part, n);
    const std::uint32_t largest = *std::max_element(part, part + n);
    if (largest >= entries) {
      at.corrupt("dictionary index out of range", std::to_string(largest),
                 "below " + std::to_string(entries));
    }
    on_part(part, n);
    left -= n;
  }
}

[[nodiscard]] inline bool is_dictionary(encoding form) noexcept {
  return form == encoding::rle_dictionary || form == encoding::plain_dictionary;
}

/// Decodes 32- or 64-bit values. `delta` is working memory.
template <class U, class W>
void decode_words(const value_block& in, physical type, const buffer<W>& dictionary, U* out,
                  buffer<std::uint64_t>& delta, const context& at) {
  static_assert((sizeof(U) == 4 || sizeof(U) == 8) && sizeof(U) == sizeof(W));
  if (in.count == 0) return;
  if (is_dictionary(in.form)) {
    for_each_index(in, dictionary.size(), at, [&](const std::uint32_t* part, std::size_t n) {
      for (std::size_t i = 0; i < n; ++i) out[i] = std::bit_cast<U>(dictionary[part[i]]);
      out += n;
    });
  } else if (in.form == encoding::plain) {
    require_size(in, sizeof(U), at);
    std::memcpy(static_cast<void*>(out), in.data.data(), in.count * sizeof(U));
  } else if (in.form == encoding::byte_stream_split) {
    require_size(in, sizeof(U), at);
    const std::byte* from = in.data.data();
    for (std::size_t i = 0; i < in.count; ++i) {
      std::byte value[sizeof(U)];
      for (std::size_t b = 0; b < sizeof(U); ++b) value[b] = from[b * in.count + i];
      out[i] = load<U>(value);
    }
  } else if (in.form == encoding::delta_binary_packed &&
             (type == physical::int32 || type == physical::int64)) {
    delta.resize_for_overwrite(in.count);
    static_cast<void>(decode_delta(in.data, in.count, delta.data(), at));
    for (std::size_t i = 0; i < in.count; ++i) std::memcpy(static_cast<void*>(out + i), &delta[i], sizeof(U));
  } else {
    refuse_encoding(in, type, at);
  }
}

/// Decodes booleans, plain or as runs.
void decode_booleans(const value_block& in, bool* out, const context& at);

/// Decodes texts and fixed-length bytes (`length` above 0) into views of the page, of `dictionary` or of
/// `store`. `limit` bounds the bytes that `store` may take.
void decode_texts(const value_block& in, physical type, std::size_t length,
                  const std::vector<std::string_view>& dictionary, std::vector<std::string_view>& out,
                  std::string& store, std::size_t limit, const context& at);

}  // namespace twill::table::detail::pq
