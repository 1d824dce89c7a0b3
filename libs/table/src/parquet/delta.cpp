// SPDX-License-Identifier: Apache-2.0
#include "parquet/delta.hpp"

#include "parquet/load.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace twill::table::detail::pq {

namespace {

class cursor {
 public:
  cursor(bytes data, const context& at) : data_(data), at_(at) {}

  std::uint64_t varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto b = static_cast<std::uint8_t>(take(1)[0]);
      value |= static_cast<std::uint64_t>(b & 0x7F) << shift;
      if (b < 0x80) return value;
    }
    at_.corrupt("delta encoding holds an integer of more than 64 bits");
  }
  std::uint64_t zigzag() {
    const std::uint64_t raw = varint();
    return (raw >> 1) ^ (~(raw & 1) + 1);
  }
  bytes take(std::size_t size) {
    if (size > data_.size() - next_) at_.corrupt("delta encoding is cut short");
    next_ += size;
    return data_.subspan(next_ - size, size);
  }
  [[nodiscard]] std::size_t taken() const noexcept { return next_; }

 private:
  bytes data_;
  const context& at_;
  std::size_t next_ = 0;
};

/// Adds `count` differences of `width` bits to the running value.
void unpack_sums(bytes data, unsigned width, std::uint64_t least, std::uint64_t& last, std::uint64_t* out,
                 std::size_t count) noexcept {
  const std::uint64_t mask = width == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t bit = i * width;
    const std::size_t at = bit / 8;
    const unsigned shift = bit % 8;
    std::uint64_t value = 0;
    if (width != 0) {
      value = load_tail(data.data() + at, data.size() - at) >> shift;
      // A wide value that starts inside a byte reaches into a ninth.
      if (shift + width > 64) value |= static_cast<std::uint64_t>(data[at + 8]) << (64 - shift);
    }
    last += least + (value & mask);
    out[i] = last;
  }
}

}  // namespace

std::size_t decode_delta(bytes data, std::size_t count, std::uint64_t* out, const context& at) {
  cursor in(data, at);
  const std::uint64_t block = in.varint();
  const std::uint64_t parts = in.varint();
  const std::uint64_t total = in.varint();
  std::uint64_t last = in.zigzag();
  constexpr std::uint64_t largest_block = std::uint64_t{1} << 16;
  if (block == 0 || block % 128 != 0 || block > largest_block) {
    at.corrupt("delta block size out of range", std::to_string(block), "a multiple of 128 up to 65536");
  }
  if (parts == 0 || parts > block || block % parts != 0 || block / parts % 32 != 0) {
    at.corrupt("delta miniblock count out of range", std::to_string(parts),
               "miniblocks of a multiple of 32 values");
  }
  if (total != count) {
    at.corrupt("delta encoding holds another number of values than its page", std::to_string(total),
               std::to_string(count));
  }
  if (count == 0) return in.taken();
  out[0] = last;
  const auto per_part = static_cast<std::size_t>(block / parts);
  std::size_t done = 1;
  while (done < count) {
    const std::uint64_t least = in.zigzag();
    const bytes widths = in.take(static_cast<std::size_t>(parts));
    for (std::size_t p = 0; p < widths.size() && done < count; ++p) {
      const auto width = static_cast<unsigned>(widths[p]);
      if (width > 64) at.corrupt("delta bit width out of range", std::to_string(width), "0 to 64");
      const bytes packed = in.take(per_part * width / 8);
      const std::size_t n = std::min(per_part, count - done);
      unpack_sums(packed, width, least, last, out + done, n);
      done += n;
    }
  }
  return in.taken();
}

namespace {

/// Lengths or prefix lengths: none negative, none that reaches past 2 GiB.
std::size_t decode_lengths(bytes data, std::size_t count, std::vector<std::uint64_t>& out,
                           const context& at) {
  out.resize(count);
  const std::size_t taken = decode_delta(data, count, out.data(), at);
  for (std::uint64_t& length : out) {
    length = static_cast<std::uint32_t>(length);
    if (length > 0x7FFFFFFF) at.corrupt("negative text length in a delta encoding");
  }
  return taken;
}

}  // namespace

void decode_delta_length(bytes data, std::size_t count, std::vector<std::string_view>& out,
                         const context& at) {
  std::vector<std::uint64_t> lengths;
  std::size_t next = decode_lengths(data, count, lengths, at);
  out.clear();
  out.reserve(count);
  const char* text = reinterpret_cast<const char*>(data.data());
  for (const std::uint64_t length : lengths) {
    if (length > data.size() - next) {
      at.corrupt("text is longer than its page", fmt::format("{} bytes", length),
                 fmt::format("at most {}", data.size() - next));
    }
    out.emplace_back(text + next, static_cast<std::size_t>(length));
    next += static_cast<std::size_t>(length);
  }
}

void decode_delta_bytes(bytes data, std::size_t count, std::vector<std::string_view>& out, std::string& store,
                        std::size_t limit, const context& at) {
  std::vector<std::uint64_t> prefixes;
  const std::size_t taken = decode_lengths(data, count, prefixes, at);
  decode_delta_length(data.subspan(taken), count, out, at);
  std::uint64_t total = 0;
  std::uint64_t previous = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (prefixes[i] > previous) {
      at.corrupt("text shares more bytes than the text before it has", std::to_string(prefixes[i]),
                 fmt::format("at most {}", previous));
    }
    previous = prefixes[i] + out[i].size();
    total += previous;
    if (total > limit) {
      at.too_large("texts of one page expand beyond the memory limit", {},
                   fmt::format("at most {} bytes", limit),
                   "raise read_options::memory_limit if the file is to be trusted");
    }
  }
  store.clear();
  store.reserve(static_cast<std::size_t>(total));
  for (std::size_t i = 0, before = 0; i < count; ++i) {
    const std::size_t begin = store.size();
    store.append(store, before, static_cast<std::size_t>(prefixes[i]));
    store.append(out[i]);
    out[i] = std::string_view(store).substr(begin);
    before = begin;
  }
}

}  // namespace twill::table::detail::pq
