// SPDX-License-Identifier: Apache-2.0
#include "twill/base/settings.hpp"

#include "twill/base/catalogue.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <optional>
#include <string>

namespace twill {
namespace {

using namespace std::chrono_literals;

setting_info threads() {
  return {.name = "threads",
          .variable = "TWILL_NUM_THREADS",
          .flag = "--threads",
          .kind = setting_kind::integer,
          .minimum = 1,
          .maximum = 64,
          .pass = {"0", "auto"},
          .schedulers = {{.variable = "RAYON_NUM_THREADS"}, {.variable = "SLURM_CPUS_PER_TASK"}},
          .default_note = "all",
          .summary = "threads in each rank",
          .part = "par"};
}

settings with(settings::environment_map environment, std::vector<setting_info> infos) {
  settings s(std::move(environment));
  for (auto& info : infos) s.declare(std::move(info));
  return s;
}

template <class Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::bad_configuration);
    EXPECT_EQ(e.exit(), exit_code::usage);
    return e.what();
  }
  return "nothing was thrown";
}

std::string integer_message(std::string value) {
  settings s = with({{"TWILL_NUM_THREADS", std::move(value)}}, {threads()});
  return message_of([&] { static_cast<void>(s.find_integer("threads")); });
}

std::string message_for(setting_info info, std::string value) {
  info.variable = "TWILL_X";
  settings s = with({{"TWILL_X", std::move(value)}}, {std::move(info)});
  return message_of([&] { s.check(); });
}

TEST(settings, precedence_is_flag_environment_file_scheduler_default) {
  settings s = with({{"TWILL_NUM_THREADS", "5"}, {"RAYON_NUM_THREADS", "3"}, {"SLURM_CPUS_PER_TASK", "2"}},
                    {threads()});
  s.set_file("threads", "4", {.file = "study.json", .line = 3, .column = 14, .pointer = "/threads"});
  s.set_flag("threads", "6");
  auto t = s.find_integer("threads");
  ASSERT_TRUE(t);
  EXPECT_EQ(t->value, 6);
  EXPECT_EQ(t->from, origin::flag);
  EXPECT_EQ(t->source, "--threads");

  s.set_flag("threads", "auto");
  t = s.find_integer("threads");
  ASSERT_TRUE(t);
  EXPECT_EQ(t->value, 5);
  EXPECT_EQ(t->from, origin::environment);
  EXPECT_EQ(t->source, "TWILL_NUM_THREADS");

  settings below = with({{"TWILL_NUM_THREADS", ""}, {"RAYON_NUM_THREADS", "0"}, {"SLURM_CPUS_PER_TASK", "2"}},
                        {threads()});
  t = below.find_integer("threads");
  ASSERT_TRUE(t);
  EXPECT_EQ(t->value, 2) << "an empty variable is not set, and 0 passes on to the next";
  EXPECT_EQ(t->from, origin::scheduler);
  EXPECT_EQ(t->source, "SLURM_CPUS_PER_TASK");
  below.set_file("threads", "4", {.file = "study.json", .line = 3, .column = 14, .pointer = "/threads"});
  t = below.find_integer("threads");
  ASSERT_TRUE(t);
  EXPECT_EQ(t->value, 4);
  EXPECT_EQ(t->from, origin::file);
  EXPECT_EQ(t->source, "study.json:3:14 /threads");

  settings none = with({}, {threads()});
  EXPECT_FALSE(none.find_integer("threads"));
}

TEST(settings, malformed_numbers_name_the_variable_and_the_expectation) {
  const std::string expected = ", expected an integer from 1 to 64, or 0 or auto for the default)";
  const std::string head = "error[bad_configuration] TWILL_NUM_THREADS: the value is ";
  EXPECT_EQ(integer_message("abc"), head + "not a decimal number (found \"abc\"" + expected);
  EXPECT_EQ(integer_message("1e400"), head + "too large to be represented (found \"1e400\"" + expected);
  EXPECT_EQ(integer_message("0x10"),
            head + "hexadecimal, and numbers here are decimal (found \"0x10\"" + expected);
  EXPECT_EQ(integer_message("2.5"), head + "not an integer (found \"2.5\"" + expected);
  EXPECT_EQ(integer_message("-3"), head + "below its minimum (found \"-3\"" + expected);
  EXPECT_EQ(integer_message("65"), head + "above its maximum (found \"65\"" + expected);
  EXPECT_EQ(integer_message("99999999999999999999"),
            head + "too large to be represented (found \"99999999999999999999\"" + expected);
  EXPECT_EQ(integer_message("4 "), head + "not a decimal number (found \"4 \"" + expected);
}

