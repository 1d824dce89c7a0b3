// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace twill::comm::launch {

/// The file that a shell would execute for `word`: itself where it has a slash, else the first on `path`.
/// Throws: twill::error(errc::cannot_read) that says whether nothing is there or it cannot be executed, with
/// a hint.
[[nodiscard]] std::string find_program(const std::string& word, std::string_view path);

}  // namespace twill::comm::launch
