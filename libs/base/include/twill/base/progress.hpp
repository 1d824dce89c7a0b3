// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace twill {

/// What became of a stage of work.
enum class progress_state : std::uint8_t { running, finished, abandoned };

/// How far one stage is. Views live until report() returns.
struct progress_update {
  std::uint64_t stage = 0;                         ///< unlike for every stage of the process, from 1
  std::uint64_t parent = 0;                        ///< 0: none
  std::size_t depth = 0;                           ///< 0: an outermost stage
  std::string_view name{};                         ///< of the stage
  std::string_view unit{};                         ///< what is counted, `samples`
  std::string_view note{};                         ///< the last note of the stage
  std::uint64_t done = 0;                          ///< never less than in an earlier update of the stage
  std::optional<std::uint64_t> total{};            ///< nothing while it is not known
  progress_state state = progress_state::running;  ///< whether the stage goes on
  std::chrono::nanoseconds now{};                  ///< of the stage's clock
  std::chrono::nanoseconds elapsed{};              ///< since the stage began
  double rate = 0;  ///< units a second since the stage began; 0 while no time has passed
  std::optional<std::chrono::nanoseconds> remaining{};  ///< at that rate; nothing while it cannot be told
};

/// Who shows progress. Made by make_progress_sink, or one's own.
class progress_sink {
 public:
  progress_sink() = default;
  progress_sink(const progress_sink&) = delete;
  progress_sink& operator=(const progress_sink&) = delete;
  virtual ~progress_sink();
  /// Thread safety: called by any thread, also by several at once. Must not call back into a stage.
  virtual void report(const progress_update& update) noexcept = 0;
  /// Puts a line of something else (a log event) where it disturbs nothing; the newline is included.
  virtual void write_line(std::string_view line) noexcept = 0;
};

/// Time since any fixed point, never going back; empty: std::chrono::steady_clock.
using progress_clock = std::function<std::chrono::nanoseconds()>;

/// One stage of long work: counts what is done and now and then tells a sink.
///
/// tick() is one relaxed addition and a comparison; only each time a stride is completed the clock is read,
/// and the stride adapts so that this happens about a hundred times a second, at least 200 times in a stage
/// of known size. A stage that is destroyed before its total is reached, or by an exception, counts as
/// abandoned, else as finished. Thread safety: tick, done and note from any thread; construction, children,
/// finish and destruction by one at a time. Invariants: (1) updates of a stage are sent under its mutex, so
/// their `done` never goes back; (2) after finish or abandon none is sent.
class progress {
 public:
  /// A null sink shows nothing and costs the addition alone.
  explicit progress(std::shared_ptr<progress_sink> sink, std::string name,
                    std::optional<std::uint64_t> total = {}, std::string unit = {},
                    progress_clock clock = {});
  progress(const progress&) = delete;
  progress& operator=(const progress&) = delete;
  ~progress();

  /// A stage within this one. Requires: it ends before this one does.
  [[nodiscard]] progress child(std::string name, std::optional<std::uint64_t> total = {},
                               std::string unit = {}) {
    return progress(*this, std::move(name), total, std::move(unit));
  }

  /// So much more is done.
  void tick(std::uint64_t n = 1) noexcept {
    // ORD relaxed [progress-done]: a count; whoever shows it reads it under the mutex and needs no other data
    // with it.
    const std::uint64_t after = done_.fetch_add(n, std::memory_order_relaxed) + n;
    // ORD relaxed [progress-next]: a threshold that may be a little old; looking early or late is harmless.
    if (after >= next_look_.load(std::memory_order_relaxed)) [[unlikely]]
      look();
  }

  /// A short text shown beside the bar: `LB 4.85000e4 gap 1.0%`.
  void note(std::string text);
  /// The end, with whatever is done by now. What comes after is counted and not shown.
  void finish() noexcept { end(progress_state::finished); }
  /// The end of work that was given up.
  void abandon() noexcept { end(progress_state::abandoned); }

  [[nodiscard]] std::uint64_t done() const noexcept {
    // ORD relaxed [progress-done]: see tick.
    return done_.load(std::memory_order_relaxed);
  }

 private:
  progress(const progress& parent, std::string name, std::optional<std::uint64_t> total, std::string unit);
  progress(std::shared_ptr<progress_sink> sink, std::string name, std::optional<std::uint64_t> total,
           std::string unit, progress_clock clock, std::uint64_t parent, std::size_t depth);
  void look() noexcept;
  void end(progress_state state) noexcept;
  void send(progress_state state, std::chrono::nanoseconds now, std::uint64_t done) noexcept;

  static constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

  // A cache line of their own: every worker writes here, nothing else may share it.
  alignas(64) std::atomic<std::uint64_t> done_{0};
  std::atomic<std::uint64_t> next_look_{never};

  alignas(64) std::shared_ptr<progress_sink> sink_;
  std::string name_;
  std::string unit_;
  std::string note_;
  std::optional<std::uint64_t> total_;
  progress_clock clock_;
  std::uint64_t stage_;
  std::uint64_t parent_;
  std::size_t depth_;
  int exceptions_;
  std::mutex mutex_;
  // Below: guarded by mutex_.
  bool ended_ = false;
  std::uint64_t stride_ = 1;
  std::uint64_t looked_done_ = 0;
  std::chrono::nanoseconds start_{};
  std::chrono::nanoseconds looked_{};
};

}  // namespace twill
