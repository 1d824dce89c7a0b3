// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace twill::sddp::detail {

/// One file of the folder templates/: "cascade/config.json" and its content.
struct template_file {
  std::string_view path;
  std::string_view content;
};

/// All of them, by path.
[[nodiscard]] std::span<const template_file> template_files();

}  // namespace twill::sddp::detail
