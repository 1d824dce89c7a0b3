// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

namespace twill {

class settings;
template <class T>
struct setting;

/// How much an event matters; `off` is a threshold only.
enum class event_level : std::uint8_t { trace, debug, info, warning, error, off };

/// `trace`, `debug`, ...
[[nodiscard]] std::string_view name_of(event_level level) noexcept;

/// The level of that name, upper and lower case taken as equal; `warn` is `warning`.
[[nodiscard]] std::optional<event_level> parse_event_level(std::string_view text) noexcept;

/// The level that `log_level` (`--log-level`, `TWILL_LOG`) decides. Requires: the catalogue's declaration of
/// it. Throws: error(errc::bad_configuration).
[[nodiscard]] setting<event_level> event_level_setting(settings& from);

/// A named value of an event. Texts are not copied: they live until emit() returns.
class event_field {
 public:
  /// What a field may hold; texts are borrowed for the length of the call.
  using content = std::variant<bool, std::int64_t, std::uint64_t, double, std::string_view>;

  event_field(std::string_view name, bool v) noexcept : name_(name), value_(v) {}
  event_field(std::string_view name, double v) noexcept : name_(name), value_(v) {}
  event_field(std::string_view name, std::string_view v) noexcept : name_(name), value_(v) {}
  event_field(std::string_view name, const char* v) noexcept : name_(name), value_(std::string_view(v)) {}
  template <std::signed_integral Integer>
  event_field(std::string_view name, Integer v) noexcept : name_(name), value_(std::int64_t{v}) {}
  template <std::unsigned_integral Integer>
  event_field(std::string_view name, Integer v) noexcept : name_(name), value_(std::uint64_t{v}) {}

  [[nodiscard]] std::string_view name() const noexcept { return name_; }
  [[nodiscard]] const content& value() const noexcept { return value_; }

 private:
  std::string_view name_;
  content value_;
};

/// Something that happened. Views live until the sink's receive() returns.
struct event {
  event_level level = event_level::info;         ///< how much it matters
  std::string_view name{};                       ///< dotted, the part first: `par.pool.oversubscribed`
  std::string_view message{};                    ///< a sentence for people, without capital and full stop
  std::span<const event_field> fields{};         ///< typed values, in the order of the emitter
  int rank = -1;                                 ///< -1: not known
  std::uint32_t thread = 0;                      ///< number of the emitting thread, see identity.hpp
  std::chrono::system_clock::time_point time{};  ///< when it was emitted
};

/// Who is told about events. Libraries never print: an application installs a sink.
class event_sink {
 public:
  event_sink() = default;
  event_sink(const event_sink&) = delete;
  event_sink& operator=(const event_sink&) = delete;
  virtual ~event_sink();
  /// Thread safety: called by any thread, also by several at once. It emits no events itself.
  virtual void receive(const event& e) = 0;
};

/// Makes the sink the process's receiver of events of at least that level and returns the one before; null:
/// nobody is told anything, as at program start. Thread safety: any thread; a sink that is replaced may still
/// receive events that were being emitted, so it is kept alive by them.
std::shared_ptr<event_sink> install_event_sink(std::shared_ptr<event_sink> sink,
                                               event_level least = event_level::info);

namespace detail {

// Holds event_level::off while no sink is installed.
extern std::atomic<event_level> event_threshold;
void deliver_event(event_level level, std::string_view name, std::string_view message,
                   std::span<const event_field> fields);

}  // namespace detail

/// True when an event of that level reaches somebody. Complexity: one relaxed load.
[[nodiscard]] inline bool event_wanted(event_level level) noexcept {
  // ORD relaxed [event-threshold]: only decides whether to look for the sink, which deliver_event takes under
  // a lock.
  return level >= detail::event_threshold.load(std::memory_order_relaxed);
}

/// Tells the installed sink; one load and one branch when nobody wants the level.
/// Throws: what the sink throws. Thread safety: any thread.
inline void emit(event_level level, std::string_view name, std::string_view message,
                 std::initializer_list<event_field> fields = {}) {
  if (event_wanted(level)) [[unlikely]] {
    detail::deliver_event(level, name, message, {fields.begin(), fields.size()});
  }
}

}  // namespace twill
