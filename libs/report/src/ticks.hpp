// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace twill::report::detail {

/// A place on an axis. A tick without a label is a minor one.
struct tick {
  double value = 0;
  std::string label{};
  std::string below{};  ///< the second line of a time axis: the year under a month, the day under an hour
};

/// The ticks of an axis and what its labels are multiplied with.
struct tick_set {
  std::vector<tick> ticks{};  ///< in increasing order, all within the interval asked for
  double step = 0;            ///< the distance of linear ticks, 0 on other axes
  int power = 0;              ///< labels show value / 10^power
};

/// An interval of finite doubles, `lo < hi`.
struct interval {
  double lo = 0;
  double hi = 1;
};

/// What an axis can show of data between two values: finite, and so wide that its ticks are distinct doubles.
/// Equal bounds are moved apart, wild ones (beyond 1e300) brought in.
[[nodiscard]] interval usable(double lo, double hi) noexcept;
/// The same for a logarithmic axis: both bounds positive. `lo` is the smallest positive value of the data.
[[nodiscard]] interval usable_log(double lo, double hi) noexcept;

/// Multiples of 1, 2 or 5 times a power of ten: the smallest such step that gives at most `most` ticks (at
/// least two). `power` is a multiple of three, other than zero only where plain labels would be long. With
/// `whole`, the step is at least 1: there is nothing between counts.
[[nodiscard]] tick_set linear_ticks(interval domain, int most, bool si_prefix, bool whole = false);
/// Powers of ten; with 2 and 5 between them on short axes; as `linear_ticks` below one decade.
[[nodiscard]] tick_set log_ticks(interval domain, int most, bool si_prefix);
/// Round times from seconds to centuries; values are days from 1970-01-01.
[[nodiscard]] tick_set time_ticks(interval domain, int most);

/// The interval grown to whole multiples of the step that `linear_ticks` takes.
[[nodiscard]] interval rounded_out(interval domain, int most, bool whole = false);

/// The prefix of the International System of a power of ten that is a multiple of 3 from -24 to 24, else
/// nothing.
[[nodiscard]] std::string si_prefix_of(int power);
/// `10` with a raised exponent.
[[nodiscard]] std::string power_of_ten_text(int power);
/// `coefficient * 10^exponent` in digits, thousands set apart by thin spaces, with a true minus sign.
[[nodiscard]] std::string decimal_label(std::int64_t coefficient, int exponent);

}  // namespace twill::report::detail