TEST(settings, malformed_values_of_every_kind_say_what_was_expected) {
  const std::string head = "error[bad_configuration] TWILL_X: ";
  EXPECT_EQ(
      message_for({.name = "x", .kind = setting_kind::real, .minimum = 0, .maximum = 1}, "1e400"),
      head + "the value is too large to be represented (found \"1e400\", expected a number from 0 to 1)");
  EXPECT_EQ(message_for({.name = "x", .kind = setting_kind::real, .maximum = 0.5}, "0,5"),
            head +
                "the value is written with a decimal comma, and the decimal separator is a full stop "
                "(found \"0,5\", expected a number, at most 0.5)");
  EXPECT_EQ(message_for({.name = "x", .kind = setting_kind::boolean}, "maybe"),
            head +
                "the value is neither yes nor no (found \"maybe\", expected one of 1, 0, true, false, yes, "
                "no, on, off)");
  EXPECT_EQ(
      message_for({.name = "x", .kind = setting_kind::choice, .choices = {"balanced", "power"}}, "balance"),
      head +
          "the value is none of the choices (found \"balance\", expected one of balanced, power)\n"
          "hint: did you mean balanced?");
  EXPECT_EQ(message_for({.name = "x", .kind = setting_kind::bytes, .minimum = 1048576}, "12X"),
            head +
                "the value has the unknown unit \"X\" (found \"12X\", "
                "expected a size like 512M or 2GiB, at least 1048576)");
  EXPECT_EQ(message_for({.name = "x", .kind = setting_kind::bytes}, "0x10"),
            head +
                "the value is hexadecimal, and numbers here are decimal (found \"0x10\", "
                "expected a size like 512M or 2GiB)");
  EXPECT_EQ(
      message_for({.name = "x", .kind = setting_kind::bytes}, "99999P"),
      head +
          "the value is too large to be represented (found \"99999P\", expected a size like 512M or 2GiB)");
  EXPECT_EQ(
      message_for({.name = "x", .kind = setting_kind::duration, .minimum = 0.5}, "-1s"),
      head + "the value is negative (found \"-1s\", expected a time like 500ms, 10s or 2min, at least 0.5s)");
  EXPECT_EQ(
      message_for({.name = "x", .kind = setting_kind::duration}, "s"),
      head + "the value is not a decimal number (found \"s\", expected a time like 500ms, 10s or 2min)");
}

TEST(settings, malformed_flags_and_file_values_are_refused_at_once_and_change_nothing) {
  settings s = with({}, {threads()});
  s.set_flag("threads", "2");
  EXPECT_EQ(message_of([&] { s.set_flag("threads", "x"); }),
            "error[bad_configuration] --threads: the value is not a decimal number (found \"x\", "
            "expected an integer from 1 to 64, or 0 or auto for the default)");
  EXPECT_EQ(message_of([&] { s.set_file("threads", "1e400", {.file = "a.json", .line = 2, .column = 5}); }),
            "error[bad_configuration] a.json:2:5: the value is too large to be represented (found \"1e400\", "
            "expected an integer from 1 to 64, or 0 or auto for the default)");
  EXPECT_EQ(
      message_of([&] { s.set_file("thread", "1", {.file = "a.json", .line = 2}); }),
      "error[bad_configuration] a.json:2: no setting has the name \"thread\"\nhint: did you mean threads?");
  EXPECT_EQ(s.find_integer("threads")->value, 2);
}

TEST(settings, check_throws_the_first_problem_and_names_the_others) {
  settings s = with({{"TWILL_NUM_THREADS", "x"}, {"TWILL_STATS", "maybe"}},
                    {threads(), {.name = "stats", .variable = "TWILL_STATS", .kind = setting_kind::boolean}});
  EXPECT_EQ(s.problems().size(), 2U);
  EXPECT_EQ(message_of([&] { s.check(); }),
            "error[bad_configuration] TWILL_NUM_THREADS: the value is not a decimal number (found \"x\", "
            "expected an integer from 1 to 64, or 0 or auto for the default)\n"
            "hint: also malformed: TWILL_STATS=\"maybe\"");
}

