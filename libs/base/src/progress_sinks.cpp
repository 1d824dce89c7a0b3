// SPDX-License-Identifier: Apache-2.0
#include "twill/base/progress_sinks.hpp"

#include "progress_text.hpp"
#include "twill/base/json_writer.hpp"
#include "twill/base/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <string>
#include <utility>
#include <vector>

namespace twill {
namespace {

using std::chrono::nanoseconds;

constexpr std::array<std::string_view, 5> mode_names = {"auto", "bar", "plain", "json", "none"};

/// What the sinks share: the lock, and the writer that is given up when it throws.
class writing_sink : public progress_sink {
 public:
  explicit writing_sink(progress_writer writer) : writer_(std::move(writer)) {}

  void report(const progress_update& update) noexcept final {
    guarded([&] { show(update); });
  }
  void write_line(std::string_view line) noexcept final {
    guarded([&] { show_line(line); });
  }

 protected:
  virtual void show(const progress_update& update) = 0;
  virtual void show_line(std::string_view line) { write(line); }
  void write(std::string_view text) { writer_(text); }

 private:
  template <class Call>
  void guarded(Call call) noexcept {
    const std::lock_guard lock(mutex_);
    if (!writer_) return;
    try {
      call();
    } catch (const std::exception&) {
      // A display that fails must not end the work it shows; it stays dark from here on.
      writer_ = nullptr;
    }
  }

  std::mutex mutex_;
  progress_writer writer_;
};

/// One line a stage, redrawn in place by moving the cursor up to the first of them.
/// Invariant: `drawn_` lines of ours end where the cursor is; nothing else has been written since.
class bar_sink final : public writing_sink {
 public:
  bar_sink(progress_writer writer, const progress_display& display)
      : writing_sink(std::move(writer)),
        display_(display),
        interval_(display.interval.value_or(nanoseconds{100'000'000})) {}

 private:
  struct line {
    std::uint64_t stage;
    std::uint64_t parent;
    std::string text;
  };

  void show(const progress_update& update) override {
    const auto at = std::ranges::find(lines_, update.stage, &line::stage);
    if (update.state == progress_state::running) {
      const std::string text = bar_line(update);
      if (at != lines_.end()) {
        at->text = text;
      } else {
        lines_.insert(place_of(update), {update.stage, update.parent, text});
      }
      if (last_ && update.now - *last_ < interval_) return;
      last_ = update.now;
      redraw("");
      return;
    }
    if (at != lines_.end()) lines_.erase(at);
    // Outermost stages leave a line behind; those within others vanish, their parent tells the story.
    std::string left;
    if (update.depth == 0) left = fit(detail::ending_text(update)) + '\n';
    redraw(left);
  }

  void show_line(std::string_view other) override { redraw(other); }

  /// Behind the last line of the parent's family, so that children stand below their parent in order of
  /// appearance.
  std::vector<line>::iterator place_of(const progress_update& update) {
    std::vector<std::uint64_t> family{update.parent};
    auto place = lines_.end();
    if (update.parent == 0) return place;
    for (auto i = lines_.begin(); i != lines_.end(); ++i) {
      if (i->stage == update.parent) {
        place = i + 1;
      } else if (std::ranges::find(family, i->parent) != family.end()) {
        family.push_back(i->stage);
        place = i + 1;
      }
    }
    return place;
  }

  [[nodiscard]] std::string fit(std::string_view text) const {
    // The last column stays free: writing into it makes some terminals wrap.
    return std::string(detail::first_columns(text, display_.width > 1 ? display_.width - 1 : 1));
  }

  [[nodiscard]] std::string bar_line(const progress_update& update) const {
    const std::string head = fmt::format("{:{}}{} {}", "", 2 * update.depth, detail::one_line(update.name),
                                         detail::count_text(update));
    std::string tail;
    if (update.total) tail += fmt::format(" {:3}%", detail::percent(update));
    if (!update.note.empty()) tail += ' ' + detail::one_line(update.note);
    if (const std::string rate = detail::rate_text(update.rate, detail::one_line(update.unit)); !rate.empty())
      tail += ' ' + rate;
    tail += ' ' + detail::time_text(update);
    if (!update.total) return fit(head + tail);
    constexpr std::size_t brackets = 3;  // and the space in front
    const std::size_t taken = detail::columns(head) + detail::columns(tail) + brackets + 1;
    if (taken + 5 > display_.width) return fit(head + tail);
    const std::size_t cells = std::min<std::size_t>(40, display_.width - taken);
    const std::size_t full = cells * detail::percent(update) / 100;
    std::string bar;
    for (std::size_t i = 0; i < cells; ++i) {
      bar += display_.unicode ? (i < full ? "█" : "░") : (i < full ? "#" : ".");
    }
    const bool color = !display_.no_color;
    return fmt::format("{} [{}{}{}]{}", head, color ? "\x1b[32m" : "", bar, color ? "\x1b[0m" : "", tail);
  }

  void redraw(std::string_view above) {
    std::string text;
    if (drawn_ > 0) text += '\r';
    if (drawn_ > 1) text += fmt::format("\x1b[{}A", drawn_ - 1);
    if (drawn_ > 0) text += "\x1b[J";
    text += above;
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (i > 0) text += '\n';
      text += lines_[i].text;
    }
    drawn_ = lines_.size();
    if (!text.empty()) write(text);
  }

