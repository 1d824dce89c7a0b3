// SPDX-License-Identifier: Apache-2.0
#include "twill/base/progress.hpp"

#include "twill/base/catalogue.hpp"
#include "twill/base/progress_sinks.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace twill {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;
using texts = std::vector<std::string>;

struct seen {
  std::uint64_t stage;
  std::uint64_t parent;
  std::size_t depth;
  std::string name;
  std::uint64_t done;
  progress_state state;
  double rate;
  std::optional<nanoseconds> remaining;
};

/// Keeps every update.
class recording_sink final : public progress_sink {
 public:
  void report(const progress_update& u) noexcept override {
    const std::lock_guard lock(mutex_);
    all.push_back({u.stage, u.parent, u.depth, std::string(u.name), u.done, u.state, u.rate, u.remaining});
  }
  void write_line(std::string_view) noexcept override {}
  std::vector<seen> all;

 private:
  std::mutex mutex_;
};

class hand_clock {
 public:
  nanoseconds now{};
  progress_clock reader() {
    return [this] {
      ++reads;
      return now;
    };
  }
  int reads = 0;
};

progress_writer shown_in(texts& all) {
  return [&all](std::string_view text) { all.emplace_back(text); };
}

TEST(progress, first_update_begins_and_last_one_ends_a_stage) {
  const auto sink = std::make_shared<recording_sink>();
  hand_clock clock;
  {
    progress stage(sink, "work", 10, "items", clock.reader());
    clock.now = 5s;
    stage.tick(5);
    stage.tick(5);
    stage.finish();
    stage.tick(1);
    stage.finish();
    EXPECT_EQ(stage.done(), 11U);
  }
  ASSERT_EQ(sink->all.size(), 4U);
  EXPECT_EQ(sink->all[0].done, 0U);
  EXPECT_EQ(sink->all[1].done, 5U);
  EXPECT_EQ(sink->all[1].rate, 1.0);
  EXPECT_EQ(sink->all[1].remaining, nanoseconds(5s));
  EXPECT_EQ(sink->all[2].done, 10U);
  EXPECT_EQ(sink->all[2].remaining, nanoseconds(0));
  EXPECT_EQ(sink->all[3].state, progress_state::finished);
  EXPECT_EQ(sink->all[3].remaining, std::nullopt);
}

TEST(progress, rest_is_unknown_without_total_without_ticks_and_without_time) {
  const auto sink = std::make_shared<recording_sink>();
  hand_clock clock;
  progress open(sink, "open", {}, {}, clock.reader());
  clock.now = 1s;
  open.tick();
  EXPECT_EQ(sink->all.back().remaining, std::nullopt);
  progress known(sink, "known", 4, {}, clock.reader());
  EXPECT_EQ(sink->all.back().remaining, std::nullopt);
  EXPECT_EQ(sink->all.back().rate, 0.0);
  known.tick();
  EXPECT_EQ(sink->all.back().done, 1U);
  EXPECT_EQ(sink->all.back().remaining, std::nullopt);
  known.tick(9);
  EXPECT_EQ(sink->all.back().done, 10U);
  EXPECT_EQ(sink->all.back().remaining, nanoseconds(0)) << "more than the total is done";
}

TEST(progress, destruction_finishes_what_is_complete_and_abandons_the_rest) {
  const auto sink = std::make_shared<recording_sink>();
  {
    progress(sink, "full", 1).tick();
  }
  EXPECT_EQ(sink->all.back().state, progress_state::finished);
  {
    progress(sink, "short", 2).tick();
  }
  EXPECT_EQ(sink->all.back().state, progress_state::abandoned);
  {
    const progress open(sink, "open");
  }
  EXPECT_EQ(sink->all.back().state, progress_state::finished);
  try {
    progress stage(sink, "thrown", {});
    throw std::runtime_error("stop");
  } catch (const std::runtime_error& e) {
    EXPECT_STREQ(e.what(), "stop");
  }
  EXPECT_EQ(sink->all.back().state, progress_state::abandoned);
  {
    progress(sink, "given up", 1).abandon();
  }
  EXPECT_EQ(sink->all.back().state, progress_state::abandoned);
}

