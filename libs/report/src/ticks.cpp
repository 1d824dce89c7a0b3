// SPDX-License-Identifier: Apache-2.0
#include "ticks.hpp"

#include "twill/base/number.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace twill::report::detail {
namespace {

/// A step of `mantissa * 10^exponent`; its multiples are counted in whole numbers, so that labels carry no
/// rounding.
struct decimal_step {
  int mantissa;
  int exponent;
};

/// The double next to a decimal: through its digits, because powers of ten are not exact.
double value_of(std::int64_t coefficient, int exponent) {
  return parse_double(std::to_string(coefficient) + "e" + std::to_string(exponent)).value;
}

struct multiples {
  std::int64_t first;
  std::int64_t last;
  [[nodiscard]] std::int64_t count() const noexcept { return last - first + 1; }
};

multiples multiples_within(interval domain, decimal_step step) {
  const double size = value_of(step.mantissa, step.exponent);
  multiples m{static_cast<std::int64_t>(std::ceil(domain.lo / size)),
              static_cast<std::int64_t>(std::floor(domain.hi / size))};
  // The quotients are rounded: a bound that is a multiple itself may have fallen on the wrong side.
  const auto at = [&](std::int64_t i) { return value_of(i * step.mantissa, step.exponent); };
  if (at(m.first - 1) >= domain.lo) --m.first;
  if (at(m.first) < domain.lo) ++m.first;
  if (at(m.last + 1) <= domain.hi) ++m.last;
  if (at(m.last) > domain.hi) --m.last;
  return m;
}

decimal_step choose_step(interval domain, int most, bool whole) {
  const int limit = std::max(most, 2);
  const double rough = (domain.hi - domain.lo) / limit;
  const int start = static_cast<int>(std::floor(std::log10(rough))) - 1;
  for (int exponent = start; exponent <= start + 4; ++exponent) {
    for (const int mantissa : {1, 2, 5}) {
      const decimal_step step{mantissa, exponent};
      if (whole && exponent < 0) continue;
      if ((domain.hi - domain.lo) / value_of(mantissa, exponent) > limit + 1.0) continue;
      if (multiples_within(domain, step).count() <= limit) return step;
    }
  }
  return {1, whole ? std::max(start + 5, 0) : start + 5};
}

int label_power(interval domain, bool si_prefix) {
  const double largest = std::max(std::fabs(domain.lo), std::fabs(domain.hi));
  const double high = si_prefix ? 1e4 : 1e6;
  const double low = si_prefix ? 0.1 : 1e-3;
  if (largest < high && largest >= low) return 0;
  const int power = static_cast<int>(std::floor(std::log10(largest) / 3.0 + 1e-12)) * 3;
  return si_prefix ? std::clamp(power, -24, 24) : power;
}

}  // namespace

interval usable(double lo, double hi) noexcept {
  constexpr double most = 1e300;
  constexpr double least = 1e-290;
  if (!std::isfinite(lo) || !std::isfinite(hi)) return {0, 1};
  if (lo > hi) std::swap(lo, hi);
  lo = std::clamp(lo, -most, most);
  hi = std::clamp(hi, -most, most);
  const double largest = std::max(std::fabs(lo), std::fabs(hi));
  if (largest < least) return {0, 1};
  if (hi - lo >= largest * 1e-10) return {lo, hi};
  const double middle = lo + (hi - lo) / 2;
  const double half = std::max(largest * 0.1, least);
  return {middle - half, middle + half};
}

interval usable_log(double lo, double hi) noexcept {
  constexpr double most = 1e300;
  constexpr double least = 1e-300;
  if (!(lo > 0) || !(hi > 0) || !std::isfinite(lo) || !std::isfinite(hi)) return {1, 10};
  lo = std::clamp(lo, least, most);
  hi = std::clamp(hi, least, most);
  if (lo > hi) std::swap(lo, hi);
  if (hi / lo < 1.0001) return {lo / 2, hi * 2};
  return {lo, hi};
}

tick_set linear_ticks(interval domain, int most, bool si_prefix, bool whole) {
  const decimal_step step = choose_step(domain, most, whole);
  const multiples m = multiples_within(domain, step);
  tick_set set;
  set.step = value_of(step.mantissa, step.exponent);
  set.power = label_power(domain, si_prefix);
  for (std::int64_t i = m.first; i <= m.last; ++i) {
    set.ticks.push_back({.value = value_of(i * step.mantissa, step.exponent),
                         .label = decimal_label(i * step.mantissa, step.exponent - set.power)});
  }
  return set;
}

