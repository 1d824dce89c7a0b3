// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace twill::trace {

/// A text that lives until the process ends: a string literal, or what intern() returned.
class name {
 public:
  /// The name that a literal is; it lives as long as the program.
  template <std::size_t N>
  consteval name(const char (&literal)[N]) noexcept : text_(literal) {}
  [[nodiscard]] const char* c_str() const noexcept { return text_; }

 private:
  friend name intern(std::string_view text);
  struct interned {};
  name(const char* text, interned) noexcept : text_(text) {}
  const char* text_;
};

/// A copy of the text that is kept until the process ends; equal texts share one. Meant for start-up, not for
/// loops.
[[nodiscard]] name intern(std::string_view text);

/// What a tracing session is started with.
struct options {
  std::string path{};                     ///< where stop() sends the text
  std::size_t events_per_thread = 65536;  ///< newer events overwrite older ones beyond it; 48 bytes each
  std::int64_t (*clock)() noexcept =
      nullptr;  ///< nanoseconds since any fixed point; null: std::chrono::steady_clock
};

/// Begins to record. Throws: error(errc::bad_configuration) when a session is under way or the capacity is
/// zero.
void start(options with);

/// Ends the session and returns its records as trace-event JSON, which the common trace viewers read: spans,
/// instants and counters, one process a rank, one lane a thread, times in microseconds since start(). Records
/// of threads that have ended are in it; spans that are open are not. `otherData` tells how many records were
/// overwritten. Throws: error(errc::bad_configuration) when no session is under way.
[[nodiscard]] std::string stop_to_string();

/// stop_to_string(), written to the path of start() as write_file_atomically() does it.
/// Throws: as stop_to_string and write_file_atomically; error(errc::bad_configuration) when start() was given
/// no path.
void stop();

/// stop_to_string(), handed to `write` with the path of start().
void stop(const std::function<void(const std::string& path, std::string_view text)>& write);

/// What the lane of the calling thread is called, also in sessions that start later.
void name_this_thread(std::string_view thread_name);

namespace detail {

extern std::atomic<bool> on;
/// Nanoseconds of the session's clock.
[[nodiscard]] std::int64_t now() noexcept;
void record_span(const char* what, const char* argument, std::int64_t value, std::int64_t begin) noexcept;
void record_instant(const char* what) noexcept;
void record_counter(const char* what, double value) noexcept;

}  // namespace detail

/// True while a session records. Complexity: one relaxed load.
[[nodiscard]] inline bool active() noexcept {
  // ORD relaxed [trace-on]: decides only whether to look closer; recording checks the session under the
  // ring's lock.
  return detail::on.load(std::memory_order_relaxed);
}

/// Records the time from construction to destruction; a load and a branch when nothing is traced.
class span {
 public:
  explicit span(name what) noexcept : what_(what.c_str()), begin_(active() ? detail::now() : none) {}
  /// With a number that viewers show beside the span.
  span(name what, name argument, std::int64_t value) noexcept
      : what_(what.c_str()),
        argument_(argument.c_str()),
        value_(value),
        begin_(active() ? detail::now() : none) {}
  span(const span&) = delete;
  span& operator=(const span&) = delete;
  ~span() {
    if (begin_ != none) [[unlikely]]
      detail::record_span(what_, argument_, value_, begin_);
  }

 private:
  static constexpr std::int64_t none = INT64_MIN;

  const char* what_;
  const char* argument_ = nullptr;
  std::int64_t value_ = 0;
  std::int64_t begin_;
};

/// Marks a moment on the calling thread's lane.
inline void instant(name what) noexcept {
  if (active()) [[unlikely]]
    detail::record_instant(what.c_str());
}

/// Records the value of a quantity of the process; viewers draw its course.
inline void counter(name what, double value) noexcept {
  if (active()) [[unlikely]]
    detail::record_counter(what.c_str(), value);
}

}  // namespace twill::trace
