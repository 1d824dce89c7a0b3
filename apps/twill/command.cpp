// SPDX-License-Identifier: Apache-2.0
#include "command.hpp"

#include "twill/base/catalogue.hpp"
#include "twill/base/cpu.hpp"
#include "twill/base/error.hpp"
#include "twill/base/event.hpp"
#include "twill/base/event_sinks.hpp"
#include "twill/base/suggest.hpp"
#include "twill/base/version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unistd.h>

namespace twill::apps {
namespace {

std::vector<command>& registry() {
  static std::vector<command> all;
  return all;
}

/// The whole command line as declared, and the body of each leaf.
struct declared {
  CLI::App app{"Hybrid parallelism for C++20: threads in a rank, communicators between ranks.", "twill"};
  std::map<const CLI::App*, command_body> bodies;
  std::string color = "auto";
  std::string log_level;
  std::string log_format = "text";
  bool version = false;
};

std::string text_of(const example& e) { return fmt::format("  {}\n      {}\n", e.line, e.does); }

std::string examples_of(const command& c) {
  std::string text = "Examples:\n";
  for (const example& e : c.examples) text += text_of(e);
  return text;
}

/// The subcommand of that very name; CLI11's own look-up throws where there is none.
template <class App>
App* find_subcommand(App& app, std::string_view name) {
  for (auto* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (sub->get_name() == name) return sub;
  }
  return nullptr;
}

CLI::App& group_of(declared& d, std::string_view path) {
  CLI::App* parent = &d.app;
  for (auto space = path.find(' '); space != std::string_view::npos; space = path.find(' ')) {
    const std::string word(path.substr(0, space));
    path.remove_prefix(space + 1);
    CLI::App* next = find_subcommand(*parent, word);
    if (next == nullptr) {
      next = parent->add_subcommand(word)->require_subcommand(1);
      next->footer("Examples:\n");
    }
    parent = next;
  }
  return *parent;
}

declared& line() {
  static const std::unique_ptr<declared> instance = [] {
    auto d = std::make_unique<declared>();
    d->app.add_flag("--version", d->version, "Print the version and exit");
    d->app
        .add_option("--color", d->color, "Colours on stderr: auto, always or never (NO_COLOR is respected)")
        ->check(CLI::IsMember({"auto", "always", "never"}));
    d->app
        .add_option("--log-level", d->log_level,
                    "Events on stderr from this level up (TWILL_LOG; default warning)")
        ->check(CLI::IsMember({"trace", "debug", "info", "warning", "error", "off"}));
    d->app.add_option("--log-format", d->log_format, "Events as text or json lines")
        ->check(CLI::IsMember({"text", "json"}));
    d->app.footer(
        "Examples:\n  twill doctor\n      what this machine has and what every setting is\n"
        "  twill doctor --help\n      the arguments and examples of a command\n\n"
        "Exit codes: 0 success, 1 wrong input, 2 input/output, 3 numerical, 4 internal or communication,\n"
        "64 usage, 128+n killed by signal n.");
    d->app.set_help_flag("-h,--help", "Print this help and exit");
    for (const command& c : commands()) {
      const auto cut = c.path.rfind(' ');
      const std::string word(cut == std::string_view::npos ? c.path : c.path.substr(cut + 1));
      CLI::App& group = group_of(*d, c.path);
      if (&group != &d->app) group.footer(group.get_footer() + text_of(c.examples.at(0)));
      CLI::App* sub = group.add_subcommand(word, std::string(c.summary));
      sub->footer(examples_of(c));
      sub->set_help_flag("-h,--help", "Print this help and exit");
      d->bodies.emplace(sub, c.define(*sub));
    }
    return d;
  }();
  return *instance;
}

std::vector<std::string> subcommand_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(sub->get_name());
  return names;
}

std::vector<std::string> flag_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    for (const std::string& name : option->get_snames()) names.push_back("-" + name);
  }
  return names;
}

std::string suggestion(std::string_view found, const std::vector<std::string>& known) {
  const std::vector<std::string_view> views(known.begin(), known.end());
  const std::string near = nearest_name(found, views);
  return near.empty() ? std::string{} : fmt::format("did you mean {}?", near);
}

std::string full_name(const CLI::App* app) {
  std::string name = app->get_name();
  for (const CLI::App* up = app->get_parent(); up != nullptr; up = up->get_parent())
    name = up->get_name() + ' ' + name;
  return name;
}

/// The deepest command that the arguments reached.
const CLI::App* reached(const CLI::App* app) {
  for (;;) {
    const auto chosen = app->get_subcommands();
    if (chosen.empty()) return app;
    app = chosen.back();
  }
}

int fail_usage(const diagnosis& d) {
  std::fputs((format_diagnosis("error", "usage", d) + '\n').c_str(), stderr);
  return static_cast<int>(exit_code::usage);
}

