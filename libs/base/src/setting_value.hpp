// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/settings.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace twill::detail {

/// A setting's text read by its kind; `wrong` says what is the matter when it cannot be.
template <class T>
struct setting_reading {
  std::optional<T> value;
  std::string wrong{};
};

[[nodiscard]] setting_reading<std::int64_t> read_integer(const setting_info& info, std::string_view text);
[[nodiscard]] setting_reading<double> read_real(const setting_info& info, std::string_view text);
[[nodiscard]] setting_reading<bool> read_boolean(const setting_info& info, std::string_view text);
[[nodiscard]] setting_reading<std::uint64_t> read_bytes(const setting_info& info, std::string_view text);
[[nodiscard]] setting_reading<std::chrono::nanoseconds> read_duration(const setting_info& info,
                                                                      std::string_view text);
[[nodiscard]] setting_reading<std::string> read_text(const setting_info& info, std::string_view text);

/// What is wrong with the text as a value of the setting; empty when nothing is.
[[nodiscard]] std::string fault_of(const setting_info& info, std::string_view text);

/// What the text of a value has to be, for a message: "an integer from 1 to 64".
[[nodiscard]] std::string expectation(const setting_info& info);

/// The whole finding about a malformed value.
[[nodiscard]] diagnosis malformed(const setting_info& info, std::string_view text, const location& where,
                                  std::string wrong);

}  // namespace twill::detail
