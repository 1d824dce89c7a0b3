// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/table/date.hpp"
#include "twill/table/findings.hpp"
#include "twill/table/json.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace twill::table::json {

/// What a field means and which values it takes. Bounds hold for every number of an array or a map.
struct field_spec {
  std::string doc{};                       ///< a sentence for the documentation
  std::string unit{};                      ///< "hm3", "$/MWh"
  std::optional<double> minimum{};         ///< inclusive
  std::optional<double> maximum{};         ///< inclusive
  std::optional<double> above{};           ///< exclusive
  std::optional<double> below{};           ///< exclusive
  std::optional<std::size_t> min_items{};  ///< of an array or a map
  std::optional<std::size_t> max_items{};
  bool non_empty = false;   ///< texts: at least one character
  std::string not_below{};  ///< another number of this object that bounds this one from below
  std::string defines{};    ///< the value is a unique id of this set
  std::string refers_to{};  ///< the value is an id of this set
  bool defaulted = false;   ///< absent or null keeps the initial value of the member
};

class checker;

namespace detail {

enum class scalar : std::uint8_t { boolean, int32, int64, uint32, uint64, float32, float64, string, date };
enum class shape : std::uint8_t { scalar, optional, array, map, object, one_of, choice, custom };

struct type;
using type_ptr = std::shared_ptr<const type>;

struct field {
  std::string name;
  type_ptr content;
  field_spec spec;
  std::function<void*(void*)> member;
};

struct choice_word {
  std::string word;
  std::int64_t number;
  std::string doc;
};

struct alternative {
  std::string word;
  type_ptr object;
  void* (*emplace)(void*);
};

struct aside {
  std::string name;
  std::string advice;  // empty: ignored in silence
};

/// What a JSON value must be and where its content goes: a tree without templates, so that reading,
/// documenting and exporting are compiled once, and a description costs its user a few pointers.
struct type {
  shape form = shape::scalar;
  scalar kind = scalar::boolean;
  type_ptr inner;                                      // optional, array, map
  void* (*emplace)(void*) = nullptr;                   // optional, array: a new element
  void* (*insert)(void*, std::string_view) = nullptr;  // map
  std::string name;                                    // object, one_of, choice, custom
  std::string doc;
  std::vector<field> fields;  // object
  std::vector<aside> asides;
  std::vector<std::function<void(const void*, checker&)>> checks;
  severity unknown_keys = severity::error;
  std::shared_ptr<void> prototype;  // object: as constructed, for defaults
  std::string tag;                  // one_of
  std::vector<alternative> alternatives;
  std::vector<choice_word> words;  // choice
  void (*store_word)(void*, std::int64_t) = nullptr;
  std::int64_t (*load_word)(const void*) = nullptr;
  std::function<void(value, void*, checker&)> read;  // custom
  std::string schema;                                // custom: a JSON Schema
};

[[nodiscard]] type_ptr scalar_type(scalar kind);

template <class T>
constexpr bool is_scalar =
    std::is_same_v<T, bool> || std::is_same_v<T, std::int32_t> || std::is_same_v<T, std::int64_t> ||
    std::is_same_v<T, std::uint32_t> || std::is_same_v<T, std::uint64_t> || std::is_same_v<T, float> ||
    std::is_same_v<T, double> || std::is_same_v<T, std::string> || std::is_same_v<T, date>;

template <class T>
constexpr scalar scalar_of() {
  static_assert(is_scalar<T>,
                "a field without a description is bool, (u)int32/64_t, float, double, string or date, or an "
                "optional, vector or map<string, ...> of these; others need a description");
  if constexpr (std::is_same_v<T, bool>) return scalar::boolean;
  if constexpr (std::is_same_v<T, std::int32_t>) return scalar::int32;
  if constexpr (std::is_same_v<T, std::int64_t>) return scalar::int64;
  if constexpr (std::is_same_v<T, std::uint32_t>) return scalar::uint32;
  if constexpr (std::is_same_v<T, std::uint64_t>) return scalar::uint64;
  if constexpr (std::is_same_v<T, float>) return scalar::float32;
  if constexpr (std::is_same_v<T, double>) return scalar::float64;
  if constexpr (std::is_same_v<T, std::string>) return scalar::string;
  return scalar::date;
}

/// How a member of type `T` is filled; `Leaf` is what the description at its core describes (void: none is
/// given).
template <class T, class Leaf>
struct wrapped {
  static type_ptr make(const type_ptr& leaf) {
    if constexpr (std::is_void_v<Leaf>) {
      return scalar_type(scalar_of<T>());
    } else {
      static_assert(std::is_same_v<T, Leaf>, "the description describes another type than the member has");
      return leaf;
    }
  }
};

template <class T, class Leaf>
struct wrapped<std::optional<T>, Leaf> {
  static type_ptr make(const type_ptr& leaf) {
    type made;
    made.form = shape::optional;
    made.inner = wrapped<T, Leaf>::make(leaf);
    made.emplace = [](void* target) -> void* { return &static_cast<std::optional<T>*>(target)->emplace(); };
    return std::make_shared<const type>(std::move(made));
  }
};

template <class T, class Leaf>
struct wrapped<std::vector<T>, Leaf> {
  static type_ptr make(const type_ptr& leaf) {
    static_assert(!std::is_same_v<T, bool>, "std::vector<bool> has no elements to fill");
    type made;
    made.form = shape::array;
    made.inner = wrapped<T, Leaf>::make(leaf);
    made.emplace = [](void* target) -> void* {
      return &static_cast<std::vector<T>*>(target)->emplace_back();
    };
    return std::make_shared<const type>(std::move(made));
  }
};

template <class T, class Leaf>
struct wrapped<std::map<std::string, T>, Leaf> {
  static type_ptr make(const type_ptr& leaf) {
    type made;
    made.form = shape::map;
    made.inner = wrapped<T, Leaf>::make(leaf);
    made.insert = [](void* target, std::string_view key) -> void* {
      return &(*static_cast<std::map<std::string, T>*>(target))[std::string(key)];
    };
    return std::make_shared<const type>(std::move(made));
  }
};

}  // namespace detail
}  // namespace twill::table::json
