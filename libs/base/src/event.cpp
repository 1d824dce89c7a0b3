// SPDX-License-Identifier: Apache-2.0
#include "twill/base/event.hpp"

#include "twill/base/identity.hpp"
#include "twill/base/settings.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <string>
#include <utility>

namespace twill {
namespace {

constexpr std::array<std::string_view, 6> level_names = {"trace", "debug", "info", "warning", "error", "off"};

/// The installed sink. It is never destroyed, so that events of static destructors and late threads find it.
struct installation {
  std::mutex mutex;
  std::shared_ptr<event_sink> sink;
};

installation& installed() {
  static auto* const the_one = new installation;
  return *the_one;
}

}  // namespace

namespace detail {

constinit std::atomic<event_level> event_threshold{event_level::off};

void deliver_event(event_level level, std::string_view name, std::string_view message,
                   std::span<const event_field> fields) {
  std::shared_ptr<event_sink> sink;
  {
    const std::lock_guard lock(installed().mutex);
    sink = installed().sink;
  }
  if (sink == nullptr) return;
  // Called without the lock: sinks of their own accord run side by side, and a slow one does not stop an
  // installation.
  sink->receive({.level = level,
                 .name = name,
                 .message = message,
                 .fields = fields,
                 .rank = process_rank(),
                 .thread = thread_number(),
                 .time = std::chrono::system_clock::now()});
}

}  // namespace detail

event_sink::~event_sink() = default;

std::string_view name_of(event_level level) noexcept {
  return level_names[std::min<std::size_t>(static_cast<std::size_t>(level), level_names.size() - 1)];
}

std::optional<event_level> parse_event_level(std::string_view text) noexcept {
  const auto equal = [&](std::string_view name) {
    return std::ranges::equal(text, name, [](char x, char y) {
      return (x >= 'A' && x <= 'Z' ? static_cast<char>(x - 'A' + 'a') : x) == y;
    });
  };
  for (std::size_t i = 0; i < level_names.size(); ++i) {
    if (equal(level_names[i])) return static_cast<event_level>(i);
  }
  if (equal("warn")) return event_level::warning;
  return std::nullopt;
}

setting<event_level> event_level_setting(settings& from) {
  auto text = from.get_text("log_level");
  return {parse_event_level(text.value).value_or(event_level::warning), text.from, std::move(text.source)};
}

std::shared_ptr<event_sink> install_event_sink(std::shared_ptr<event_sink> sink, event_level least) {
  const std::lock_guard lock(installed().mutex);
  const event_level threshold = sink == nullptr ? event_level::off : least;
  installed().sink.swap(sink);
  // ORD relaxed [event-threshold]: a hint only; whoever acts on it takes the sink under the mutex held here.
  detail::event_threshold.store(threshold, std::memory_order_relaxed);
  return sink;
}

}  // namespace twill
