// SPDX-License-Identifier: Apache-2.0
#include "twill/base/number.hpp"
#include "twill/table/json_fields.hpp"
#include "words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace twill::table::json::detail {
namespace {

/// An object written member by member; the text is parsed and written again at the end, for its indentation.
class members {
 public:
  void add(std::string_view key, const std::string& json) {
    text_ += fmt::format("{}{}: {}", text_.empty() ? "" : ", ", quoted(key), json);
  }
  [[nodiscard]] std::string done() const { return fmt::format("{{{}}}", text_); }

 private:
  std::string text_;
};

std::string list(const std::vector<std::string>& items) {
  return fmt::format("[{}]", fmt::join(items, ", "));
}

class schema_writer {
 public:
  std::string write(const type& root, const std::string& id) {
    members top;
    top.add("$schema", quoted("https://json-schema.org/draft/2020-12/schema"));
    if (!id.empty()) top.add("$id", quoted(id));
    top.add("title", quoted(root.name));
    if (!root.doc.empty()) top.add("description", quoted(root.doc));
    object(top, root, {}, true);
    members definitions;
    for (std::size_t i = 0; i < named_.size(); ++i) definitions.add(names_[i], definition(*named_[i]));
    if (!named_.empty()) top.add("$defs", definitions.done());
    return json::write(json::parse(top.done(), root.name).root(), 2);
  }

 private:
  std::string reference(const type& what) {
    auto at = std::ranges::find(named_, &what);
    if (at == named_.end()) {
      std::string name = what.name;
      for (int n = 2; std::ranges::find(names_, name) != names_.end(); ++n)
        name = fmt::format("{}_{}", what.name, n);
      named_.push_back(&what);
      names_.push_back(std::move(name));
      at = named_.end() - 1;
    }
    std::string path = "#/$defs/";
    for (const char c : names_[static_cast<std::size_t>(at - named_.begin())]) {
      if (c == '~')
        path += "~0";
      else if (c == '/')
        path += "~1";
      else if (c == ' ')
        path += "%20";
      else
        path += c;
    }
    return path;
  }

  std::string definition(const type& what) {
    members out;
    if (!what.doc.empty()) out.add("description", quoted(what.doc));
    if (what.form == shape::object) object(out, what, {}, false);
    if (what.form == shape::choice) {
      std::vector<std::string> words;
      for (const choice_word& w : what.words) words.push_back(quoted(w.word));
      out.add("enum", list(words));
    }
    if (what.form == shape::one_of) {
      std::vector<std::string> choices;
      for (const alternative& a : what.alternatives) {
        members choice;
        object(choice, *a.object, {what.tag, a.word}, false);
        choices.push_back(choice.done());
      }
      out.add("oneOf", list(choices));
    }
    return out.done();
  }

  void object(members& out, const type& what, const std::pair<std::string, std::string>& tag, bool root) {
    members properties;
    std::vector<std::string> required;
    if (root) properties.add("$schema", R"({"type": "string"})");
    if (!tag.first.empty()) {
      properties.add(tag.first, fmt::format(R"({{"const": {}}})", quoted(tag.second)));
      required.push_back(quoted(tag.first));
    }
    for (const field& f : what.fields) {
      if (f.name == tag.first) continue;
      properties.add(f.name, property(what, f));
      if (!f.spec.defaulted && f.content->form != shape::optional) required.push_back(quoted(f.name));
    }
    for (const aside& a : what.asides)
      properties.add(a.name, a.advice.empty() ? "true" : R"({"deprecated": true})");
    out.add("type", quoted("object"));
    out.add("properties", properties.done());
    if (!required.empty()) out.add("required", list(required));
    if (what.unknown_keys == severity::error) out.add("additionalProperties", "false");
  }

  std::string property(const type& owner, const field& f) {
    members out;
    if (!f.spec.doc.empty()) out.add("description", quoted(f.spec.doc));
    const type& inside = without_optional(*f.content);
    content(out, inside, f.spec, &inside != f.content.get() || f.spec.defaulted);
    if (f.spec.defaulted) {
      if (const std::string text = json_text(*f.content, f.member(owner.prototype.get())); !text.empty()) {
        out.add("default", text);
      }
    }
    if (!f.spec.unit.empty()) out.add("x-unit", quoted(f.spec.unit));
    if (!f.spec.defines.empty()) out.add("x-defines", quoted(f.spec.defines));
    if (!f.spec.refers_to.empty()) out.add("x-refers-to", quoted(f.spec.refers_to));
    if (!f.spec.not_below.empty()) out.add("x-not-below", quoted(f.spec.not_below));
    return out.done();
  }

  void content(members& out, const type& what, const field_spec& spec, bool nullable) {
    const auto typed = [&](std::string_view name) {
      out.add("type", nullable ? fmt::format(R"(["{}", "null"])", name) : quoted(name));
    };
    const auto nested = [&](const type& inner) {
      members m;
      const type& inside = without_optional(inner);
      content(m, inside, spec, &inside != &inner);
      return m.done();
    };
    switch (what.form) {
      case shape::scalar: scalar_content(out, what.kind, spec, typed); break;
      case shape::array:
        typed("array");
        out.add("items", nested(*what.inner));
        if (spec.min_items) out.add("minItems", std::to_string(*spec.min_items));
        if (spec.max_items) out.add("maxItems", std::to_string(*spec.max_items));
        break;
      case shape::map:
        typed("object");
        out.add("additionalProperties", nested(*what.inner));
        if (spec.min_items) out.add("minProperties", std::to_string(*spec.min_items));
        if (spec.max_items) out.add("maxProperties", std::to_string(*spec.max_items));
        break;
      case shape::custom:
        out.add("anyOf", nullable ? list({what.schema, R"({"type": "null"})"}) : list({what.schema}));
        break;
      default: {
        const std::string ref = quoted(reference(what));
        if (nullable) {
          out.add("anyOf", fmt::format(R"([{{"$ref": {}}}, {{"type": "null"}}])", ref));
        } else {
          out.add("$ref", ref);
        }
      }
    }
  }

  template <class F>
  static void scalar_content(members& out, scalar kind, const field_spec& spec, const F& typed) {
    if (kind == scalar::boolean) typed("boolean");
    if (kind == scalar::string || kind == scalar::date) typed("string");
    if (kind == scalar::date) out.add("format", quoted("date"));
    if (kind == scalar::string && spec.non_empty) out.add("minLength", "1");
    if (!is_number(kind)) return;
    typed(is_integer(kind) ? "integer" : "number");
    std::string minimum;
    std::string maximum;
    if (kind == scalar::int32) minimum = std::to_string(std::numeric_limits<std::int32_t>::min());
    if (kind == scalar::int32) maximum = std::to_string(std::numeric_limits<std::int32_t>::max());
    if (kind == scalar::uint32 || kind == scalar::uint64) minimum = std::to_string(0);
    if (kind == scalar::uint32) maximum = std::to_string(std::numeric_limits<std::uint32_t>::max());
    if (spec.minimum) minimum = shortest(*spec.minimum);
    if (spec.maximum) maximum = shortest(*spec.maximum);
    if (!minimum.empty()) out.add("minimum", minimum);
    if (!maximum.empty()) out.add("maximum", maximum);
    if (spec.above) out.add("exclusiveMinimum", shortest(*spec.above));
    if (spec.below) out.add("exclusiveMaximum", shortest(*spec.below));
  }

  std::vector<const type*> named_;
  std::vector<std::string> names_;
};

}  // namespace

std::string json_schema(const type& what, const std::string& id) { return schema_writer().write(what, id); }

}  // namespace twill::table::json::detail
