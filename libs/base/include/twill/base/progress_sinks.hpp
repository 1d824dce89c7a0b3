// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/progress.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

namespace twill {

class settings;
template <class T>
struct setting;

/// How progress is shown.
enum class progress_mode : std::uint8_t {
  automatic,  ///< `auto`: a bar on a terminal, plain lines elsewhere
  bar,        ///< redrawn in place, one line a stage
  plain,      ///< a line for each ten percent or each interval
  json,       ///< JSON lines
  none
};

/// `auto`, `bar`, ...
[[nodiscard]] std::string_view name_of(progress_mode mode) noexcept;
[[nodiscard]] std::optional<progress_mode> parse_progress_mode(std::string_view text) noexcept;

/// The mode that `progress` (`--progress`, `TWILL_PROGRESS`) decides. Requires: the catalogue's declaration
/// of it. Throws: error(errc::bad_configuration).
[[nodiscard]] setting<progress_mode> progress_mode_setting(settings& from);

/// Takes text for the terminal or the log, usually stderr and never stdout. A writer that throws is not
/// called again: work goes on without its display.
using progress_writer = std::function<void(std::string_view text)>;

/// What is known of the place where progress is shown.
struct progress_display {
  bool is_tty = false;     ///< the writer leads to a terminal
  bool no_color = false;   ///< the variable NO_COLOR is there and not empty
  bool unicode = false;    ///< blocks instead of `#` and `.`
  std::size_t width = 80;  ///< columns of the terminal
  /// Least time between redraws of a bar, between JSON lines of a stage, and between plain lines inside ten
  /// percent; nothing: 100 ms, 1 s, 30 s.
  std::optional<std::chrono::nanoseconds> interval{};
};

/// A sink of that mode; null for `none`, which a stage takes as "show nothing".
[[nodiscard]] std::shared_ptr<progress_sink> make_progress_sink(progress_mode mode, progress_writer writer,
                                                                progress_display display = {});

}  // namespace twill
