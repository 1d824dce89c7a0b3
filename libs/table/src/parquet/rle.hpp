// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "parquet/context.hpp"

#include <string>

namespace twill::table::detail::pq {

/// Unpacks `count` values of `width` bits (0 to 32), least significant bit first, from the start of `data`.
/// Requires: `data` holds at least `count * width` bits.
void unpack_bits(bytes data, unsigned width, std::uint32_t* out, std::size_t count) noexcept;

/// The RLE / bit-packed hybrid: levels, dictionary indices and booleans.
class hybrid_decoder {
 public:
  /// Throws: `twill::error` when `width` is above 32. `at` must outlive the decoder.
  hybrid_decoder(bytes data, unsigned width, const context& at);

  /// Throws: `twill::error` when the data end before `count` values.
  void decode(std::uint32_t* out, std::size_t count);
  /// Width 1: one byte a value; returns how many are 1.
  std::size_t decode_flags(std::uint8_t* out, std::size_t count);

 private:
  void next_run();

  bytes data_;
  unsigned width_;
  const context& at_;
  std::size_t next_ = 0;
  std::size_t left_ = 0;  // values left in the run
  bool packed_ = false;
  std::uint32_t value_ = 0;  // of a repeated run
  bytes run_{};              // of a packed run
  std::size_t taken_ = 0;    // values taken from the packed run
};

/// Appends `count` values of `width` bits in the hybrid form: long repeats as runs, the rest bit-packed.
void encode_hybrid(const std::uint32_t* values, std::size_t count, unsigned width, std::string& out);

/// Bits that hold every value up to `largest`.
[[nodiscard]] unsigned bits_for(std::uint64_t largest) noexcept;

}  // namespace twill::table::detail::pq
