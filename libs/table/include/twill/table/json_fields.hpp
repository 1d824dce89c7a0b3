// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/table/detail/json_type.hpp"
#include "twill/table/findings.hpp"
#include "twill/table/json.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace twill::table::json {

/// Where a check of the user's own tells what is wrong with one JSON value.
class checker {
 public:
  checker(value at, findings& out) noexcept : at_(at), out_(out) {}

  [[nodiscard]] value at() const noexcept { return at_; }
  /// Adds a finding; its place is the member `key` of the object at hand, or the value itself when it has
  /// none.
  void error(std::string_view key, std::string_view rule, diagnosis details) {
    add(severity::error, key, rule, std::move(details));
  }
  void warning(std::string_view key, std::string_view rule, diagnosis details) {
    add(severity::warning, key, rule, std::move(details));
  }

 private:
  void add(severity level, std::string_view key, std::string_view rule, diagnosis details);

  value at_;
  findings& out_;
};

/// Something that describes the JSON form of `T`.
template <class D>
concept described = requires(const D& d) {
  typename D::described_type;
  { d.type() } -> std::convertible_to<detail::type_ptr>;
};

/// The words of an enumeration: `enumeration<mode>("mode", "How ...", {{"any", mode::any}, {"all",
/// mode::all}})`.
template <class E>
class enumeration {
 public:
  using described_type = E;
  struct entry {
    std::string word;
    E value;
    std::string doc{};
  };
  enumeration(std::string name, std::string doc, std::initializer_list<entry> entries) {
    detail::type made;
    made.form = detail::shape::choice;
    made.name = std::move(name);
    made.doc = std::move(doc);
    for (const entry& e : entries) made.words.push_back({e.word, static_cast<std::int64_t>(e.value), e.doc});
    made.store_word = [](void* target, std::int64_t number) {
      *static_cast<E*>(target) = static_cast<E>(number);
    };
    made.load_word = [](const void* source) {
      return static_cast<std::int64_t>(*static_cast<const E*>(source));
    };
    type_ = std::make_shared<const detail::type>(std::move(made));
  }
  [[nodiscard]] const detail::type_ptr& type() const noexcept { return type_; }

 private:
  detail::type_ptr type_;
};

/// A JSON object read into a struct `T`: built once, then shared by readers, checks, documents and schemas.
///
/// Every key is required unless its member is a `std::optional` (absent or null leaves it empty) or its spec
/// says `defaulted` (absent or null leaves the member's initial value). Keys without a field are findings;
/// `$schema` at the top of a file is not.
template <std::default_initializable T>
class description {
 public:
  using described_type = T;

  description(std::string name, std::string doc) : type_(std::make_shared<detail::type>()) {
    type_->form = detail::shape::object;
    type_->name = std::move(name);
    type_->doc = std::move(doc);
    type_->prototype = std::make_shared<T>();
  }

  /// A number, truth value, text or date; an optional, vector or map from texts of these.
  template <class M>
  description& field(std::string name, M T::* member, field_spec spec) {
    return add<M, void>(std::move(name), member, nullptr, std::move(spec));
  }
  /// A member with a description of its own: an object, enumeration, one_of or custom; or an optional, vector
  /// or map of it.
  template <class M, described D>
  description& field(std::string name, M T::* member, const D& content, field_spec spec) {
    return add<M, typename D::described_type>(std::move(name), member, content.type(), std::move(spec));
  }
  /// A key that may stand here and means nothing.
  description& ignored(std::string name) {
    type_->asides.push_back({std::move(name), {}});
    return *this;
  }
  /// A key that still may stand here, with a warning that gives the advice.
  description& deprecated(std::string name, std::string advice) {
    type_->asides.push_back({std::move(name), std::move(advice)});
    return *this;
  }
  /// How keys without a field are told: as errors unless set.
  description& unknown_keys(severity level) {
    type_->unknown_keys = level;
    return *this;
  }
  /// A rule between fields: called with each object whose fields are all right by themselves.
  template <std::invocable<const T&, checker&> F>
  description& check(F rule) {
    type_->checks.push_back([rule = std::move(rule)](const void* object, checker& report) {
      rule(*static_cast<const T*>(object), report);
    });
    return *this;
  }

  [[nodiscard]] detail::type_ptr type() const noexcept { return type_; }