TEST(progress, children_know_parent_depth_and_clock) {
  const auto sink = std::make_shared<recording_sink>();
  hand_clock clock;
  clock.now = 3s;
  progress outer(sink, "outer", 2, {}, clock.reader());
  {
    progress inner = outer.child("inner", 1);
    progress innermost = inner.child("innermost");
    EXPECT_EQ(sink->all[1].parent, sink->all[0].stage);
    EXPECT_EQ(sink->all[2].parent, sink->all[1].stage);
    EXPECT_EQ(sink->all[2].depth, 2U);
    EXPECT_EQ(sink->all[0].depth, 0U);
    EXPECT_EQ(sink->all[0].parent, 0U);
  }
  EXPECT_GE(clock.reads, 3);
}

TEST(progress, a_known_total_is_looked_at_in_steps_of_half_a_percent_at_most) {
  const auto sink = std::make_shared<recording_sink>();
  hand_clock clock;
  progress stage(sink, "work", 100000, {}, clock.reader());
  for (int i = 0; i < 100000; ++i) stage.tick();
  // 1, 2, 4, ..., 256 while the stride grows to 500, then every 500.
  EXPECT_GE(clock.reads, 200);
  EXPECT_LE(clock.reads, 220);
  for (std::size_t i = 1; i < sink->all.size(); ++i)
    EXPECT_LE(sink->all[i].done - sink->all[i - 1].done, 500U);
}

TEST(progress, the_stride_shrinks_when_work_slows_down) {
  const auto sink = std::make_shared<recording_sink>();
  hand_clock clock;
  progress stage(sink, "work", {}, {}, clock.reader());
  // A million ticks at 1 microsecond: about one look every 10 ms, that is every 10 000 ticks.
  for (int i = 0; i < 1000000; ++i) {
    clock.now += 1us;
    stage.tick();
  }
  EXPECT_GE(clock.reads, 80);
  EXPECT_LE(clock.reads, 150);
  // 20 000 more at 1 ms: after the stride under way is through, one look every 10 ticks.
  const int before = clock.reads;
  for (int i = 0; i < 20000; ++i) {
    clock.now += 1ms;
    stage.tick();
  }
  EXPECT_GE(clock.reads - before, 900);
}

TEST(progress, counts_of_many_threads_add_up_and_never_go_back) {
  const auto sink = std::make_shared<recording_sink>();
  constexpr std::uint64_t each = 20000;
  {
    progress stage(sink, "work", 4 * each);
    std::vector<std::thread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&stage, t] {
        for (std::uint64_t i = 0; i < each; ++i) stage.tick();
        stage.note("thread " + std::to_string(t));
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(stage.done(), 4 * each);
  }
  ASSERT_GE(sink->all.size(), 3U);
  for (std::size_t i = 1; i < sink->all.size(); ++i) EXPECT_GE(sink->all[i].done, sink->all[i - 1].done);
  EXPECT_EQ(sink->all.back().done, 4 * each);
  EXPECT_EQ(sink->all.back().state, progress_state::finished);
}

TEST(progress, plain_writes_a_line_each_ten_percent_and_an_ending) {
  texts all;
  hand_clock clock;
  const auto sink = make_progress_sink(progress_mode::plain, shown_in(all));
  {
    progress stage(sink, "Training", 20, "iterations", clock.reader());
    for (int i = 0; i < 20; ++i) {
      clock.now += 1s;
      if (i == 10) stage.note("gap 1.0%");
      stage.tick();
    }
  }
  ASSERT_EQ(all.size(), 10U);
  EXPECT_EQ(all[0], "Training:  2/20 iterations  10%  1.00 iterations/s  [00:00:02 < 00:00:18]\n");
  EXPECT_EQ(all[8], "Training: 18/20 iterations  90%  gap 1.0%  1.00 iterations/s  [00:00:18 < 00:00:02]\n");
  EXPECT_EQ(all[9], "Training: 20/20 iterations in 00:00:20 (1.00 iterations/s)  gap 1.0%\n");
}

