// SPDX-License-Identifier: Apache-2.0
#include "twill/base/settings.hpp"

#include "setting_value.hpp"
#include "twill/base/assert.hpp"
#include "twill/base/suggest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unistd.h>
#include <utility>

namespace twill {
namespace {

/// A flag or a variable is its own place; a file has a better one.
std::string source_of(const location& where) { return where.to_string(); }

std::string_view first_item(std::string_view list) { return list.substr(0, list.find(',')); }

}  // namespace

std::string_view name_of(origin from) noexcept {
  switch (from) {
    case origin::flag: return "flag";
    case origin::environment: return "environment";
    case origin::file: return "file";
    case origin::scheduler: return "scheduler";
    case origin::automatic: return "default";
  }
  return "default";
}

std::string_view name_of(setting_kind kind) noexcept {
  switch (kind) {
    case setting_kind::integer: return "integer";
    case setting_kind::real: return "real";
    case setting_kind::boolean: return "boolean";
    case setting_kind::choice: return "choice";
    case setting_kind::text: return "text";
    case setting_kind::bytes: return "bytes";
    case setting_kind::duration: return "duration";
    case setting_kind::path: return "path";
  }
  return "text";
}

settings settings::of_process() {
  environment_map environment;
  for (char** item = environ; item != nullptr && *item != nullptr; ++item) {
    const std::string_view text(*item);
    const auto equals = text.find('=');
    // The first of two equal names wins, as getenv has it.
    if (equals != std::string_view::npos)
      environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return settings(std::move(environment));
}

void settings::declare(setting_info info) {
  TWILL_EXPECT(info.kind != setting_kind::choice || !info.choices.empty(), "a choice needs choices");
  TWILL_EXPECT(info.default_text.empty() ||
                   std::ranges::find(info.pass, info.default_text) != info.pass.end() ||
                   detail::fault_of(info, info.default_text).empty(),
               "the default of a setting is malformed");
  for (const auto& known_entry : entries_) {
    const setting_info& old = known_entry->info;
    if (old == info) return;
    TWILL_EXPECT(old.name != info.name, "two settings under one name");
    TWILL_EXPECT(info.variable.empty() || old.variable != info.variable, "two settings under one variable");
  }
  entries_.push_back(std::make_unique<entry>(entry{std::move(info), {}, {}, {}, false}));
}

void settings::declare(std::span<const setting_info> infos) {
  for (const setting_info& info : infos) declare(info);
}

const settings::entry* settings::find(std::string_view name) const noexcept {
  const auto found = std::ranges::find_if(entries_, [&](const auto& e) { return e->info.name == name; });
  return found == entries_.end() ? nullptr : found->get();
}

settings::entry& settings::known(std::string_view name) {
  const auto found = std::ranges::find_if(entries_, [&](const auto& e) { return e->info.name == name; });
  TWILL_EXPECT(found != entries_.end(), "a setting is declared before it is asked for");
  return **found;
}

settings::entry& settings::settable(std::string_view name, const location& where) {
  if (find(name) != nullptr) return known(name);
  std::vector<std::string_view> names;
  for (const auto& e : entries_) names.emplace_back(e->info.name);
  const std::string near = nearest_name(name, names);
  throw error(errc::bad_configuration, {.what = fmt::format("no setting has the name \"{}\"", name),
                                        .where = where,
                                        .found = {},
                                        .expected = {},
                                        .hint = near.empty() ? "" : fmt::format("did you mean {}?", near)});
}

void settings::set_flag(std::string_view name, std::string value) {
  location where;
  const entry* const old = find(name);
  where.file = old != nullptr && !old->info.flag.empty() ? old->info.flag : fmt::format("--{}", name);
  entry& e = settable(name, where);
  const bool passes = std::ranges::find(e.info.pass, value) != e.info.pass.end();
  if (std::string wrong = passes ? "" : detail::fault_of(e.info, value); !wrong.empty()) {
    throw error(errc::bad_configuration, detail::malformed(e.info, value, where, std::move(wrong)));
  }
  e.flag = given{std::move(value), origin::flag, std::move(where)};
}

void settings::set_file(std::string_view name, std::string value, location where) {
  entry& e = settable(name, where);
  const bool passes = std::ranges::find(e.info.pass, value) != e.info.pass.end();
  if (std::string wrong = passes ? "" : detail::fault_of(e.info, value); !wrong.empty()) {
    throw error(errc::bad_configuration, detail::malformed(e.info, value, where, std::move(wrong)));
  }
  e.file = given{std::move(value), origin::file, std::move(where)};
}

std::optional<std::string_view> settings::variable(const std::string& name) const {
  const auto found = name.empty() ? environment_.end() : environment_.find(name);
  if (found == environment_.end() || found->second.empty()) return std::nullopt;
  return found->second;
}

std::optional<settings::given> settings::decide(const entry& of, std::vector<diagnosis>* warnings) const {
  const auto decides = [&](std::string_view text) {
    return !text.empty() && std::ranges::find(of.info.pass, text) == of.info.pass.end();
  };
  if (of.flag && decides(of.flag->text)) return of.flag;
  if (const auto text = variable(of.info.variable); text && decides(*text)) {
    return given{std::string(*text), origin::environment, {.file = of.info.variable}};
  }
  if (of.file && decides(of.file->text)) return of.file;
  for (const scheduler_variable& other : of.info.schedulers) {
    const auto whole = variable(other.variable);
    if (!whole) continue;
    const std::string_view text = other.first_of_list ? first_item(*whole) : *whole;
    if (!decides(text)) continue;
    const location where{.file = other.variable};
    if (other.tolerant) {
      if (std::string wrong = detail::fault_of(of.info, text); !wrong.empty()) {
        if (warnings != nullptr) {
          diagnosis d = detail::malformed(of.info, *whole, where, std::move(wrong));
          if (std::ranges::find(*warnings, d) == warnings->end()) warnings->push_back(std::move(d));
        }
        continue;
      }
    }
    return given{std::string(text), origin::scheduler, where};
  }
  return std::nullopt;
}

template <class T, class Parse>
std::optional<setting<T>> settings::look_up(std::string_view name, setting_kind kind, Parse parse) {
  entry& e = known(name);
  const bool textual = kind == setting_kind::text &&
                       (e.info.kind == setting_kind::choice || e.info.kind == setting_kind::path);
  TWILL_EXPECT(e.info.kind == kind || textual, "a setting is asked for as what it is declared");
  e.read = true;
  auto decided = decide(e, &warnings_);
  if (!decided) return std::nullopt;
  auto reading = parse(e.info, decided->text);
  if (!reading.value) {
    throw error(errc::bad_configuration,
                detail::malformed(e.info, decided->text, decided->where, std::move(reading.wrong)));
  }
  return setting<T>{std::move(*reading.value), decided->from, source_of(decided->where)};
}

template <class T>
setting<T> settings::or_default(std::string_view name, std::optional<setting<T>> found, const T& fallback) {
  if (found) return std::move(*found);
  TWILL_EXPECT(!known(name).info.default_text.empty(),
               "a setting with a computed default is looked up with find");
  return {fallback, origin::automatic, "default"};
}

std::optional<setting<std::int64_t>> settings::find_integer(std::string_view name) {
  return look_up<std::int64_t>(name, setting_kind::integer, detail::read_integer);
}
std::optional<setting<double>> settings::find_real(std::string_view name) {
  return look_up<double>(name, setting_kind::real, detail::read_real);
}
std::optional<setting<bool>> settings::find_boolean(std::string_view name) {
  return look_up<bool>(name, setting_kind::boolean, detail::read_boolean);
}
std::optional<setting<std::uint64_t>> settings::find_bytes(std::string_view name) {
  return look_up<std::uint64_t>(name, setting_kind::bytes, detail::read_bytes);
}
std::optional<setting<std::chrono::nanoseconds>> settings::find_duration(std::string_view name) {
  return look_up<std::chrono::nanoseconds>(name, setting_kind::duration, detail::read_duration);
}
std::optional<setting<std::string>> settings::find_text(std::string_view name) {
  return look_up<std::string>(name, setting_kind::text, detail::read_text);
}

setting<std::int64_t> settings::get_integer(std::string_view name) {
  const setting_info& info = known(name).info;
  return or_default(name, find_integer(name),
                    detail::read_integer(info, info.default_text).value.value_or(0));
}
setting<double> settings::get_real(std::string_view name) {
  const setting_info& info = known(name).info;
  return or_default(name, find_real(name), detail::read_real(info, info.default_text).value.value_or(0));
}
setting<bool> settings::get_boolean(std::string_view name) {
  const setting_info& info = known(name).info;
  return or_default(name, find_boolean(name),
                    detail::read_boolean(info, info.default_text).value.value_or(false));
}
setting<std::uint64_t> settings::get_bytes(std::string_view name) {
  const setting_info& info = known(name).info;
  return or_default(name, find_bytes(name), detail::read_bytes(info, info.default_text).value.value_or(0));
}
setting<std::chrono::nanoseconds> settings::get_duration(std::string_view name) {
  const setting_info& info = known(name).info;
  using length = std::chrono::nanoseconds;
  return or_default(name, find_duration(name),
                    detail::read_duration(info, info.default_text).value.value_or(length{}));
}
setting<std::string> settings::get_text(std::string_view name) {
  return or_default(name, find_text(name), known(name).info.default_text);
}

void settings::record_default(std::string_view name, std::string value) {
  known(name).computed = std::move(value);
}

std::vector<setting_state> settings::list() const {
  std::vector<setting_state> states;
  for (const auto& e : entries_) {
    setting_state state{
        .info = &e->info, .value = {}, .from = origin::automatic, .source = "default", .read = e->read};
    if (auto decided = decide(*e, nullptr)) {
      state.value = std::move(decided->text);
      state.from = decided->from;
      state.source = source_of(decided->where);
    } else if (e->computed) {
      state.value = *e->computed;
    } else {
      state.value = e->info.default_text.empty() ? e->info.default_note : e->info.default_text;
    }
    states.push_back(std::move(state));
  }
  return states;
}

std::vector<diagnosis> settings::problems() const {
  std::vector<diagnosis> all;
  for (const auto& e : entries_) {
    if (const auto decided = decide(*e, nullptr)) {
      if (std::string wrong = detail::fault_of(e->info, decided->text); !wrong.empty()) {
        all.push_back(detail::malformed(e->info, decided->text, decided->where, std::move(wrong)));
      }
    }
  }
  return all;
}

void settings::check() const {
  std::vector<diagnosis> all = problems();
  if (all.empty()) return;
  diagnosis first = std::move(all.front());
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (!first.hint.empty()) first.hint += "; ";
    first.hint += fmt::format("also malformed: {}={}", all[i].where.to_string(), all[i].found);
  }
  throw error(errc::bad_configuration, std::move(first));
}

std::vector<diagnosis> settings::unknown() const {
  std::vector<std::string_view> names;
  for (const auto& e : entries_) {
    if (!e->info.variable.empty()) names.emplace_back(e->info.variable);
  }
  std::vector<diagnosis> all;
  constexpr std::string_view ours = "TWILL_";
  for (auto at = environment_.lower_bound(ours); at != environment_.end() && at->first.starts_with(ours);
       ++at) {
    // Said to the test suite, which starts programs that hear it as well.
    if (at->first.starts_with("TWILL_TEST_")) continue;
    if (std::ranges::find(names, at->first) != names.end()) continue;
    const std::string near = nearest_name(at->first, names);
    all.push_back({.what = "no setting has this environment variable",
                   .where = {.file = at->first},
                   .found = {},
                   .expected = {},
                   .hint = near.empty() ? "" : fmt::format("did you mean {}?", near)});
  }
  return all;
}

}  // namespace twill
