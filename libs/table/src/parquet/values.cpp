// SPDX-License-Identifier: Apache-2.0
#include "parquet/values.hpp"

#include <fmt/format.h>

namespace twill::table::detail::pq {

void refuse_encoding(const value_block& in, physical type, const context& at) {
  at.unsupported(fmt::format("encoding is not supported for {}", name_of(type)), name_of(in.form), {},
                 "write the column with PLAIN or dictionary encoding");
}

void require_size(const value_block& in, std::size_t width, const context& at) {
  if (in.data.size() / width < in.count) {
    at.corrupt("page is too small for its values", fmt::format("{} bytes", in.data.size()),
               fmt::format("{} values of {} bytes", in.count, width));
  }
}

void decode_booleans(const value_block& in, bool* out, const context& at) {
  if (in.count == 0) return;
  bytes data = in.data;
  if (in.form == encoding::plain) {
    if (data.size() < (in.count + 7) / 8) {
      at.corrupt("page is too small for its values", fmt::format("{} bytes", data.size()),
                 fmt::format("{} bits", in.count));
    }
    for (std::size_t i = 0; i < in.count; ++i)
      out[i] = ((static_cast<unsigned>(data[i / 8]) >> (i % 8)) & 1) != 0;
    return;
  }
  if (in.form != encoding::rle) refuse_encoding(in, physical::boolean, at);
  if (data.size() < 4) at.corrupt("boolean runs lack their length");
  const auto size = load<std::uint32_t>(data.data());
  if (size > data.size() - 4) {
    at.corrupt("boolean runs are longer than their page", std::to_string(size),
               fmt::format("at most {}", data.size() - 4));
  }
  hybrid_decoder runs(data.subspan(4, size), 1, at);
  std::uint8_t flags[1024];
  for (std::size_t done = 0; done < in.count;) {
    const std::size_t n = std::min<std::size_t>(in.count - done, 1024);
    static_cast<void>(runs.decode_flags(flags, n));
    for (std::size_t i = 0; i < n; ++i) out[done + i] = flags[i] != 0;
    done += n;
  }
}

namespace {

void plain_texts(const value_block& in, std::size_t length, std::vector<std::string_view>& out,
                 const context& at) {
  const char* text = reinterpret_cast<const char*>(in.data.data());
  require_size(in, length > 0 ? length : 4, at);
  out.reserve(in.count);
  std::size_t next = 0;
  for (std::size_t i = 0; i < in.count; ++i) {
    std::size_t size = length;
    if (length == 0) {
      if (in.data.size() - next < 4) at.corrupt("text lacks its length");
      size = load<std::uint32_t>(in.data.data() + next);
      next += 4;
    }
    if (size > in.data.size() - next) {
      at.corrupt("text is longer than its page", fmt::format("{} bytes", size),
                 fmt::format("at most {}", in.data.size() - next));
    }
    out.emplace_back(text + next, size);
    next += size;
  }
}

void split_texts(const value_block& in, std::size_t length, std::vector<std::string_view>& out,
                 std::string& store, const context& at) {
  require_size(in, length, at);
  store.resize(in.count * length);
  for (std::size_t b = 0; b < length; ++b) {
    for (std::size_t i = 0; i < in.count; ++i)
      store[i * length + b] = static_cast<char>(in.data[b * in.count + i]);
  }
  out.reserve(in.count);
  for (std::size_t i = 0; i < in.count; ++i)
    out.push_back(std::string_view(store).substr(i * length, length));
}

}  // namespace

void decode_texts(const value_block& in, physical type, std::size_t length,
                  const std::vector<std::string_view>& dictionary, std::vector<std::string_view>& out,
                  std::string& store, std::size_t limit, const context& at) {
  out.clear();
  if (in.count == 0) return;
  if (is_dictionary(in.form)) {
    for_each_index(in, dictionary.size(), at, [&](const std::uint32_t* part, std::size_t n) {
      for (std::size_t i = 0; i < n; ++i) out.push_back(dictionary[part[i]]);
    });
  } else if (in.form == encoding::plain) {
    plain_texts(in, length, out, at);
  } else if (in.form == encoding::delta_length_byte_array && type == physical::byte_array) {
    decode_delta_length(in.data, in.count, out, at);
  } else if (in.form == encoding::delta_byte_array && type != physical::int96) {
    decode_delta_bytes(in.data, in.count, out, store, limit, at);
  } else if (in.form == encoding::byte_stream_split && type == physical::fixed) {
    split_texts(in, length, out, store, at);
  } else {
    refuse_encoding(in, type, at);
  }
  if (length == 0) return;
  for (const std::string_view text : out) {
    if (text.size() != length) {
      at.corrupt("value of a fixed-length column has another length", std::to_string(text.size()),
                 std::to_string(length));
    }
  }
}

}  // namespace twill::table::detail::pq