TEST(settings, tolerant_scheduler_variables_warn_once_and_the_next_is_asked) {
  setting_info info = threads();
  info.schedulers = {{.variable = "OMP_NUM_THREADS", .first_of_list = true, .tolerant = true},
                     {.variable = "SLURM_CPUS_PER_TASK"}};
  settings list = with({{"OMP_NUM_THREADS", "4,2"}}, {info});
  EXPECT_EQ(list.find_integer("threads")->value, 4);
  EXPECT_TRUE(list.warnings().empty());

  settings bad = with({{"OMP_NUM_THREADS", "many"}, {"SLURM_CPUS_PER_TASK", "3"}}, {info});
  EXPECT_EQ(bad.find_integer("threads")->value, 3);
  EXPECT_EQ(bad.find_integer("threads")->source, "SLURM_CPUS_PER_TASK");
  ASSERT_EQ(bad.warnings().size(), 1U);
  EXPECT_EQ(format_diagnosis("warning", "bad_configuration", bad.warnings()[0]),
            "warning[bad_configuration] OMP_NUM_THREADS: the value is not a decimal number (found \"many\", "
            "expected an integer from 1 to 64, or 0 or auto for the default)");

  settings strict = with({{"RAYON_NUM_THREADS", "many"}}, {threads()});
  EXPECT_EQ(message_of([&] { static_cast<void>(strict.find_integer("threads")); }),
            "error[bad_configuration] RAYON_NUM_THREADS: the value is not a decimal number (found \"many\", "
            "expected an integer from 1 to 64, or 0 or auto for the default)");
}

TEST(settings, typed_values_and_declared_defaults) {
  settings s = with(
      {{"TWILL_A", "512M"}, {"TWILL_B", "1.5s"}, {"TWILL_C", "ON"}, {"TWILL_D", "0.25"}, {"TWILL_E", "x y"}},
      {{.name = "a", .variable = "TWILL_A", .kind = setting_kind::bytes, .default_text = "1K"},
       {.name = "b", .variable = "TWILL_B", .kind = setting_kind::duration, .default_text = "10s"},
       {.name = "c", .variable = "TWILL_C", .kind = setting_kind::boolean, .default_text = "no"},
       {.name = "d", .variable = "TWILL_D", .kind = setting_kind::real, .default_text = "0.9"},
       {.name = "e", .variable = "TWILL_E", .kind = setting_kind::path, .default_text = "here"},
       {.name = "f", .kind = setting_kind::bytes, .default_text = "1K"},
       {.name = "g", .kind = setting_kind::duration, .default_text = "10s"},
       {.name = "h", .kind = setting_kind::boolean, .default_text = "yes"},
       {.name = "i", .kind = setting_kind::real, .default_text = "0.9"},
       {.name = "j", .kind = setting_kind::choice, .choices = {"p", "q"}, .default_text = "q"},
       {.name = "k", .kind = setting_kind::integer, .default_text = "-7"}});
  EXPECT_EQ(s.get_bytes("a").value, 512ULL << 20);
  EXPECT_EQ(s.get_duration("b").value, 1500ms);
  EXPECT_TRUE(s.get_boolean("c").value);
  EXPECT_EQ(s.get_real("d").value, 0.25);
  EXPECT_EQ(s.get_text("e").value, "x y");
  EXPECT_EQ(s.get_bytes("f").value, 1024U);
  EXPECT_EQ(s.get_duration("g").value, 10s);
  EXPECT_TRUE(s.get_boolean("h").value);
  EXPECT_EQ(s.get_real("i").value, 0.9);
  EXPECT_EQ(s.get_text("j").value, "q");
  EXPECT_EQ(s.get_integer("k").value, -7);
  EXPECT_EQ(s.get_integer("k").from, origin::automatic);
  EXPECT_EQ(s.get_integer("k").source, "default");
}

TEST(settings, sizes_have_binary_and_decimal_units) {
  EXPECT_EQ(parse_bytes("0"), 0U);
  EXPECT_EQ(parse_bytes("17B"), 17U);
  EXPECT_EQ(parse_bytes("1K"), 1024U);
  EXPECT_EQ(parse_bytes("1k"), 1024U);
  EXPECT_EQ(parse_bytes("1kB"), 1000U);
  EXPECT_EQ(parse_bytes("2GiB"), 2ULL << 30);
  EXPECT_EQ(parse_bytes("64MB"), 64'000'000U);
  EXPECT_EQ(parse_bytes("1.5G"), 3ULL << 29);
  EXPECT_EQ(parse_bytes("16383P"), 16383ULL << 50);
  EXPECT_EQ(parse_bytes("18446744073709551615"), 18446744073709551615ULL);
  for (const char* bad : {"", "M", "-1", "1 M", "1Mi", "1Q", "16384P", "1e400", "0x10", "nan", "1,5M"}) {
    EXPECT_EQ(parse_bytes(bad), std::nullopt) << bad;
  }
}

