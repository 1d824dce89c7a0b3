// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace twill::dmm::detail {

[[nodiscard]] bool is_gzip(std::string_view content) noexcept;

// What gzip packed. Throws: error (malformed_table) when it is damaged, (unsupported) in a build without
// zlib.
[[nodiscard]] std::string unpack_gzip(std::string_view content, const std::string& name);

}  // namespace twill::dmm::detail