/// The first word that is neither known at its place nor an argument: CLI11 would report a whole remainder.
std::optional<diagnosis> unknown_word(const declared& d, int argc, char** argv) {
  const CLI::App* at = &d.app;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--") return std::nullopt;
    if (word.size() > 1 && word[0] == '-') {
      const std::string name = word.substr(0, word.find('='));
      const auto known = flag_names(*at);
      if (std::ranges::find(known, name) == known.end()) {
        if (name.size() > 2 && name[1] != '-')
          continue;  // joined short flags or a negative number: CLI11's to judge
        return diagnosis{.what = fmt::format("{} has no flag {}", full_name(at), name),
                         .hint = suggestion(name, known).empty()
                                     ? fmt::format("{} --help lists them", full_name(at))
                                     : suggestion(name, known)};
      }
      const CLI::Option* option = at->get_option(name);
      if (word.find('=') == std::string::npos && option->get_expected_min() > 0)
        i += option->get_expected_min();
      continue;
    }
    const auto names = subcommand_names(*at);
    if (names.empty()) continue;
    const CLI::App* next = find_subcommand(*at, word);
    if (next == nullptr) {
      std::string list;
      for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
      return diagnosis{.what = fmt::format("{} has no command '{}'", full_name(at), word),
                       .expected = fmt::format("one of {}", list),
                       .hint = suggestion(word, names)};
    }
    at = next;
  }
  return std::nullopt;
}

bool wants_color(const std::string& mode) {
  if (mode != "auto") return mode == "always";
  const char* no_color = std::getenv("NO_COLOR");
  return isatty(STDERR_FILENO) != 0 && (no_color == nullptr || *no_color == '\0');
}

void warn_of_unknown_variables(const settings& known) {
  for (const diagnosis& d : known.unknown()) {
    std::fputs((format_diagnosis("warning", "unknown_name", d) + '\n').c_str(), stderr);
  }
}

/// All malformed settings at once, before anything is done or printed.
int report_problems(const settings& known) {
  const auto problems = known.problems();
  for (const diagnosis& d : problems) {
    std::fputs((format_diagnosis("error", "bad_configuration", d) + '\n').c_str(), stderr);
  }
  return problems.empty() ? 0 : static_cast<int>(exit_code::usage);
}

std::shared_ptr<event_sink> make_event_sink(const declared& d, const session& s) {
  const auto to_stderr = [](std::string_view line) { std::fwrite(line.data(), 1, line.size(), stderr); };
  if (d.log_format == "json")
    return std::make_shared<json_lines_event_sink>(to_stderr, json_event_options{.only_rank_0 = true});
  return std::make_shared<text_event_sink>(to_stderr,
                                           text_event_options{.color = s.color, .only_rank_0 = true});
}

int fail(std::string_view message, exit_code code) {
  std::fputs(fmt::format("{}\n", message).c_str(), stderr);
  return static_cast<int>(code);
}

}  // namespace

registration::registration(command c) { registry().push_back(std::move(c)); }

const std::vector<command>& commands() {
  // Files register in link order, which no one chose; the path decides.
  std::ranges::sort(registry(), {}, &command::path);
  return registry();
}

CLI::App& parser() { return line().app; }

void print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0) {
    const int code = errno;
    throw error(code == ENOSPC ? errc::disk_full : errc::cannot_write,
                {.what = fmt::format("cannot write the result: {}", std::strerror(code)),
                 .where = twill::location{.file = "standard output"}});
  }
}

int run(int argc, char** argv) {
  declared& d = line();
  if (auto unknown = unknown_word(d, argc, argv)) return fail_usage(*unknown);
  try {
    d.app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    print(reached(&d.app)->help());
    return static_cast<int>(exit_code::success);
  } catch (const CLI::ParseError& e) {
    const CLI::App* at = reached(&d.app);
    return fail_usage(
        {.what = e.what(), .hint = fmt::format("{} --help shows arguments and examples", full_name(at))});
  }
  try {
    if (d.version) {
      print(fmt::format("twill {}\n", build_info().version));
      return static_cast<int>(exit_code::success);
    }
    const CLI::App* at = reached(&d.app);
    const auto body = d.bodies.find(at);
    if (body == d.bodies.end()) {
      std::fputs(at->help().c_str(), stderr);
      return static_cast<int>(exit_code::usage);
    }
    session s{.known = settings::of_process(),
              .color = wants_color(d.color),
              .interactive = isatty(STDERR_FILENO) != 0};
    s.known.declare(catalogue());
    if (!d.log_level.empty()) s.known.set_flag("log_level", d.log_level);
    warn_of_unknown_variables(s.known);
    if (const int code = report_problems(s.known); code != 0) return code;
    use_simd_level(choose_simd_level(s.known.get_text("simd").value, this_cpu()));
    install_event_sink(make_event_sink(d, s), event_level_setting(s.known).value);
    const int code = body->second(s);
    install_event_sink(nullptr);
    return code;
  } catch (const std::exception& e) {
    return fail(e.what(), exit_code_of(e));
  }
}

}  // namespace twill::apps
