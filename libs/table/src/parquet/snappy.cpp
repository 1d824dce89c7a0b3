// SPDX-License-Identifier: Apache-2.0
#include "parquet/snappy.hpp"

#include "parquet/load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <vector>

namespace twill::table::detail::pq {

namespace {

/// Copies within the output; an overlapping copy repeats its last `offset` bytes.
void copy_back(std::byte* out, std::size_t offset, std::size_t length, std::size_t room) noexcept {
  if (offset >= 8 && room >= length + 8) {
    for (std::size_t i = 0; i < length; i += 8) std::memcpy(out + i, out + i - offset, 8);
    return;
  }
  for (std::size_t i = 0; i < length; ++i) out[i] = *(out + i - offset);
}

std::size_t read_length(bytes in, std::size_t& next, const context& at) {
  std::uint64_t size = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    if (next >= in.size()) at.corrupt("Snappy data end inside their length");
    const auto b = static_cast<std::uint8_t>(in[next++]);
    size |= static_cast<std::uint64_t>(b & 0x7F) << shift;
    if (b < 0x80) return static_cast<std::size_t>(size);
  }
  at.corrupt("Snappy length has more than 32 bits");
}

}  // namespace

void snappy_decompress(bytes in, std::span<std::byte> output, const context& at) {
  std::size_t next = 0;
  const std::size_t declared = read_length(in, next, at);
  if (declared != output.size()) {
    at.corrupt("Snappy length differs from the page header", std::to_string(declared),
               std::to_string(output.size()));
  }
  std::size_t done = 0;
  while (next < in.size()) {
    const auto tag = static_cast<unsigned>(in[next++]);
    const std::size_t left = in.size() - next;
    std::size_t length = 0;
    std::size_t offset = 0;
    if ((tag & 3) == 0) {
      length = (tag >> 2) + 1;
      if (length > 60) {
        const std::size_t extra = length - 60;
        if (extra > left) at.corrupt("Snappy literal is cut short");
        length = static_cast<std::size_t>(load_tail(in.data() + next, extra)) + 1;
        next += extra;
      }
      if (length > in.size() - next || length > output.size() - done) {
        at.corrupt("Snappy literal runs past its page", fmt::format("{} bytes", length));
      }
      std::memcpy(output.data() + done, in.data() + next, length);
      next += length;
      done += length;
      continue;
    }
    const std::size_t extra = (tag & 3) == 3 ? 4 : tag & 3;
    if (extra > left) at.corrupt("Snappy copy is cut short");
    offset = static_cast<std::size_t>(load_tail(in.data() + next, extra));
    next += extra;
    if ((tag & 3) == 1) {
      length = ((tag >> 2) & 7) + 4;
      offset |= static_cast<std::size_t>(tag >> 5) << 8;
    } else {
      length = (tag >> 2) + 1;
    }
    if (offset == 0 || offset > done || length > output.size() - done) {
      at.corrupt("Snappy copy reaches outside its page", fmt::format("offset {}, length {}", offset, length));
    }
    copy_back(output.data() + done, offset, length, output.size() - done);
    done += length;
  }
  if (done != output.size()) {
    at.corrupt("Snappy data end early", fmt::format("{} bytes", done), std::to_string(output.size()));
  }
}

namespace {

void put_literal(const std::byte* from, std::size_t length, std::string& out) {
  if (length == 0) return;
  const std::size_t n = length - 1;
  if (n < 60) {
    out.push_back(static_cast<char>(n << 2));
  } else {
    const unsigned extra = n < 256 ? 1 : n < 65536 ? 2 : 3;  // a block holds 64 KiB
    out.push_back(static_cast<char>((59 + extra) << 2));
    for (unsigned b = 0; b < extra; ++b) out.push_back(static_cast<char>((n >> (8 * b)) & 0xFF));
  }
  out.append(reinterpret_cast<const char*>(from), length);
}

void put_copy(std::size_t offset, std::size_t length, std::string& out) {
  while (length > 0) {
    // No part may be shorter than what the next one needs; any length from 1 to 64 is legal here.
    const std::size_t part = std::min<std::size_t>(length, 64);
    out.push_back(static_cast<char>(((part - 1) << 2) | 2));
    out.push_back(static_cast<char>(offset & 0xFF));
    out.push_back(static_cast<char>(offset >> 8));
    length -= part;
  }
}

/// One block of at most 64 KiB: greedy matches found through a hash of the next four bytes.
void compress_block(bytes in, std::vector<std::uint16_t>& heads, std::string& out) {
  constexpr unsigned hash_bits = 14;
  heads.assign(std::size_t{1} << hash_bits, 0);
  const std::byte* base = in.data();
  std::size_t literal = 0;
  std::size_t i = 1;
  std::size_t misses = 32;
  while (i + 8 <= in.size()) {
    const auto word = load<std::uint32_t>(base + i);
    std::uint16_t& head = heads[(word * 0x1E35A7BDU) >> (32 - hash_bits)];
    const std::size_t match = head;
    head = static_cast<std::uint16_t>(i);
    if (load<std::uint32_t>(base + match) != word || match >= i) {
      i += misses++ >> 5;  // data without repeats are passed over in growing steps
      continue;
    }
    std::size_t length = 4;
    while (i + length < in.size() && base[i + length] == base[match + length]) ++length;
    put_literal(base + literal, i - literal, out);
    put_copy(i - match, length, out);
    i += length;
    literal = i;
    misses = 32;
  }
  put_literal(base + literal, in.size() - literal, out);
}

}  // namespace

void snappy_compress(bytes in, std::string& out) {
  std::uint64_t size = in.size();
  for (; size >= 0x80; size >>= 7) out.push_back(static_cast<char>((size & 0x7F) | 0x80));
  out.push_back(static_cast<char>(size));
  std::vector<std::uint16_t> heads;
  constexpr std::size_t block = 65536;
  for (std::size_t at = 0; at < in.size(); at += block) {
    compress_block(in.subspan(at, std::min(block, in.size() - at)), heads, out);
  }
}

}  // namespace twill::table::detail::pq
