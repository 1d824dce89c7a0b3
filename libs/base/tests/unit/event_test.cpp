// SPDX-License-Identifier: Apache-2.0
#include "twill/base/event.hpp"

#include "twill/base/catalogue.hpp"
#include "twill/base/event_sinks.hpp"
#include "twill/base/identity.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace twill {
namespace {

using lines = std::vector<std::string>;

line_writer into(lines& all) {
  return [&all](std::string_view line) { all.emplace_back(line); };
}

/// Installs for one test and leaves the process as it was.
class installed_sink {
 public:
  installed_sink(std::shared_ptr<event_sink> sink, event_level least)
      : before_(install_event_sink(std::move(sink), least)) {}
  installed_sink(const installed_sink&) = delete;
  installed_sink& operator=(const installed_sink&) = delete;
  ~installed_sink() { install_event_sink(before_); }

 private:
  std::shared_ptr<event_sink> before_;
};

event sample(std::span<const event_field> fields = {}) {
  using namespace std::chrono;
  return {.level = event_level::warning,
          .name = "par.pool.oversubscribed",
          .message = "8 threads on 4 CPUs",
          .fields = fields,
          .rank = 3,
          .thread = 5,
          .time = system_clock::time_point(
              duration_cast<system_clock::duration>(microseconds(1'700'000'000'123'456)))};
}

TEST(event, nobody_is_told_anything_at_program_start) {
  EXPECT_FALSE(event_wanted(event_level::error));
  emit(event_level::error, "base.test", "unheard");
  EXPECT_EQ(install_event_sink(nullptr), nullptr);
}

TEST(event, reaches_the_installed_sink_from_its_level_up) {
  lines all;
  const installed_sink guard(std::make_shared<text_event_sink>(into(all)), event_level::info);
  EXPECT_FALSE(event_wanted(event_level::debug));
  EXPECT_TRUE(event_wanted(event_level::info));
  emit(event_level::debug, "a.b", "below");
  emit(event_level::info, "a.b", "at", {{"n", 3}});
  emit(event_level::error, "a.c", "above");
  EXPECT_EQ(all, (lines{"info a.b: at (n=3)\n", "error a.c: above\n"}));
}

TEST(event, level_off_silences_an_installed_sink) {
  lines all;
  const installed_sink guard(std::make_shared<text_event_sink>(into(all)), event_level::off);
  emit(event_level::error, "a.b", "unheard");
  EXPECT_TRUE(all.empty());
}

TEST(event, text_lines_show_typed_fields) {
  lines all;
  text_event_sink sink(into(all));
  const std::vector<event_field> fields = {
      {"threads", 8},  {"bytes", std::numeric_limits<std::uint64_t>::max()},
      {"share", 0.5},  {"pinned", false},
      {"host", "n01"}, {"why", std::string_view("a b\n")}};
  sink.receive(sample(fields));
  EXPECT_EQ(
      all,
      (lines{"warning par.pool.oversubscribed: 8 threads on 4 CPUs (threads=8, bytes=18446744073709551615, "
             "share=0.5, pinned=false, host=n01, why=\"a b\\x0a\")\n"}));
}

TEST(event, text_lines_have_rank_time_and_colour_when_asked) {
  lines all;
  text_event_sink(into(all), {.show_rank = true, .show_time = true}).receive(sample());
  text_event_sink(into(all), {.color = true}).receive(sample());
  event unknown_rank = sample();
  unknown_rank.rank = -1;
  text_event_sink(into(all), {.show_rank = true}).receive(unknown_rank);
  EXPECT_EQ(all,
            (lines{"2023-11-14T22:13:20.123Z warning[rank 3] par.pool.oversubscribed: 8 threads on 4 CPUs\n",
                   "\x1b[1;33mwarning\x1b[0m par.pool.oversubscribed: 8 threads on 4 CPUs\n",
                   "warning par.pool.oversubscribed: 8 threads on 4 CPUs\n"}));
}

TEST(event, only_rank_0_speaks_when_asked) {
  lines all;
  text_event_sink text(into(all), {.only_rank_0 = true});
  json_lines_event_sink json(into(all), {.only_rank_0 = true});
  event e = sample();
  text.receive(e);
  json.receive(e);
  EXPECT_TRUE(all.empty());
  e.rank = 0;
  text.receive(e);
  json.receive(e);
  e.rank = -1;
  text.receive(e);
  EXPECT_EQ(all.size(), 3U);
}

TEST(event, further_lines_of_a_message_are_calls_of_their_own_and_control_characters_are_shown) {
  lines all;
  event e = sample();
  e.message = "bad value\nhint: mend\x1b[2J it";
  text_event_sink(into(all)).receive(e);
  EXPECT_EQ(all, (lines{"warning par.pool.oversubscribed: bad value\n", "  hint: mend\\x1b[2J it\n"}));
}

TEST(event, json_lines_are_one_object_each) {
  lines all;
  json_lines_event_sink sink(into(all));
  const std::vector<event_field> fields = {
      {"threads", 8}, {"gap", std::numeric_limits<double>::infinity()}, {"ok", true}};
  sink.receive(sample(fields));
  event bare = sample();
  bare.rank = -1;
  bare.message = "two\nlines";
  sink.receive(bare);
  EXPECT_EQ(
      all,
      (lines{R"({"time":"2023-11-14T22:13:20.123456Z","level":"warning","event":"par.pool.oversubscribed",)"
             R"("message":"8 threads on 4 CPUs","rank":3,"thread":5,)"
             R"("fields":{"threads":8,"gap":"Infinity","ok":true}})"
             "\n",
             R"({"time":"2023-11-14T22:13:20.123456Z","level":"warning","event":"par.pool.oversubscribed",)"
             R"("message":"two\nlines","thread":5,"fields":{}})"
             "\n"}));
}

TEST(event, times_before_the_epoch_are_written_too) {
  lines all;
  event e = sample();
  e.time = std::chrono::system_clock::time_point(std::chrono::microseconds(-1));
  text_event_sink(into(all), {.show_time = true}).receive(e);
  EXPECT_EQ(all.at(0).substr(0, 24), "1969-12-31T23:59:59.999Z");
}

TEST(event, carries_rank_and_thread_of_the_emitter) {
  struct recorder final : event_sink {
    void receive(const event& e) override {
      rank = e.rank;
      thread = e.thread;
      time = e.time;
    }
    int rank = -2;
    std::uint32_t thread = 0;
    std::chrono::system_clock::time_point time;
  };
  const auto sink = std::make_shared<recorder>();
  const installed_sink guard(sink, event_level::trace);
  set_process_rank(7);
  const auto before = std::chrono::system_clock::now();
  emit(event_level::trace, "a.b", "here");
  EXPECT_EQ(sink->rank, 7);
  EXPECT_EQ(sink->thread, thread_number());
  EXPECT_GE(sink->time, before);
  std::thread([] { emit(event_level::trace, "a.b", "there"); }).join();
  EXPECT_NE(sink->thread, thread_number());
  set_process_rank(-1);
  emit(event_level::trace, "a.b", "again");
  EXPECT_EQ(sink->rank, -1);
}

TEST(event, threads_emit_whole_lines_while_sinks_are_exchanged) {
  constexpr int threads = 4;
  constexpr int each = 500;
  lines first;
  lines second;
  const installed_sink guard(std::make_shared<text_event_sink>(into(first)), event_level::info);
  std::vector<std::thread> workers;
  for (int t = 0; t < threads; ++t) {
    workers.emplace_back([t] {
      for (int i = 0; i < each; ++i) emit(event_level::info, "a.b", "x", {{"t", t}, {"i", i}});
    });
  }
  const auto old = install_event_sink(std::make_shared<text_event_sink>(into(second)), event_level::info);
  for (std::thread& worker : workers) worker.join();
  EXPECT_NE(old, nullptr);
  EXPECT_EQ(first.size() + second.size(), static_cast<std::size_t>(threads * each));
  first.insert(first.end(), second.begin(), second.end());
  std::vector<int> next(threads, 0);
  for (const std::string& line : first) {
    const std::string head = "info a.b: x (t=";
    ASSERT_EQ(line.substr(0, head.size()), head);
    const auto t = static_cast<std::size_t>(line.at(head.size()) - '0');
    ASSERT_LT(t, next.size());
    // Each thread's lines come in its own order, whichever sink took them.
    ASSERT_EQ(line, head + std::to_string(t) + ", i=" + std::to_string(next[t]) + ")\n");
    ++next[t];
  }
  EXPECT_EQ(next, std::vector<int>(threads, each));
}

TEST(event, levels_parse_by_name) {
  EXPECT_EQ(parse_event_level("trace"), event_level::trace);
  EXPECT_EQ(parse_event_level("WARN"), event_level::warning);
  EXPECT_EQ(parse_event_level("Warning"), event_level::warning);
  EXPECT_EQ(parse_event_level("off"), event_level::off);
  EXPECT_EQ(parse_event_level(""), std::nullopt);
  EXPECT_EQ(parse_event_level("info "), std::nullopt);
  EXPECT_EQ(name_of(event_level::debug), "debug");
}

TEST(event, level_comes_from_the_settings) {
  settings s(settings::environment_map{{"TWILL_LOG", "debug"}});
  s.declare(catalogue());
  const auto level = event_level_setting(s);
  EXPECT_EQ(level.value, event_level::debug);
  EXPECT_EQ(level.source, "TWILL_LOG");
  settings bad(settings::environment_map{{"TWILL_LOG", "debugs"}});
  bad.declare(catalogue());
  try {
    static_cast<void>(event_level_setting(bad));
    FAIL() << "a malformed level is accepted";
  } catch (const error& e) {
    EXPECT_STREQ(e.what(),
                 "error[bad_configuration] TWILL_LOG: the value is none of the choices (found \"debugs\", "
                 "expected one of trace, debug, info, warning, error, off)\nhint: did you mean debug?");
  }
}

}  // namespace
}  // namespace twill
