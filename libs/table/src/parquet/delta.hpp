// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "parquet/context.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace twill::table::detail::pq {

/// DELTA_BINARY_PACKED: blocks of differences, bit-packed above the least of each block. Values come out as
/// 64 bits that wrap; 32-bit columns keep the lower half. Returns how many bytes of `data` the values took.
/// Throws: `twill::error` unless the data hold exactly `count` values.
std::size_t decode_delta(bytes data, std::size_t count, std::uint64_t* out, const context& at);

/// DELTA_LENGTH_BYTE_ARRAY: all lengths, then all texts; the views point into `data`.
void decode_delta_length(bytes data, std::size_t count, std::vector<std::string_view>& out,
                         const context& at);

/// DELTA_BYTE_ARRAY: shared prefix lengths, then the suffixes; the views point into `store`, which may hold
/// at most `limit` bytes: prefixes let a small page expand without bound.
void decode_delta_bytes(bytes data, std::size_t count, std::vector<std::string_view>& out, std::string& store,
                        std::size_t limit, const context& at);

}  // namespace twill::table::detail::pq
