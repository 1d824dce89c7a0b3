// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace twill {

/// A library that this build looked for, and what it gives.
struct build_dependency {
  std::string_view name;     ///< as its authors write it
  bool found;                ///< whether this build uses it
  std::string_view version;  ///< empty when not found or not told
  std::string_view gives;    ///< the feature it enables
  std::string_view how;      ///< how to get it
};

/// How this copy of the library was built.
struct build_information {
  std::string_view version;                        ///< `major.minor.patch` (semver.org)
  std::string_view build_type;                     ///< CMake's build type
  std::string_view compiler;                       ///< name and version
  std::string_view sanitizers;                     ///< empty in ordinary builds
  std::string_view parts;                          ///< the parts that were built, separated by spaces
  std::span<const build_dependency> dependencies;  ///< what was looked for, found or not
};

/// Facts fixed when the library was compiled; the same for the life of the process.
[[nodiscard]] const build_information& build_info() noexcept;

}  // namespace twill