TEST(progress, plain_writes_a_line_each_interval_inside_ten_percent_and_for_children) {
  texts all;
  hand_clock clock;
  const auto sink = make_progress_sink(progress_mode::plain, shown_in(all), {.interval = 10s});
  progress outer(sink, "outer", 2, {}, clock.reader());
  {
    progress inner = outer.child("inner", 8, "parts");
    for (int i = 0; i < 8; ++i) {
      clock.now += 4s;
      inner.tick();
    }
  }
  outer.abandon();
  EXPECT_EQ(all, (texts{"  inner: 3/8 parts  37%  0.25 parts/s  [00:00:12 < 00:00:20]\n",
                        "  inner: 6/8 parts  75%  0.25 parts/s  [00:00:24 < 00:00:08]\n",
                        "outer: stopped at 0/2 after 00:00:32\n"}));
}

TEST(progress, plain_shows_unknown_totals_by_count) {
  texts all;
  hand_clock clock;
  const auto sink =
      make_progress_sink(progress_mode::automatic, shown_in(all), {.is_tty = false, .interval = 1s});
  {
    progress stage(sink, "Reading", {}, "rows", clock.reader());
    clock.now += 100h;
    stage.tick(1234567);
  }
  EXPECT_EQ(all, (texts{"Reading: 1234567 rows  3.43 rows/s  [4d 04:00:00]\n",
                        "Reading: 1234567 rows in 4d 04:00:00 (3.43 rows/s)\n"}));
}

TEST(progress, bar_is_redrawn_in_place_at_most_once_an_interval) {
  texts all;
  hand_clock clock;
  const auto sink = make_progress_sink(progress_mode::automatic, shown_in(all),
                                       {.is_tty = true, .no_color = true, .width = 60});
  {
    progress stage(sink, "Run", 4, "it", clock.reader());
    clock.now += 50ms;
    stage.tick();  // inside the interval: nothing is drawn
    clock.now += 950ms;
    stage.tick();
    clock.now += 1s;
    stage.tick(2);
  }
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0], "Run 0/4 it [..............................]   0% [00:00:00]");
  EXPECT_EQ(all[1], "\r\x1b[JRun 2/4 it [####.....]  50% 2.00 it/s [00:00:01 < 00:00:01]");
  EXPECT_EQ(all[2], "\r\x1b[JRun 4/4 it [#########] 100% 2.00 it/s [00:00:02 < 00:00:00]");
  EXPECT_EQ(all[3], "\r\x1b[JRun: 4/4 it in 00:00:02 (2.00 it/s)\n");
}

TEST(progress, bar_has_colour_and_blocks_when_wanted_and_fits_narrow_terminals) {
  texts all;
  hand_clock clock;
  const auto unicode =
      make_progress_sink(progress_mode::bar, shown_in(all), {.is_tty = true, .unicode = true, .width = 40});
  {
    progress stage(unicode, "A", 2, {}, clock.reader());
    EXPECT_EQ(all.back(), "A 0/2 [\x1b[32m░░░░░░░░░░░░░░░\x1b[0m]   0% [00:00:00]");
  }
  const auto narrow = make_progress_sink(progress_mode::bar, shown_in(all), {.width = 12});
  const progress stage(narrow, "Ärgerlich lang", 2, {}, clock.reader());
  EXPECT_EQ(all.back(), "Ärgerlich l");
}

TEST(progress, bar_stacks_children_below_their_parent_and_takes_them_away) {
  texts all;
  hand_clock clock;
  const auto sink =
      make_progress_sink(progress_mode::bar, shown_in(all), {.no_color = true, .width = 24, .interval = 0ns});
  progress first(sink, "first", {}, {}, clock.reader());
  progress second(sink, "second", {}, {}, clock.reader());
  {
    progress child = first.child("child");
    EXPECT_EQ(all.back(), "\r\x1b[1A\x1b[Jfirst 0 [00:00:00]\n  child 0 [00:00:00]\nsecond 0 [00:00:00]");
    sink->write_line("warning: x\n");
    EXPECT_EQ(all.back(),
              "\r\x1b[2A\x1b[Jwarning: x\nfirst 0 [00:00:00]\n  child 0 [00:00:00]\nsecond 0 [00:00:00]");
  }
  EXPECT_EQ(all.back(), "\r\x1b[2A\x1b[Jfirst 0 [00:00:00]\nsecond 0 [00:00:00]");
  first.finish();
  EXPECT_EQ(all.back(), "\r\x1b[1A\x1b[Jfirst: 0 in 00:00:00\nsecond 0 [00:00:00]");
}