TEST(settings, durations_have_one_unit_and_seconds_without) {
  EXPECT_EQ(parse_duration("10"), 10s);
  EXPECT_EQ(parse_duration("10s"), 10s);
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("0.5us"), 500ns);
  EXPECT_EQ(parse_duration("7ns"), 7ns);
  EXPECT_EQ(parse_duration("2min"), 2min);
  EXPECT_EQ(parse_duration("1.5h"), 90min);
  EXPECT_EQ(parse_duration("2d"), 48h);
  EXPECT_EQ(parse_duration("1e3ms"), 1s);
  for (const char* bad : {"", "s", "-1s", "1 s", "10x", "1h30m", "1e400s", "300000d", "0x10"}) {
    EXPECT_EQ(parse_duration(bad), std::nullopt) << bad;
  }
}

TEST(settings, list_shows_value_origin_and_whether_it_was_read) {
  settings s = with({{"TWILL_NUM_THREADS", "junk"}}, {threads(),
                                                      {.name = "idle", .default_text = "balanced"},
                                                      {.name = "check", .default_note = "normal here"},
                                                      {.name = "spin", .default_note = "depends"}});
  EXPECT_EQ(s.get_text("idle").value, "balanced");
  EXPECT_FALSE(s.find_text("spin"));
  s.record_default("spin", "20000");
  const auto all = s.list();
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0].info->name, "threads");
  EXPECT_EQ(all[0].value, "junk");
  EXPECT_EQ(all[0].from, origin::environment);
  EXPECT_EQ(all[0].source, "TWILL_NUM_THREADS");
  EXPECT_FALSE(all[0].read);
  EXPECT_EQ(all[1].value, "balanced");
  EXPECT_EQ(name_of(all[1].from), "default");
  EXPECT_EQ(all[1].source, "default");
  EXPECT_TRUE(all[1].read);
  EXPECT_EQ(all[2].value, "normal here");
  EXPECT_EQ(all[3].value, "20000");
  EXPECT_TRUE(all[3].read);
}

TEST(settings, unknown_variables_of_ours_are_found_with_the_nearest_name) {
  settings s({{"TWILL_NUM_THREAD", "4"},
              {"TWILL_ZZZZZZZZ", ""},
              {"TWILLER", "1"},
              {"TWILL_TEST_SLURM", "1"},
              {"HOME", "/"},
              {"TWILL_LOG", "info"}});
  s.declare(catalogue());
  const auto all = s.unknown();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(format_diagnosis("warning", "unknown_name", all[0]),
            "warning[unknown_name] TWILL_NUM_THREAD: no setting has this environment variable\n"
            "hint: did you mean TWILL_NUM_THREADS?");
  EXPECT_EQ(all[1].where.file, "TWILL_ZZZZZZZZ");
  EXPECT_EQ(all[1].hint, "");
}

TEST(settings, of_process_reads_the_environment) {
  ASSERT_EQ(setenv("TWILL_NUM_THREADS", "11", 1), 0);
  settings s = settings::of_process();
  ASSERT_EQ(unsetenv("TWILL_NUM_THREADS"), 0);
  s.declare(threads());
  EXPECT_EQ(s.find_integer("threads")->value, 11) << "the environment is copied at construction";
}

TEST(settings_death, mistakes_of_the_program_end_it) {
  settings s = with({}, {threads()});
  s.declare(threads());
  EXPECT_EQ(s.list().size(), 1U);
  EXPECT_DEATH(s.declare(setting_info{.name = "threads"}), "two settings under one name");
  EXPECT_DEATH(s.declare(setting_info{.name = "t", .variable = "TWILL_NUM_THREADS"}),
               "two settings under one variable");
  EXPECT_DEATH(s.declare(setting_info{.name = "n", .kind = setting_kind::integer, .default_text = "x"}),
               "the default of a setting is malformed");
  EXPECT_DEATH(static_cast<void>(s.find_text("threads")), "asked for as what it is declared");
  EXPECT_DEATH(static_cast<void>(s.find_text("nobody")), "declared before it is asked for");
  EXPECT_DEATH(static_cast<void>(s.get_integer("threads")), "computed default is looked up with find");
}

}  // namespace
}  // namespace twill
