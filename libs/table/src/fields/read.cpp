// SPDX-License-Identifier: Apache-2.0
#include "../json/document.hpp"
#include "references.hpp"
#include "twill/base/number.hpp"
#include "twill/base/suggest.hpp"
#include "words.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace twill::table::json {

void checker::add(severity level, std::string_view key, std::string_view rule, diagnosis details) {
  const auto member = key.empty() ? std::nullopt : at_.find(key);
  details.where = member ? member->where() : at_.where();
  if (details.found.empty() && member) details.found = member->summary();
  out_.add({level, std::string(rule), std::move(details)});
}

namespace detail {
namespace {

class reader {
 public:
  reader(const document& from, findings& out, references::content& ids) : from_(from), out_(out), ids_(ids) {}

  bool read(const type& what, value at, void* into, const field_spec& spec) {
    switch (what.form) {
      case shape::scalar: return scalar_value(what, at, into, spec);
      case shape::optional: return at.is_null() || read(*what.inner, at, what.emplace(into), spec);
      case shape::array: return array(what, at, into, spec);
      case shape::map: return map(what, at, into, spec);
      case shape::object: return object(what, at, into, {});
      case shape::one_of: return one_of(what, at, into);
      case shape::choice: return choice(what, at, into);
      case shape::custom: return custom(what, at, into);
    }
    return false;
  }

 private:
  bool fail(std::string_view rule, value at, diagnosis d) {
    d.where = at.where();
    out_.error(rule, std::move(d));
    return false;
  }

  bool wrong_type(const type& what, value at, std::string hint = {}) {
    const std::string expected = wanted(what);
    return fail(rule::wrong_type, at,
                {.what = fmt::format("{} where {} belongs", at.is_null() ? "null" : name_of(at.type()),
                                     what.form == shape::choice ? "a text" : expected),
                 .found = at.summary(),
                 .expected = expected,
                 .hint = std::move(hint)});
  }

  /// A number in quotes is a mistake of its own: say so.
  std::string quotes_hint(const type& what, value at) {
    const auto text = at.as_string();
    if (!text || !is_number(what.kind)) return {};
    const auto number = parse_double(*text);
    if (number) return fmt::format("write {} without quotes", *text);
    if (number.fault == number_fault::decimal_comma)
      return "write a full stop instead of the comma, and no quotes";
    return {};
  }

  template <class T>
  bool integer(const type& what, value at, void* into, const field_spec& spec) {
    if (at.type() == kind::real) {
      const double real = *at.as_double();
      const bool whole = std::trunc(real) == real && std::abs(real) < 1e15;
      return wrong_type(what, at, whole ? fmt::format("write {:.0f} without point and exponent", real) : "");
    }
    if (at.type() != kind::integer) return wrong_type(what, at, quotes_hint(what, at));
    const auto small = at.as_int64();
    const auto large = at.as_uint64();
    const bool fits = (small && std::in_range<T>(*small)) || (large && std::in_range<T>(*large));
    if (!fits) {
      return fail(rule::out_of_range, at,
                  {.what = "an integer beyond its range",
                   .found = at.summary(),
                   .expected = fmt::format("{} to {}", std::numeric_limits<T>::min(),
                                           std::numeric_limits<T>::max())});
    }
    if (!in_range(at, *at.as_double(), spec)) return false;
    *static_cast<T*>(into) = small ? static_cast<T>(*small) : static_cast<T>(*large);
    return true;
  }

  template <class T>
  bool real(const type& what, value at, void* into, const field_spec& spec) {
    const auto number = at.as_double();
    if (!number) return wrong_type(what, at, quotes_hint(what, at));
    if (std::abs(*number) > static_cast<double>(std::numeric_limits<T>::max())) {
      return fail(rule::out_of_range, at,
                  {.what = "a number beyond its range",
                   .found = at.summary(),
                   .expected = "a magnitude below 3.4e38"});
    }
    if (!in_range(at, *number, spec)) return false;
    *static_cast<T*>(into) = static_cast<T>(*number);
    return true;
  }

  bool in_range(value at, double number, const field_spec& spec) {
    const bool low = (spec.minimum && number < *spec.minimum) || (spec.above && number <= *spec.above);
    const bool high = (spec.maximum && number > *spec.maximum) || (spec.below && number >= *spec.below);
    if (!low && !high) return true;
    return fail(rule::out_of_range, at,
                {.what = low ? "too small" : "too large",
                 .found = at.summary(),
                 .expected = range_words(spec) + (spec.unit.empty() ? "" : " " + spec.unit)});
  }

