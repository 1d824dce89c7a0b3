// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

/// What the loader knows of programs and libraries in this process.
namespace twill::hybrid::detail {

/// The linker's build id, in hexadecimal digits, of the program or library that this function is in; empty:
/// linked without one.
[[nodiscard]] std::string build_id();
/// The path of the first loaded library whose file name begins so; empty: none.
[[nodiscard]] std::string loaded_library(std::string_view begins);

}  // namespace twill::hybrid::detail