  progress_display display_;
  nanoseconds interval_;
  std::optional<nanoseconds> last_;
  std::vector<line> lines_;
  std::size_t drawn_ = 0;
};

/// Lines for a log: one for each ten percent of an outermost stage, one an interval in between and for stages
/// within.
class plain_sink final : public writing_sink {
 public:
  plain_sink(progress_writer writer, const progress_display& display)
      : writing_sink(std::move(writer)), interval_(display.interval.value_or(nanoseconds{30'000'000'000})) {}

 private:
  struct shown {
    std::uint64_t stage;
    unsigned tenths;
  };

  void show(const progress_update& update) override {
    const auto at = std::ranges::find(shown_, update.stage, &shown::stage);
    if (update.state != progress_state::running) {
      if (at != shown_.end()) shown_.erase(at);
      if (update.depth == 0) write(detail::ending_text(update) + '\n');
      return;
    }
    if (at == shown_.end()) {
      // The start of a stage: the interval counts from here on.
      shown_.push_back({update.stage, 0});
      if (!last_) last_ = update.now;
      return;
    }
    const unsigned tenths = update.total ? detail::percent(update) / 10 : 0;
    // A full stage says so when it ends.
    const bool step = update.depth == 0 && tenths > at->tenths && tenths < 10;
    if (!step && update.now - *last_ < interval_) return;
    at->tenths = std::max(at->tenths, tenths);
    last_ = update.now;
    std::string text = fmt::format("{:{}}{}: {}", "", 2 * update.depth, detail::one_line(update.name),
                                   detail::count_text(update));
    if (update.total) text += fmt::format("  {:2}%", detail::percent(update));
    if (!update.note.empty()) text += "  " + detail::one_line(update.note);
    if (const std::string rate = detail::rate_text(update.rate, detail::one_line(update.unit)); !rate.empty())
      text += "  " + rate;
    write(text + "  " + detail::time_text(update) + '\n');
  }

  nanoseconds interval_;
  std::optional<nanoseconds> last_;
  std::vector<shown> shown_;
};

/// A JSON object a line; first and last of a stage always, in between one an interval.
class json_sink final : public writing_sink {
 public:
  json_sink(progress_writer writer, const progress_display& display)
      : writing_sink(std::move(writer)), interval_(display.interval.value_or(nanoseconds{1'000'000'000})) {}

 private:
  struct shown {
    std::uint64_t stage;
    nanoseconds last;
  };

  void show(const progress_update& update) override {
    const auto at = std::ranges::find(shown_, update.stage, &shown::stage);
    if (update.state != progress_state::running) {
      if (at != shown_.end()) shown_.erase(at);
    } else if (at == shown_.end()) {
      shown_.push_back({update.stage, update.now});
    } else {
      if (update.now - at->last < interval_) return;
      at->last = update.now;
    }
    constexpr std::array<std::string_view, 3> states = {"running", "finished", "abandoned"};
    const auto seconds = [](nanoseconds t) { return std::chrono::duration<double>(t).count(); };
    json_writer json;
    json.begin_object().member("type", "progress").member("stage", update.name).member("id", update.stage);
    if (update.parent != 0) json.member("parent", update.parent);
    json.member("state", states[static_cast<std::size_t>(update.state)]).member("done", update.done);
    if (update.total) json.member("total", *update.total);
    if (!update.unit.empty()) json.member("unit", update.unit);
    json.member("elapsed_s", seconds(update.elapsed)).member("rate", update.rate);
    if (update.remaining) json.member("remaining_s", seconds(*update.remaining));
    if (!update.note.empty()) json.member("note", update.note);
    write(json.end_object().take() + '\n');
  }

  nanoseconds interval_;
  std::vector<shown> shown_;
};

}  // namespace

std::string_view name_of(progress_mode mode) noexcept {
  return mode_names[std::min<std::size_t>(static_cast<std::size_t>(mode), mode_names.size() - 1)];
}

std::optional<progress_mode> parse_progress_mode(std::string_view text) noexcept {
  for (std::size_t i = 0; i < mode_names.size(); ++i) {
    if (mode_names[i] == text) return static_cast<progress_mode>(i);
  }
  return std::nullopt;
}

setting<progress_mode> progress_mode_setting(settings& from) {
  auto text = from.get_text("progress");
  return {parse_progress_mode(text.value).value_or(progress_mode::automatic), text.from,
          std::move(text.source)};
}

std::shared_ptr<progress_sink> make_progress_sink(progress_mode mode, progress_writer writer,
                                                  progress_display display) {
  if (mode == progress_mode::automatic) mode = display.is_tty ? progress_mode::bar : progress_mode::plain;
  switch (mode) {
    case progress_mode::bar: return std::make_shared<bar_sink>(std::move(writer), display);
    case progress_mode::json: return std::make_shared<json_sink>(std::move(writer), display);
    case progress_mode::none: return nullptr;
    case progress_mode::automatic:
    case progress_mode::plain: break;
  }
  return std::make_shared<plain_sink>(std::move(writer), display);
}

}  // namespace twill