  bool scalar_value(const type& what, value at, void* into, const field_spec& spec) {
    const bool ok = scalar_content(what, at, into, spec);
    if (ok && !spec.defines.empty()) ids_.define(spec.defines, json_text(what, into), from_, at);
    if (ok && !spec.refers_to.empty())
      ids_.uses.push_back({spec.refers_to, json_text(what, into), from_, at.index()});
    return ok;
  }

  bool scalar_content(const type& what, value at, void* into, const field_spec& spec) {
    switch (what.kind) {
      case scalar::boolean: {
        const auto truth = at.as_bool();
        if (!truth) return wrong_type(what, at);
        *static_cast<bool*>(into) = *truth;
        return true;
      }
      case scalar::int32: return integer<std::int32_t>(what, at, into, spec);
      case scalar::int64: return integer<std::int64_t>(what, at, into, spec);
      case scalar::uint32: return integer<std::uint32_t>(what, at, into, spec);
      case scalar::uint64: return integer<std::uint64_t>(what, at, into, spec);
      case scalar::float32: return real<float>(what, at, into, spec);
      case scalar::float64: return real<double>(what, at, into, spec);
      case scalar::string: {
        const auto text = at.as_string();
        if (!text) return wrong_type(what, at);
        if (spec.non_empty && text->empty()) {
          return fail(rule::invalid_value, at,
                      {.what = "an empty text", .found = "\"\"", .expected = "at least one character"});
        }
        *static_cast<std::string*>(into) = *text;
        return true;
      }
      case scalar::date: {
        const auto text = at.as_string();
        if (!text) return wrong_type(what, at);
        const auto day = parse_date(*text);
        if (!day) {
          return fail(rule::invalid_value, at,
                      {.what = "not a day of the calendar", .found = at.summary(), .expected = "YYYY-MM-DD"});
        }
        *static_cast<date*>(into) = *day;
        return true;
      }
    }
    return false;
  }

  bool counted(value at, std::string_view noun, const field_spec& spec) {
    const bool few = spec.min_items && at.size() < *spec.min_items;
    const bool many = spec.max_items && at.size() > *spec.max_items;
    if (!few && !many) return true;
    std::string expected;
    if (spec.min_items == spec.max_items) {
      expected = fmt::format("exactly {}", *spec.min_items);
    } else if (few) {
      expected = fmt::format("at least {}", *spec.min_items);
    } else {
      expected = fmt::format("at most {}", *spec.max_items);
    }
    return fail(rule::out_of_range, at,
                {.what = fmt::format("too {} {}s", few ? "few" : "many", noun),
                 .found = std::to_string(at.size()),
                 .expected = expected});
  }

  bool array(const type& what, value at, void* into, const field_spec& spec) {
    if (!at.is_array()) return wrong_type(what, at);
    bool ok = counted(at, "element", spec);
    for (const value element : at) ok = read(*what.inner, element, what.emplace(into), spec) && ok;
    return ok;
  }

  bool map(const type& what, value at, void* into, const field_spec& spec) {
    if (!at.is_object()) return wrong_type(what, at);
    bool ok = counted(at, "key", spec);
    for (const value member : at) ok = read(*what.inner, member, what.insert(into, member.key()), spec) && ok;
    return ok;
  }

  bool object(const type& what, value at, void* into, std::string_view tag) {
    if (!at.is_object()) return wrong_type(what, at);
    bool ok = true;
    std::vector<bool> seen(what.fields.size());
    for (const value member : at) {
      const std::string_view key = member.key();
      std::size_t i = 0;
      while (i < what.fields.size() && what.fields[i].name != key) ++i;
      if (i == what.fields.size()) {
        if (key != tag && !(at.index() == 0 && key == "$schema")) ok = without_field(what, member) && ok;
        continue;
      }
      const field& f = what.fields[i];
      seen[i] = true;
      if (member.is_null() && f.spec.defaulted) continue;
      ok = read(*f.content, member, f.member(into), f.spec) && ok;
    }
    for (std::size_t i = 0; i < what.fields.size(); ++i) {
      const field& f = what.fields[i];
      if (seen[i] || f.spec.defaulted || f.content->form == shape::optional) continue;
      ok = fail(rule::missing_key, at,
                {.what = fmt::format("the key \"{}\" is missing", f.name),
                 .expected = wanted(*f.content) + (f.spec.unit.empty() ? "" : " in " + f.spec.unit),
                 .hint = f.spec.doc.empty() ? "" : fmt::format("{}: {}", f.name, f.spec.doc)});
    }
    if (!ok) return false;
    ok = ordered(what, at, into);
    const std::size_t before = out_.errors();
    checker report(at, out_);
    for (const auto& check : what.checks) check(into, report);
    return ok && out_.errors() == before;
  }

