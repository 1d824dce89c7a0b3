// SPDX-License-Identifier: Apache-2.0
#include "twill/base/progress.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace twill {
namespace {

using std::chrono::nanoseconds;

/// How often a running stage reads its clock.
constexpr nanoseconds look_interval{10'000'000};
/// Looks that a stage of known size gets at least.
constexpr std::uint64_t looks_of_a_stage = 200;

constinit std::atomic<std::uint64_t> last_stage{0};

nanoseconds steady_now() {
  return std::chrono::duration_cast<nanoseconds>(std::chrono::steady_clock::now().time_since_epoch());
}

double seconds(nanoseconds t) { return std::chrono::duration<double>(t).count(); }

std::optional<nanoseconds> remaining_time(std::uint64_t done, std::optional<std::uint64_t> total,
                                          nanoseconds elapsed) {
  if (!total) return std::nullopt;
  if (done >= *total) return nanoseconds{0};
  if (done == 0 || elapsed.count() <= 0) return std::nullopt;
  const double rest =
      static_cast<double>(elapsed.count()) * (static_cast<double>(*total - done) / static_cast<double>(done));
  if (rest >= 9e18) return std::nullopt;
  return nanoseconds(static_cast<std::int64_t>(rest));
}

}  // namespace

progress_sink::~progress_sink() = default;

progress::progress(std::shared_ptr<progress_sink> sink, std::string name, std::optional<std::uint64_t> total,
                   std::string unit, progress_clock clock)
    : progress(std::move(sink), std::move(name), total, std::move(unit), std::move(clock), 0, 0) {}

progress::progress(const progress& parent, std::string name, std::optional<std::uint64_t> total,
                   std::string unit)
    : progress(parent.sink_, std::move(name), total, std::move(unit), parent.clock_, parent.stage_,
               parent.depth_ + 1) {}

progress::progress(std::shared_ptr<progress_sink> sink, std::string name, std::optional<std::uint64_t> total,
                   std::string unit, progress_clock clock, std::uint64_t parent, std::size_t depth)
    : sink_(std::move(sink)),
      name_(std::move(name)),
      unit_(std::move(unit)),
      total_(total),
      clock_(clock ? std::move(clock) : progress_clock(steady_now)),
      // ORD relaxed [progress-stage]: only that no two stages draw the same number matters.
      stage_(last_stage.fetch_add(1, std::memory_order_relaxed) + 1),
      parent_(parent),
      depth_(depth),
      exceptions_(std::uncaught_exceptions()) {
  if (sink_ == nullptr) return;
  start_ = looked_ = clock_();
  // ORD relaxed [progress-next]: whoever ticks has got the stage from this thread by other means.
  next_look_.store(1, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  send(progress_state::running, start_, 0);
}

progress::~progress() {
  const bool unwinding = std::uncaught_exceptions() > exceptions_;
  const bool short_of_total = total_ && done() < *total_;
  end(unwinding || short_of_total ? progress_state::abandoned : progress_state::finished);
}

void progress::look() noexcept {
  // Ticks of other threads do not wait for the one that looks.
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock.owns_lock() || ended_) return;
  // ORD relaxed [progress-done]: read under the mutex; coherence lets no later reader under it see less.
  const std::uint64_t done = done_.load(std::memory_order_relaxed);
  // ORD relaxed [progress-next]: changes only under the mutex that is held here.
  if (done < next_look_.load(std::memory_order_relaxed)) return;
  const nanoseconds now = clock_();
  const nanoseconds passed = now - looked_;
  const std::uint64_t ticked = done - looked_done_;
  // The stride that would have taken look_interval at the pace since the last look; it grows twofold at most,
  // because a burst tells little about the pace to come and a stride that is too long is not noticed until it
  // ends.
  std::uint64_t wanted = stride_ > never / 4 ? stride_ : 2 * stride_;
  if (passed.count() > 0) {
    const double pace = static_cast<double>(ticked) * seconds(look_interval) / seconds(passed);
    if (pace < static_cast<double>(wanted))
      wanted = std::max<std::uint64_t>(1, static_cast<std::uint64_t>(pace));
  }
  if (total_) wanted = std::min(wanted, std::max<std::uint64_t>(1, *total_ / looks_of_a_stage));
  stride_ = wanted;
  looked_ = now;
  looked_done_ = done;
  // ORD relaxed [progress-next]: see tick.
  next_look_.store(done > never - stride_ ? never : done + stride_, std::memory_order_relaxed);
  send(progress_state::running, now, done);
}

void progress::note(std::string text) {
  const std::lock_guard lock(mutex_);
  note_ = std::move(text);
}

void progress::end(progress_state state) noexcept {
  const std::lock_guard lock(mutex_);
  if (ended_) return;
  ended_ = true;
  // ORD relaxed [progress-next]: later ticks need not look; one that does finds ended_ under the mutex.
  next_look_.store(never, std::memory_order_relaxed);
  if (sink_ != nullptr) send(state, clock_(), done());
}

void progress::send(progress_state state, nanoseconds now, std::uint64_t done) noexcept {
  const nanoseconds elapsed = std::max(now - start_, nanoseconds{0});
  sink_->report(
      {.stage = stage_,
       .parent = parent_,
       .depth = depth_,
       .name = name_,
       .unit = unit_,
       .note = note_,
       .done = done,
       .total = total_,
       .state = state,
       .now = now,
       .elapsed = elapsed,
       .rate = elapsed.count() > 0 ? static_cast<double>(done) / seconds(elapsed) : 0.0,
       .remaining = state == progress_state::running ? remaining_time(done, total_, elapsed) : std::nullopt});
}

}  // namespace twill
