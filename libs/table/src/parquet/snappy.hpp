// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "parquet/context.hpp"

#include <span>
#include <string>

namespace twill::table::detail::pq {

/// The raw Snappy format: a length, then literals and copies of what was already written.
/// Throws: `twill::error` unless `input` decodes to exactly `output.size()` bytes.
void snappy_decompress(bytes input, std::span<std::byte> output, const context& at);

/// Appends the compressed form of `input`; the same input gives the same bytes.
void snappy_compress(bytes input, std::string& out);

}  // namespace twill::table::detail::pq
