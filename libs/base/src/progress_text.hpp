// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/progress.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

namespace twill::detail {

/// `00:03:10`; from 100 hours on with days, `4d 04:00:00`.
[[nodiscard]] std::string clock_text(std::chrono::nanoseconds t);
/// `12.3 scenarios/s`, three significant digits; empty for a rate of zero.
[[nodiscard]] std::string rate_text(double rate, std::string_view unit);
/// `37/200 iterations`, or `37 iterations`.
[[nodiscard]] std::string count_text(const progress_update& update);
/// Percent done, rounded down and at most 100. Requires: a total.
[[nodiscard]] unsigned percent(const progress_update& update) noexcept;
/// `[00:03:10 < 00:13:55]`, or `[00:03:10]` while the rest cannot be told.
[[nodiscard]] std::string time_text(const progress_update& update);
/// Columns of UTF-8 text, one a code point.
[[nodiscard]] std::size_t columns(std::string_view text) noexcept;
/// The first so many columns.
[[nodiscard]] std::string_view first_columns(std::string_view text, std::size_t count) noexcept;
/// Without control characters, which would move a terminal's cursor.
[[nodiscard]] std::string one_line(std::string_view text);
/// What remains in view when a stage has ended: `Training: 200/200 iterations in 00:03:10`.
[[nodiscard]] std::string ending_text(const progress_update& update);

}  // namespace twill::detail