 private:
  template <class M, class Leaf>
  description& add(std::string name, M T::* member, const detail::type_ptr& leaf, field_spec spec) {
    type_->fields.push_back(
        {std::move(name), detail::wrapped<M, Leaf>::make(leaf), std::move(spec),
         [member](void* object) -> void* { return &(static_cast<T*>(object)->*member); }});
    return *this;
  }

  std::shared_ptr<detail::type> type_;
};

/// An object whose key `tag` tells which alternative of a `std::variant` it is.
template <class Variant>
class one_of {
 public:
  using described_type = Variant;
  one_of(std::string name, std::string doc, std::string tag) : type_(std::make_shared<detail::type>()) {
    type_->form = detail::shape::one_of;
    type_->name = std::move(name);
    type_->doc = std::move(doc);
    type_->tag = std::move(tag);
  }
  /// With `tag` equal to `word` the object is a `T`; several words may lead to one type that has a field for
  /// the tag.
  template <class T>
  one_of& alternative(std::string word, const description<T>& content) {
    type_->alternatives.push_back({std::move(word), content.type(), [](void* target) -> void* {
                                     return &static_cast<Variant*>(target)->template emplace<T>();
                                   }});
    return *this;
  }
  [[nodiscard]] detail::type_ptr type() const noexcept { return type_; }

 private:
  std::shared_ptr<detail::type> type_;
};

/// A value with a form of its own, such as "a word or an object": `read(value, T&, checker&)` fills it or
/// reports.
template <class T>
class custom {
 public:
  using described_type = T;
  /// `json_schema` is a JSON Schema for the form, `doc` a sentence for the documentation.
  template <std::invocable<value, T&, checker&> F>
  custom(std::string name, std::string doc, std::string json_schema, F read) {
    detail::type made;
    made.form = detail::shape::custom;
    made.name = std::move(name);
    made.doc = std::move(doc);
    made.schema = std::move(json_schema);
    made.read = [read = std::move(read)](value at, void* target, checker& report) {
      read(at, *static_cast<T*>(target), report);
    };
    type_ = std::make_shared<const detail::type>(std::move(made));
  }
  [[nodiscard]] const detail::type_ptr& type() const noexcept { return type_; }

 private:
  detail::type_ptr type_;
};

/// Ids and the references to them, collected over one file or several.
class references {
 public:
  references();
  references(references&&) noexcept;
  references& operator=(references&&) noexcept;
  ~references();

  /// Ids that come from elsewhere than a description.
  void define(const std::string& set, std::int64_t id);
  void define(const std::string& set, const std::string& id);
  /// Adds ids that stand twice and references to ids that nothing has; then forgets everything.
  void resolve(findings& out);

  struct content;
  [[nodiscard]] content& get() noexcept { return *content_; }

 private:
  std::unique_ptr<content> content_;
};

namespace detail {
void read(const document& from, const type& what, void* into, findings& out, references* shared);
[[nodiscard]] std::string markdown(const type& what);
[[nodiscard]] std::string json_schema(const type& what, const std::string& id);
}  // namespace detail

/// Reads what is described, adding all findings to `out`; what has errors keeps its initial value. With
/// `shared`, references wait for `shared->resolve` so that they may lead to other files; without, they must
/// lead into this one.
template <class T>
[[nodiscard]] T read(const document& from, const description<T>& what, findings& out,
                     references* shared = nullptr) {
  T into{};
  detail::read(from, *what.type(), &into, out, shared);
  return into;
}

/// Reads a file. Throws: input_error with everything that is wrong with it, twill::error when it cannot be
/// read.
template <class T>
[[nodiscard]] T read_file(const std::string& path, const description<T>& what) {
  findings out;
  const auto from = read_file(path, out);
  T into{};
  if (from) detail::read(*from, *what.type(), &into, out, nullptr);
  out.sort_by_place();
  out.throw_if_errors();
  return into;
}

/// The documentation of a description: a Markdown section with a table for each object.
template <class T>
[[nodiscard]] std::string to_markdown(const description<T>& what) {
  return detail::markdown(*what.type());
}

/// The description as a JSON Schema (draft 2020-12); units and references are annotations `x-unit`,
/// `x-refers-to`.
template <class T>
[[nodiscard]] std::string to_json_schema(const description<T>& what, const std::string& id = {}) {
  return detail::json_schema(*what.type(), id);
}

}  // namespace twill::table::json
