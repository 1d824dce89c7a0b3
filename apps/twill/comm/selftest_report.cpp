// SPDX-License-Identifier: Apache-2.0
#include "selftest_report.hpp"

#include "twill/base/json_writer.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace twill::apps {

std::size_t failures_of(const std::vector<checked_operation>& all) {
  return static_cast<std::size_t>(
      std::ranges::count_if(all, [](const checked_operation& c) { return !c.wrong.empty(); }));
}

std::string facts_as_text(const rank_facts& facts) {
  std::string text;
  const auto line = [&text](std::string_view name, const std::string& value) {
    text += fmt::format("{:<10} {}\n", name, value);
  };
  line("backend", fmt::format("{} ({})", facts.backend, facts.reason));
  line("available", fmt::format("{}", fmt::join(facts.available, ", ")));
  line("library", fmt::format("{}, {}", facts.library, facts.standard));
  line("launcher", facts.launcher);
  line("ranks", fmt::format("{}", facts.size));
  for (const auto& [name, ranks] : facts.hosts)
    line("host", fmt::format("{}: {}", name, fmt::join(ranks, " ")));
  line("threads", facts.threads);
  if (!facts.persistent.empty()) line("persistent", facts.persistent);
  line("checks", facts.checks);
  return text;
}

std::string selftest_as_text(const rank_facts& facts, const std::vector<checked_operation>& all) {
  std::string text = facts_as_text(facts);
  std::string_view group;
  for (const checked_operation& c : all) {
    if (c.group != group) text += fmt::format("\n{}\n", group = c.group);
    text += fmt::format("  {:<54} {}\n", c.operation, c.wrong.empty() ? "ok" : "WRONG");
    for (const auto& [rank, what] : c.wrong) text += fmt::format("    rank {}: {}\n", rank, what);
  }
  const std::size_t failed = failures_of(all);
  text += failed == 0 ? fmt::format("\nall {} operations are right on {} rank{}\n", all.size(), facts.size,
                                    facts.size == 1 ? "" : "s")
                      : fmt::format("\n{} of {} operations are wrong\n", failed, all.size());
  return text;
}

std::string selftest_as_json(const rank_facts& facts, const std::vector<checked_operation>& all) {
  json_writer w(json_style::indented);
  w.begin_object();
  write_facts(w, facts);
  w.key("operations").begin_array();
  for (const checked_operation& c : all) {
    w.begin_object().member("group", c.group).member("operation", c.operation);
    w.member("ok", c.wrong.empty());
    w.key("wrong").begin_array();
    for (const auto& [rank, what] : c.wrong)
      w.begin_object().member("rank", rank).member("what", what).end_object();
    w.end_array().end_object();
  }
  w.end_array();
  const std::size_t failed = failures_of(all);
  w.member("right", all.size() - failed).member("wrong", failed);
  w.end_object();
  return w.take() + '\n';
}

void write_facts(json_writer& w, const rank_facts& facts) {
  w.member("backend", facts.backend).member("reason", facts.reason);
  w.key("available").begin_array();
  for (const std::string& name : facts.available) w.value(name);
  w.end_array();
  w.member("library", facts.library).member("standard", facts.standard).member("launcher", facts.launcher);
  w.member("ranks", facts.size);
  w.key("hosts").begin_array();
  for (const auto& [name, ranks] : facts.hosts) {
    w.begin_object().member("name", name);
    w.key("ranks").begin_array();
    for (const int r : ranks) w.value(r);
    w.end_array().end_object();
  }
  w.end_array();
  w.member("threads", facts.threads).member("checks", facts.checks);
  if (!facts.persistent.empty()) w.member("persistent", facts.persistent);
}

}  // namespace twill::apps