TEST(progress, names_and_notes_cannot_move_the_cursor) {
  texts all;
  hand_clock clock;
  const auto sink = make_progress_sink(progress_mode::bar, shown_in(all), {.no_color = true});
  const progress stage(sink, "a\x1b[2Jb\n", {}, "\r", clock.reader());
  EXPECT_EQ(all.back(), "a [2Jb  0   [00:00:00]");
}

TEST(progress, json_is_an_object_a_line) {
  texts all;
  hand_clock clock;
  const auto sink = make_progress_sink(progress_mode::json, shown_in(all));
  std::string id;
  {
    progress stage(sink, "Training", 4, "it", clock.reader());
    const auto from = all.at(0).find("\"id\":") + 5;
    id = all.at(0).substr(from, all.at(0).find(',', from) - from);
    clock.now += 500ms;
    stage.tick();
    clock.now += 500ms;
    stage.note("gap \"1\"");
    stage.tick();
    {
      const progress inner = stage.child("inner");
    }
    stage.tick(2);
  }
  ASSERT_EQ(all.size(), 5U);
  const std::string head = R"({"type":"progress","stage":"Training","id":)" + id;
  EXPECT_EQ(all[0], head + R"(,"state":"running","done":0,"total":4,"unit":"it","elapsed_s":0,"rate":0})"
                           "\n");
  EXPECT_EQ(
      all[1],
      head +
          R"(,"state":"running","done":2,"total":4,"unit":"it","elapsed_s":1,"rate":2,"remaining_s":1,"note":"gap \"1\""})"
          "\n");
  EXPECT_NE(all[2].find("\"stage\":\"inner\""), std::string::npos);
  EXPECT_NE(all[2].find("\"parent\":" + id + ","), std::string::npos) << all[2];
  EXPECT_EQ(
      all[4],
      head +
          R"(,"state":"finished","done":4,"total":4,"unit":"it","elapsed_s":1,"rate":4,"note":"gap \"1\""})"
          "\n");
}

TEST(progress, none_shows_nothing_and_still_counts) {
  EXPECT_EQ(
      make_progress_sink(progress_mode::none, [](std::string_view) { FAIL() << "something is written"; }),
      nullptr);
  progress stage(nullptr, "silent", 3);
  progress inner = stage.child("inner");
  stage.tick(2);
  inner.tick();
  stage.finish();
  EXPECT_EQ(stage.done(), 2U);
  EXPECT_EQ(inner.done(), 1U);
}

TEST(progress, a_writer_that_throws_is_not_called_again) {
  int calls = 0;
  hand_clock clock;
  const auto sink = make_progress_sink(progress_mode::json,
                                       [&calls](std::string_view) {
                                         ++calls;
                                         throw std::runtime_error("the pipe is closed");
                                       },
                                       {.interval = 0ns});
  progress stage(sink, "work", {}, {}, clock.reader());
  stage.tick();
  stage.finish();
  EXPECT_EQ(calls, 1);
}

TEST(progress, modes_parse_by_name_and_come_from_the_settings) {
  for (const char* name : {"auto", "bar", "plain", "json", "none"}) {
    const auto mode = parse_progress_mode(name);
    ASSERT_TRUE(mode) << name;
    EXPECT_EQ(name_of(*mode), name);
  }
  EXPECT_EQ(parse_progress_mode("Bar"), std::nullopt);
  settings s(settings::environment_map{{"TWILL_PROGRESS", "plain"}});
  s.declare(catalogue());
  EXPECT_EQ(progress_mode_setting(s).value, progress_mode::plain);
  s.set_flag("progress", "json");
  EXPECT_EQ(progress_mode_setting(s).value, progress_mode::json);
  EXPECT_EQ(progress_mode_setting(s).from, origin::flag);
}

}  // namespace
}  // namespace twill
