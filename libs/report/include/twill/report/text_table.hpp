// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/report/data.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace twill::report {

/// How the lines of a table are drawn.
enum class table_style : std::uint8_t {
  plain,  ///< columns two spaces apart, a rule of hyphens below the header
  ascii,  ///< `+`, `-` and `|` all around
  box     ///< the same with the box characters of Unicode
};

/// What happens to a text that is wider than its column may be.
enum class overflow : std::uint8_t {
  truncate,  ///< its beginning and an ellipsis
  wrap       ///< further lines, broken at spaces where there are some
};

/// How a table is written for a terminal.
struct text_table_options {
  table_style style = table_style::box;     ///< the lines around cells
  std::size_t max_width = 0;                ///< columns of the terminal; 0: as wide as the table is
  overflow when_wide = overflow::truncate;  ///< what happens to cells beyond max_width
  bool colours = false;   ///< the header in bold; callers ask for it on a terminal, without NO_COLOR
  std::string missing{};  ///< what stands for a missing value
};

/// The table in lines of text, numbers at the right with their points below each other, all else at the left.
///
/// Widths are those of a terminal: combining marks take no column, East Asian wide characters two. Control
/// characters and broken UTF-8 appear as U+FFFD, line breaks and tabs as spaces: no cell can leave its place
/// or send a command to the terminal. Texts are narrowed before numbers; a terminal too narrow for three
/// columns a cell is overrun.
[[nodiscard]] std::string to_text(const data_table& table, const text_table_options& options = {});

}  // namespace twill::report