  bool without_field(const type& what, value member) {
    const std::string_view key = member.key();
    for (const aside& known : what.asides) {
      if (known.name != key) continue;
      if (!known.advice.empty()) {
        out_.warning(rule::deprecated, {.what = fmt::format("the key \"{}\" is out of use", key),
                                        .where = member.key_where(),
                                        .hint = known.advice});
      }
      return true;
    }
    std::vector<std::string_view> names;
    for (const field& f : what.fields) names.push_back(f.name);
    const std::string near = nearest_name(key, names);
    out_.add({what.unknown_keys,
              std::string(rule::unknown_key),
              {.what = fmt::format("{} has no such key", what.name),
               .where = member.key_where(),
               .found = excerpt(quoted(key)),
               .expected = near.empty() ? fmt::format("one of {}", fmt::join(names, ", ")) : "",
               .hint = near.empty() ? "" : fmt::format("did you mean \"{}\"?", near)}});
    return what.unknown_keys == severity::warning;
  }

  /// The rules `not_below`, which need the whole object.
  bool ordered(const type& what, value at, void* into) {
    bool ok = true;
    for (const field& f : what.fields) {
      if (f.spec.not_below.empty()) continue;
      for (const field& lower : what.fields) {
        if (lower.name != f.spec.not_below) continue;
        const auto high = number_in(*f.content, f.member(into));
        const auto low = number_in(*lower.content, lower.member(into));
        if (!high || !low || *high >= *low) continue;
        const auto member = at.find(f.name);
        ok = fail(rule::out_of_range, member.value_or(at),
                  {.what = fmt::format("{} below {}", f.name, lower.name),
                   .found = shortest(*high),
                   .expected = fmt::format("at least {}{}", shortest(*low),
                                           f.spec.unit.empty() ? "" : " " + f.spec.unit),
                   .hint = "swap them or lower the minimum"});
      }
    }
    return ok;
  }

  bool one_of(const type& what, value at, void* into) {
    if (!at.is_object()) return wrong_type(what, at);
    std::vector<std::string_view> words;
    std::string listed;
    for (const alternative& a : what.alternatives) {
      words.push_back(a.word);
      listed += (listed.empty() ? "" : ", ") + quoted(a.word);
    }
    const auto tag = at.find(what.tag);
    if (!tag) {
      return fail(rule::missing_key, at,
                  {.what = fmt::format("the key \"{}\" is missing", what.tag),
                   .expected = fmt::format("one of {}", listed)});
    }
    const auto word = tag->as_string();
    if (word) {
      for (const alternative& a : what.alternatives) {
        if (a.word == *word) return object(*a.object, at, a.emplace(into), what.tag);
      }
    }
    const std::string near = word ? nearest_name(*word, words) : "";
    return fail(word ? rule::invalid_value : rule::wrong_type, *tag,
                {.what = fmt::format("no such kind of {}", what.name),
                 .found = tag->summary(),
                 .expected = fmt::format("one of {}", listed),
                 .hint = near.empty() ? "" : fmt::format("did you mean \"{}\"?", near)});
  }

  bool choice(const type& what, value at, void* into) {
    const auto text = at.as_string();
    if (!text) return wrong_type(what, at);
    std::vector<std::string_view> words;
    for (const choice_word& w : what.words) {
      words.push_back(w.word);
      if (w.word == *text) {
        what.store_word(into, w.number);
        return true;
      }
    }
    const std::string near = nearest_name(*text, words);
    return fail(rule::invalid_value, at,
                {.what = fmt::format("no such {}", what.name),
                 .found = at.summary(),
                 .expected = wanted(what),
                 .hint = near.empty() ? "" : fmt::format("did you mean \"{}\"?", near)});
  }

  bool custom(const type& what, value at, void* into) {
    const std::size_t before = out_.errors();
    checker report(at, out_);
    what.read(at, into, report);
    return out_.errors() == before;
  }

  const document& from_;
  findings& out_;
  references::content& ids_;
};

}  // namespace

void read(const document& from, const type& what, void* into, findings& out, references* shared) {
  references own;
  reader(from, out, (shared != nullptr ? *shared : own).get()).read(what, from.root(), into, {});
  if (shared == nullptr) own.resolve(out);
}

}  // namespace detail
}  // namespace twill::table::json
