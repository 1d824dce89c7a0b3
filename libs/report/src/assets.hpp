// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace twill::report::detail {

/// Colours and shapes of charts: in every SVG file, and once in a page.
[[nodiscard]] std::string_view chart_css() noexcept;
/// The look of a page around its charts.
[[nodiscard]] std::string_view report_css() noexcept;
/// Data tables, downloads, choices, light and dark.
[[nodiscard]] std::string_view page_js() noexcept;
/// Values under the pointer; needs `page_js` before it.
[[nodiscard]] std::string_view hover_js() noexcept;

}  // namespace twill::report::detail
