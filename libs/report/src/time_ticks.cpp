// SPDX-License-Identifier: Apache-2.0
#include "ticks.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <string>

namespace twill::report::detail {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

constexpr std::array<const char*, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr double seconds_a_day = 86400;

year_month_day date_of(double day) {
  return year_month_day{sys_days{days{static_cast<int>(std::floor(day))}}};
}
int year_of(const year_month_day& d) { return static_cast<int>(d.year()); }
unsigned month_of(const year_month_day& d) { return static_cast<unsigned>(d.month()); }

std::string month_name(const year_month_day& d) { return month_names[month_of(d) - 1]; }

std::string two_digits(std::int64_t v) { return (v < 10 ? "0" : "") + std::to_string(v); }

/// Months are counted from January of the year 0.
double first_of_month(std::int64_t index) {
  const std::chrono::year year{static_cast<int>(index / 12)};
  const std::chrono::month month{static_cast<unsigned>(index % 12) + 1};
  return static_cast<double>(sys_days{year / month / 1}.time_since_epoch().count());
}

/// One way to place ticks: every so many seconds, or every so many months.
struct time_step {
  std::int64_t seconds;
  std::int64_t months;
};

constexpr std::array<time_step, 33> time_steps{{
    {1, 0},     {2, 0},     {5, 0},     {10, 0},    {15, 0},     {30, 0},     {60, 0},
    {120, 0},   {300, 0},   {600, 0},   {900, 0},   {1800, 0},   {3600, 0},   {7200, 0},
    {10800, 0}, {21600, 0}, {43200, 0}, {86400, 0}, {172800, 0}, {604800, 0}, {1209600, 0},
    {0, 1},     {0, 2},     {0, 3},     {0, 6},     {0, 12},     {0, 24},     {0, 60},
    {0, 120},   {0, 240},   {0, 600},   {0, 1200},  {0, 12000},
}};

std::vector<double> places(interval domain, time_step step) {
  std::vector<double> values;
  if (step.months > 0) {
    const year_month_day start = date_of(domain.lo);
    std::int64_t month = std::int64_t{year_of(start)} * 12 + month_of(start) - 1;
    month -= month % step.months;
    for (double v = first_of_month(month); v <= domain.hi; v = first_of_month(month += step.months)) {
      if (v >= domain.lo) values.push_back(v);
      if (month + step.months >= std::int64_t{10000} * 12) break;
    }
    return values;
  }
  // Weeks begin on Mondays; 1970-01-05 was one.
  const double origin = step.seconds % 604800 == 0 ? 4 * seconds_a_day : 0;
  const auto size = static_cast<double>(step.seconds);
  for (double i = std::ceil((domain.lo * seconds_a_day - origin) / size - 1e-9);; ++i) {
    const double v = (origin + i * size) / seconds_a_day;
    if (v > domain.hi) break;
    values.push_back(std::max(v, domain.lo));
  }
  return values;
}

double rough_count(interval domain, time_step step) {
  const double size = step.months > 0 ? static_cast<double>(step.months) * 30.436875 * seconds_a_day
                                      : static_cast<double>(step.seconds);
  return (domain.hi - domain.lo) * seconds_a_day / size;
}

tick labelled(double value, time_step step) {
  tick t{.value = value};
  const auto seconds = static_cast<std::int64_t>(std::llround(value * seconds_a_day));
  const auto day = std::floor(static_cast<double>(seconds) / seconds_a_day);
  const year_month_day date = date_of(day);
  if (step.months >= 12) {
    t.label = std::to_string(year_of(date));
  } else if (step.months > 0) {
    t.label = month_name(date);
    t.below = std::to_string(year_of(date));
  } else if (step.seconds >= 86400) {
    t.label = std::to_string(static_cast<unsigned>(date.day()));
    t.below = month_name(date) + " " + std::to_string(year_of(date));
  } else {
    const std::int64_t clock = seconds - static_cast<std::int64_t>(day) * 86400;
    t.label = two_digits(clock / 3600) + ":" + two_digits(clock / 60 % 60);
    if (step.seconds < 60) t.label += ":" + two_digits(clock % 60);
    t.below = std::to_string(static_cast<unsigned>(date.day())) + " " + month_name(date) + " " +
              std::to_string(year_of(date));
  }
  return t;
}

}  // namespace

tick_set time_ticks(interval domain, int most) {
  // The years 0 to 9999.
  domain.lo = std::clamp(domain.lo, -719528.0, 2932896.0);
  domain.hi = std::clamp(domain.hi, domain.lo, 2932896.0);
  const auto limit = static_cast<std::size_t>(std::max(most, 2));
  tick_set set;
  for (const time_step& step : time_steps) {
    if (rough_count(domain, step) > static_cast<double>(limit) + 1) continue;
    const std::vector<double> values = places(domain, step);
    if (values.size() > limit) continue;
    std::string before;
    for (const double v : values) {
      tick t = labelled(v, step);
      if (t.below == before) {
        t.below.clear();
      } else {
        before = t.below;
      }
      set.ticks.push_back(std::move(t));
    }
    break;
  }
  return set;
}

}  // namespace twill::report::detail
