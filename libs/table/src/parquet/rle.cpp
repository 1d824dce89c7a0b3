// SPDX-License-Identifier: Apache-2.0
#include "parquet/rle.hpp"

#include "parquet/load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace twill::table::detail::pq {

unsigned bits_for(std::uint64_t largest) noexcept { return static_cast<unsigned>(std::bit_width(largest)); }

void unpack_bits(bytes data, unsigned width, std::uint32_t* out, std::size_t count) noexcept {
  const std::uint64_t mask = (std::uint64_t{1} << width) - 1;
  // A value of at most 32 bits that starts inside a byte lies within the 8 bytes from there.
  const std::size_t whole = data.size() < 8 || width == 0 ? 0 : (data.size() - 8) * 8 / width;
  std::size_t i = 0;
  for (const std::size_t fast = std::min(count, whole); i < fast; ++i) {
    const std::size_t bit = i * width;
    out[i] = static_cast<std::uint32_t>((load<std::uint64_t>(data.data() + bit / 8) >> (bit % 8)) & mask);
  }
  for (; i < count; ++i) {
    const std::size_t bit = i * width;
    const std::size_t at = std::min(bit / 8, data.size());
    out[i] = static_cast<std::uint32_t>((load_tail(data.data() + at, data.size() - at) >> (bit % 8)) & mask);
  }
}

hybrid_decoder::hybrid_decoder(bytes data, unsigned width, const context& at)
    : data_(data), width_(width), at_(at) {
  if (width > 32) at.corrupt("bit width out of range", std::to_string(width), "0 to 32");
}

void hybrid_decoder::next_run() {
  std::uint64_t header = 0;
  for (unsigned shift = 0;; shift += 7) {
    if (next_ >= data_.size()) at_.corrupt("runs of levels or indices end early", {}, "more values");
    if (shift > 35) at_.corrupt("a run of levels or indices is longer than a page can be");
    const auto b = static_cast<std::uint8_t>(data_[next_++]);
    header |= static_cast<std::uint64_t>(b & 0x7F) << shift;
    if (b < 0x80) break;
  }
  packed_ = (header & 1) != 0;
  if (packed_) {
    const std::uint64_t wanted = (header >> 1) * width_;
    // The last group may be cut short by writers that do not pad it; values beyond the bytes do not exist.
    const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(wanted, data_.size() - next_));
    run_ = data_.subspan(next_, size);
    next_ += size;
    left_ = static_cast<std::size_t>(header >> 1) * 8;
    if (width_ != 0) left_ = std::min(left_, size * 8 / width_);
    taken_ = 0;
  } else {
    const std::size_t size = (width_ + 7) / 8;
    if (data_.size() - next_ < size) at_.corrupt("a run of levels or indices is cut short");
    value_ = static_cast<std::uint32_t>(load_tail(data_.data() + next_, size));
    next_ += size;
    left_ = static_cast<std::size_t>(header >> 1);
  }
}

void hybrid_decoder::decode(std::uint32_t* out, std::size_t count) {
  while (count > 0) {
    if (left_ == 0) {
      next_run();
      continue;
    }
    const std::size_t part = std::min(left_, count);
    if (!packed_) {
      std::fill_n(out, part, value_);
    } else if (taken_ % 8 == 0) {
      unpack_bits(run_.subspan(taken_ / 8 * width_), width_, out, part);
    } else {
      // Restart at the group the run stopped in, and drop what is known from it.
      std::uint32_t group[8];
      const std::size_t skip = taken_ % 8;
      const std::size_t take = std::min(part, 8 - skip);
      unpack_bits(run_.subspan(taken_ / 8 * width_), width_, group, skip + take);
      std::copy_n(group + skip, take, out);
      taken_ += take, left_ -= take, out += take, count -= take;
      continue;
    }
    taken_ += part, left_ -= part, out += part, count -= part;
  }
}

std::size_t hybrid_decoder::decode_flags(std::uint8_t* out, std::size_t count) {
  std::size_t ones = 0;
  std::uint32_t block[512];
  while (count > 0) {
    if (left_ == 0) {
      next_run();
      continue;
    }
    if (!packed_) {
      if (value_ > 1) at_.corrupt("level out of range", std::to_string(value_), "0 or 1");
      const std::size_t part = std::min(left_, count);
      std::fill_n(out, part, static_cast<std::uint8_t>(value_));
      ones += value_ * part;
      left_ -= part, out += part, count -= part;
      continue;
    }
    const std::size_t part = std::min({left_, count, std::size_t{512}});
    decode(block, part);
    for (std::size_t i = 0; i < part; ++i) {
      out[i] = static_cast<std::uint8_t>(block[i]);
      ones += block[i];
    }
    out += part, count -= part;
  }
  return ones;
}

namespace {

void put_varint(std::uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>((value & 0x7F) | 0x80));
  out.push_back(static_cast<char>(value));
}

/// Bit-packs whole groups of eight; values past `count` are zero.
void put_packed(const std::uint32_t* values, std::size_t count, unsigned width, std::string& out) {
  const std::size_t groups = (count + 7) / 8;
  put_varint((groups << 1) | 1, out);
  const std::size_t begin = out.size();
  out.resize(begin + groups * width + 8);  // whole words are stored, the last one may reach past the end
  char* to = out.data() + begin;
  std::uint64_t pending = 0;
  unsigned filled = 0;
  for (std::size_t i = 0; i < count; ++i) {
    pending |= static_cast<std::uint64_t>(values[i]) << filled;
    filled += width;
    if (filled >= 32) {
      std::memcpy(to, &pending, 4);
      to += 4, filled -= 32, pending >>= 32;
    }
  }
  std::memcpy(to, &pending, 8);
  out.resize(begin + groups * width);
}

}  // namespace

void encode_hybrid(const std::uint32_t* values, std::size_t count, unsigned width, std::string& out) {
  std::size_t packed_from = 0;  // values that wait to be bit-packed
  std::size_t i = 0;
  while (i < count) {
    std::size_t run = 1;
    while (i + run < count && values[i + run] == values[i]) ++run;
    // A packed run covers whole groups of eight, so a repeat first fills up the group before it.
    const std::size_t fill = (8 - (i - packed_from) % 8) % 8;
    if (run >= fill + 8 || (width == 0 && run == count)) {
      if (const std::size_t waiting = i - packed_from + fill; waiting > 0) {
        put_packed(values + packed_from, waiting, width, out);
      }
      run -= fill;
      put_varint(static_cast<std::uint64_t>(run) << 1, out);
      for (unsigned b = 0; b < (width + 7) / 8; ++b)
        out.push_back(static_cast<char>((values[i] >> (8 * b)) & 0xFF));
      i += fill + run;
      packed_from = i;
    } else {
      i += run;
    }
  }
  if (packed_from < count) put_packed(values + packed_from, count - packed_from, width, out);
}

}  // namespace twill::table::detail::pq
