// SPDX-License-Identifier: Apache-2.0
#include "progress_text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace twill::detail {

std::string clock_text(std::chrono::nanoseconds t) {
  const auto all = std::chrono::floor<std::chrono::seconds>(std::max(t, std::chrono::nanoseconds{0})).count();
  const auto hours = all / 3600;
  const std::string rest = fmt::format(":{:02}:{:02}", all / 60 % 60, all % 60);
  if (hours < 100) return fmt::format("{:02}{}", hours, rest);
  return fmt::format("{}d {:02}{}", hours / 24, hours % 24, rest);
}

std::string rate_text(double rate, std::string_view unit) {
  if (!(rate > 0)) return {};
  const int decimals = rate < 10 ? 2 : rate < 100 ? 1 : 0;
  std::string text =
      rate < 0.01 || rate >= 1e7 ? fmt::format("{:.2e}", rate) : fmt::format("{:.{}f}", rate, decimals);
  if (!unit.empty()) text += fmt::format(" {}", unit);
  return text + "/s";
}

std::string count_text(const progress_update& update) {
  std::string text = update.total ? fmt::format("{:>{}}/{}", update.done,
                                                fmt::formatted_size("{}", *update.total), *update.total)
                                  : fmt::format("{}", update.done);
  if (!update.unit.empty()) text += ' ' + one_line(update.unit);
  return text;
}

unsigned percent(const progress_update& update) noexcept {
  const std::uint64_t total = *update.total;
  if (update.done >= total) return 100;
  // Below 2^57 exact; above, the share of a hundredth that is lost does not show.
  if (total < (std::uint64_t{1} << 57)) return static_cast<unsigned>(update.done * 100 / total);
  return static_cast<unsigned>(update.done / (total / 100));
}

std::string time_text(const progress_update& update) {
  if (!update.remaining) return fmt::format("[{}]", clock_text(update.elapsed));
  return fmt::format("[{} < {}]", clock_text(update.elapsed), clock_text(*update.remaining));
}

std::size_t columns(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string_view first_columns(std::string_view text, std::size_t count) noexcept {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80 && seen++ == count) return text.substr(0, i);
  }
  return text;
}

std::string one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return line;
}

std::string ending_text(const progress_update& update) {
  const bool finished = update.state == progress_state::finished;
  std::string text = fmt::format("{}: {}{} {} {}", one_line(update.name), finished ? "" : "stopped at ",
                                 count_text(update), finished ? "in" : "after", clock_text(update.elapsed));
  if (const std::string rate = rate_text(update.rate, update.unit); finished && !rate.empty())
    text += fmt::format(" ({})", one_line(rate));
  if (!update.note.empty()) text += "  " + one_line(update.note);
  return text;
}

}  // namespace twill::detail
