// SPDX-License-Identifier: Apache-2.0
#include "words.hpp"

#include "twill/base/number.hpp"

#include <fmt/format.h>

namespace twill::table::json::detail {

type_ptr scalar_type(scalar kind) {
  type made;
  made.kind = kind;
  return std::make_shared<const type>(std::move(made));
}

const type& without_optional(const type& what) noexcept {
  const type* inside = &what;
  while (inside->form == shape::optional) inside = inside->inner.get();
  return *inside;
}

std::string wanted(const type& what) {
  switch (what.form) {
    case shape::scalar:
      switch (what.kind) {
        case scalar::boolean: return "true or false";
        case scalar::string: return "a text";
        case scalar::date: return "a date \"YYYY-MM-DD\"";
        case scalar::float32:
        case scalar::float64: return "a number";
        default: return "an integer";
      }
    case shape::optional: return wanted(*what.inner) + " or null";
    case shape::array: return "an array";
    case shape::map:
    case shape::object:
    case shape::one_of: return "an object";
    case shape::choice: {
      std::string words;
      for (const choice_word& w : what.words) words += (words.empty() ? "" : ", ") + quoted(w.word);
      return what.words.size() == 1 ? words : "one of " + words;
    }
    case shape::custom: return what.name;
  }
  return {};
}

std::string documented_type(const type& what) {
  switch (what.form) {
    case shape::scalar:
      switch (what.kind) {
        case scalar::boolean: return "bool";
        case scalar::int32: return "int32";
        case scalar::int64: return "int64";
        case scalar::uint32: return "uint32";
        case scalar::uint64: return "uint64";
        case scalar::float32: return "float";
        case scalar::float64: return "double";
        case scalar::string: return "text";
        case scalar::date: return "date";
      }
      return {};
    case shape::optional: return documented_type(*what.inner);
    case shape::array: return "array of " + documented_type(*what.inner);
    case shape::map: return "map of " + documented_type(*what.inner);
    default: return what.name;
  }
}

std::string range_words(const field_spec& spec) {
  std::string text;
  const auto add = [&](std::string_view words, const std::string& bound) {
    if (!text.empty()) text += " and ";
    text += fmt::format("{} {}", words, bound);
  };
  if (spec.minimum) add("at least", shortest(*spec.minimum));
  if (spec.above) add("above", shortest(*spec.above));
  if (!spec.not_below.empty()) add("at least", spec.not_below);
  if (spec.maximum) add("at most", shortest(*spec.maximum));
  if (spec.below) add("below", shortest(*spec.below));
  return text;
}

namespace {

template <class T>
const T& as(const void* source) {
  return *static_cast<const T*>(source);
}

}  // namespace

std::string json_text(const type& what, const void* source) {
  if (what.form == shape::choice) {
    const std::int64_t number = what.load_word(source);
    for (const choice_word& w : what.words) {
      if (w.number == number) return quoted(w.word);
    }
    return {};
  }
  if (what.form != shape::scalar) return {};
  switch (what.kind) {
    case scalar::boolean: return as<bool>(source) ? "true" : "false";
    case scalar::int32: return std::to_string(as<std::int32_t>(source));
    case scalar::int64: return std::to_string(as<std::int64_t>(source));
    case scalar::uint32: return std::to_string(as<std::uint32_t>(source));
    case scalar::uint64: return std::to_string(as<std::uint64_t>(source));
    case scalar::float32: return fmt::format("{}", as<float>(source));
    case scalar::float64: return shortest(as<double>(source));
    case scalar::string: return quoted(as<std::string>(source));
    case scalar::date: return quoted(to_string(as<date>(source)));
  }
  return {};
}

std::optional<double> number_in(const type& what, const void* source) {
  if (what.form == shape::optional) {
    // Only scalars are asked for, and an optional of one holds it at the address its own functions give.
    switch (what.inner->form == shape::scalar ? what.inner->kind : scalar::string) {
      case scalar::int32: return as<std::optional<std::int32_t>>(source);
      case scalar::int64: {
        const auto& held = as<std::optional<std::int64_t>>(source);
        return held ? std::optional(static_cast<double>(*held)) : std::nullopt;
      }
      case scalar::uint32: return as<std::optional<std::uint32_t>>(source);
      case scalar::uint64: {
        const auto& held = as<std::optional<std::uint64_t>>(source);
        return held ? std::optional(static_cast<double>(*held)) : std::nullopt;
      }
      case scalar::float32: return as<std::optional<float>>(source);
      case scalar::float64: return as<std::optional<double>>(source);
      default: return std::nullopt;
    }
  }
  if (what.form != shape::scalar) return std::nullopt;
  switch (what.kind) {
    case scalar::int32: return as<std::int32_t>(source);
    case scalar::int64: return static_cast<double>(as<std::int64_t>(source));
    case scalar::uint32: return as<std::uint32_t>(source);
    case scalar::uint64: return static_cast<double>(as<std::uint64_t>(source));
    case scalar::float32: return static_cast<double>(as<float>(source));
    case scalar::float64: return as<double>(source);
    default: return std::nullopt;
  }
}

}  // namespace twill::table::json::detail
