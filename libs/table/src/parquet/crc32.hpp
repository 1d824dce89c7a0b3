// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "parquet/context.hpp"

namespace twill::table::detail::pq {

/// The CRC-32 of gzip and Ethernet (reflected polynomial 0xEDB88320), which Parquet keeps for a page.
[[nodiscard]] std::uint32_t crc32(bytes data) noexcept;

}  // namespace twill::table::detail::pq