tick_set log_ticks(interval domain, int most, bool si_prefix) {
  const int limit = std::max(most, 2);
  const int first = static_cast<int>(std::floor(std::log10(domain.lo))) - 1;
  const int last = static_cast<int>(std::ceil(std::log10(domain.hi))) + 1;
  const auto inside = [&](double v) { return v >= domain.lo && v <= domain.hi; };
  int decades = 0;
  for (int e = first; e <= last; ++e) decades += inside(value_of(1, e)) ? 1 : 0;
  if (decades < 2 && domain.hi / domain.lo < 10) return linear_ticks(domain, most, si_prefix);

  const int stride = std::max(1, (decades + limit - 1) / limit);
  const bool plain = domain.lo >= 1e-4 && domain.hi <= 1e6;
  const bool between = decades * 3 <= limit || decades < 2;
  tick_set set;
  for (int e = first; e <= last; ++e) {
    for (int m = 1; m <= 9; ++m) {
      const double value = value_of(m, e);
      if (!inside(value)) continue;
      const bool major = m == 1 && ((e % stride) + stride) % stride == 0;
      const bool labelled = major || (between && (m == 2 || m == 5));
      if (!labelled && (stride > 1 || decades > 5)) continue;
      std::string label;
      if (labelled && (plain || m != 1)) {
        label = plain ? decimal_label(m, e) : std::to_string(m) + "\u00b7" + power_of_ten_text(e);
      } else if (labelled) {
        label = power_of_ten_text(e);
      }
      set.ticks.push_back({.value = value, .label = std::move(label)});
    }
  }
  return set;
}

interval rounded_out(interval domain, int most, bool whole) {
  // A wider interval may ask for a wider step; that has happened once at most after the second look.
  interval grown = domain;
  for (int look = 0; look < 2; ++look) {
    const decimal_step step = choose_step(grown, most, whole);
    const double size = value_of(step.mantissa, step.exponent);
    const double tolerance = 1e-9;
    grown.lo = value_of(static_cast<std::int64_t>(std::floor(domain.lo / size + tolerance)) * step.mantissa,
                        step.exponent);
    grown.hi = value_of(static_cast<std::int64_t>(std::ceil(domain.hi / size - tolerance)) * step.mantissa,
                        step.exponent);
    grown.lo = std::min(grown.lo, domain.lo);
    grown.hi = std::max(grown.hi, domain.hi);
  }
  return grown;
}

std::string si_prefix_of(int power) {
  constexpr std::array<const char*, 17> prefixes{"y", "z", "a", "f", "p", "n", "\u00b5", "m", "",
                                                 "k", "M", "G", "T", "P", "E", "Z",      "Y"};
  if (power % 3 != 0 || power < -24 || power > 24) return {};
  return prefixes[static_cast<std::size_t>(power / 3 + 8)];
}

std::string power_of_ten_text(int power) {
  constexpr std::array<const char*, 10> raised{"\u2070", "\u00b9", "\u00b2", "\u00b3", "\u2074",
                                               "\u2075", "\u2076", "\u2077", "\u2078", "\u2079"};
  std::string text = "10";
  if (power < 0) text += "\u207b";
  for (const char digit : std::to_string(std::abs(power)))
    text += raised[static_cast<std::size_t>(digit - '0')];
  return text;
}

std::string decimal_label(std::int64_t coefficient, int exponent) {
  if (coefficient == 0) return "0";
  std::string digits = std::to_string(coefficient < 0 ? -coefficient : coefficient);
  std::string fraction;
  if (exponent > 0) {
    digits.append(static_cast<std::size_t>(exponent), '0');
  } else if (exponent < 0) {
    const auto places = static_cast<std::size_t>(-exponent);
    if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
    fraction = digits.substr(digits.size() - places);
    digits.erase(digits.size() - places);
    // All ticks of an axis would show the same needless zeros.
    while (!fraction.empty() && fraction.back() == '0') fraction.pop_back();
  }
  std::string text = coefficient < 0 ? "\u2212" : "";
  const std::size_t size = digits.size();
  for (std::size_t i = 0; i < size; ++i) {
    if (i > 0 && (size - i) % 3 == 0 && size > 4) text += "\u202f";
    text += digits[i];
  }
  if (!fraction.empty()) text += "." + fraction;
  return text;
}

}  // namespace twill::report::detail
