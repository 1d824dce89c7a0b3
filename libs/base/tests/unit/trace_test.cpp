// SPDX-License-Identifier: Apache-2.0
#include "twill/base/trace.hpp"

#include "twill/base/error.hpp"
#include "twill/base/file.hpp"
#include "twill/base/identity.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

namespace twill {
namespace {

std::atomic<std::int64_t> fake_time{0};

std::int64_t fake_clock() noexcept {
  // ORD relaxed [test-clock]: one thread sets and reads it.
  return fake_time.load(std::memory_order_relaxed);
}

void at(std::int64_t nanoseconds) {
  // ORD relaxed [test-clock]: see fake_clock.
  fake_time.store(nanoseconds, std::memory_order_relaxed);
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto i = text.find(part); i != std::string::npos; i = text.find(part, i + part.size())) ++n;
  return n;
}

std::string with_number(std::string text) {
  const std::string number = std::to_string(thread_number());
  for (auto i = text.find('@'); i != std::string::npos; i = text.find('@')) text.replace(i, 1, number);
  return text;
}

TEST(trace, records_spans_instants_and_counters_with_exact_times) {
  at(1'000'000);
  set_process_rank(2);
  trace::name_this_thread("main");
  trace::start({.clock = fake_clock});
  EXPECT_TRUE(trace::active());
  {
    at(1'000'500);
    const trace::span outer("outer", "items", 42);
    {
      const trace::span inner("inner");
      at(1'002'000);
      trace::instant("mark");
    }
    trace::counter("queue", 2.5);
    at(1'003'001);
  }
  const std::string text = trace::stop_to_string();
  set_process_rank(-1);
  EXPECT_FALSE(trace::active());
  EXPECT_EQ(
      text,
      with_number(
          R"({"displayTimeUnit":"ns","otherData":{"producer":"twill","dropped_records":0},"traceEvents":[)"
          R"({"ph":"M","name":"process_name","pid":2,"tid":0,"args":{"name":"rank 2"}},)"
          R"({"ph":"M","name":"thread_name","pid":2,"tid":@,"args":{"name":"main"}},)"
          R"({"ph":"X","name":"outer","pid":2,"tid":@,"ts":0.500,"dur":2.501,"args":{"items":42}},)"
          R"({"ph":"X","name":"inner","pid":2,"tid":@,"ts":0.500,"dur":1.500},)"
          R"({"ph":"i","name":"mark","pid":2,"tid":@,"ts":2.000,"s":"t"},)"
          R"({"ph":"C","name":"queue","pid":2,"tid":@,"ts":2.000,"args":{"value":2.5}}]})"));
}

TEST(trace, keeps_the_newest_records_and_reports_how_many_were_overwritten) {
  at(0);
  trace::start({.events_per_thread = 3, .clock = fake_clock});
  for (int i = 1; i <= 5; ++i) {
    at(i * 1000);
    trace::instant(i % 2 == 0 ? trace::name("even") : trace::name("odd"));
  }
  const std::string text = trace::stop_to_string();
  EXPECT_EQ(count_of(text, "\"ph\":\"i\""), 3U);
  EXPECT_NE(text.find("\"dropped_records\":2}"), std::string::npos) << text;
  EXPECT_NE(text.find(with_number(R"("name":"dropped_records","pid":0,"tid":@,"args":{"count":2}})")),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("\"ts\":2.000"), std::string::npos) << text;
  const auto third = text.find("\"ts\":3.000");
  const auto fourth = text.find("\"ts\":4.000");
  const auto fifth = text.find("\"ts\":5.000");
  ASSERT_NE(fifth, std::string::npos) << text;
  EXPECT_LT(third, fourth);
  EXPECT_LT(fourth, fifth);
}

TEST(trace, nothing_is_recorded_outside_a_session) {
  trace::instant("before");
  {
    const trace::span early("early");
  }
  at(0);
  trace::start({.clock = fake_clock});
  const std::string empty = trace::stop_to_string();
  EXPECT_EQ(count_of(empty, "\"ph\":\"i\""), 0U);
  EXPECT_EQ(count_of(empty, "\"ph\":\"X\""), 0U);
  EXPECT_NE(empty.find(R"("args":{"name":"twill"})"), std::string::npos) << empty;
}

TEST(trace, spans_that_cross_a_session_boundary_are_left_out) {
  at(100);
  trace::start({.clock = fake_clock});
  std::string first;
  {
    const trace::span crossing("crossing");
    at(200);
    first = trace::stop_to_string();
    at(300);
    trace::start({.clock = fake_clock});
    at(400);
  }
  const std::string second = trace::stop_to_string();
  EXPECT_EQ(first.find("crossing"), std::string::npos);
  EXPECT_EQ(second.find("crossing"), std::string::npos) << second;
}

TEST(trace, stop_hands_path_and_text_to_the_writer) {
  trace::start({.path = "out/trace.json"});
  trace::instant("here");
  std::string path;
  std::string text;
  trace::stop([&](const std::string& p, std::string_view t) {
    path = p;
    text = t;
  });
  EXPECT_EQ(path, "out/trace.json");
  EXPECT_EQ(count_of(text, "\"name\":\"here\""), 1U);
}

TEST(trace, stop_writes_the_file_or_says_that_there_is_none_to_write) {
  const std::string path = testing::TempDir() + "twill_trace_test.json";
  trace::start({.path = path});
  trace::instant("here");
  trace::stop();
  const std::string text = read_file(path);
  EXPECT_EQ(std::remove(path.c_str()), 0);
  EXPECT_EQ(count_of(text, "\"name\":\"here\""), 1U);
  EXPECT_EQ(text.substr(text.size() - 2), "]}");
  trace::start({});
  try {
    trace::stop();
    FAIL() << "a trace without a file is accepted";
  } catch (const error& e) {
    EXPECT_STREQ(e.what(), "error[bad_configuration]: the trace has no file to go to");
  }
  EXPECT_FALSE(trace::active());
}

TEST(trace, interned_names_are_shared_and_outlive_their_source) {
  std::string text = "stage 7 \"quoted\"";
  const trace::name kept = trace::intern(text);
  EXPECT_EQ(kept.c_str(), trace::intern(text).c_str());
  text.assign(text.size(), 'x');
  trace::start({});
  trace::instant(kept);
  EXPECT_NE(trace::stop_to_string().find(R"("name":"stage 7 \"quoted\"")"), std::string::npos);
}

TEST(trace, misuse_is_an_error) {
  try {
    trace::start({.events_per_thread = 0});
    FAIL() << "a capacity of zero is accepted";
  } catch (const error& e) {
    EXPECT_STREQ(e.what(),
                 "error[bad_configuration]: a trace needs room for events of each thread (found 0, expected "
                 "at least 1)");
  }
  trace::start({.path = "a.json"});
  try {
    trace::start({.path = "b.json"});
    FAIL() << "a second session is accepted";
  } catch (const error& e) {
    EXPECT_STREQ(e.what(),
                 "error[bad_configuration] a.json: a trace is being recorded already\nhint: stop it first");
  }
  EXPECT_FALSE(trace::stop_to_string().empty());
  try {
    static_cast<void>(trace::stop_to_string());
    FAIL() << "a stop without a start is accepted";
  } catch (const error& e) {
    EXPECT_STREQ(e.what(), "error[bad_configuration]: no trace is being recorded, so none can be stopped");
  }
}

TEST(trace, records_of_ended_threads_are_kept_under_their_names) {
  trace::start({});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      trace::instant("first");
      trace::name_this_thread("worker " + std::to_string(t));
      for (int i = 0; i < 100; ++i) const trace::span work("work", "i", i);
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string text = trace::stop_to_string();
  EXPECT_EQ(count_of(text, "\"name\":\"work\""), 400U);
  EXPECT_EQ(count_of(text, "\"name\":\"first\""), 4U);
  for (int t = 0; t < 4; ++t) {
    EXPECT_EQ(count_of(text, "{\"name\":\"worker " + std::to_string(t) + "\"}"), 1U);
  }
}

TEST(trace, threads_record_while_sessions_begin_and_end) {
  std::atomic<bool> go_on{true};
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t) {
    threads.emplace_back([&go_on] {
      // ORD relaxed [test-stop]: a flag alone; join publishes everything.
      while (go_on.load(std::memory_order_relaxed)) {
        const trace::span work("work");
        trace::counter("load", 1.0);
        trace::name_this_thread("busy");
      }
    });
  }
  for (int round = 0; round < 20; ++round) {
    trace::start({.events_per_thread = 64});
    trace::instant("round");
    const std::string text = trace::stop_to_string();
    EXPECT_EQ(count_of(text, "\"name\":\"round\""), 1U);
    EXPECT_EQ(text.substr(text.size() - 2), "]}");
  }
  // ORD relaxed [test-stop]: see above.
  go_on.store(false, std::memory_order_relaxed);
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace twill
