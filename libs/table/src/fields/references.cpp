// SPDX-License-Identifier: Apache-2.0
#include "references.hpp"

#include "../json/document.hpp"
#include "twill/base/suggest.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace twill::table::json {
namespace {

/// The value at an index of a document's preorder.
value at_index(const document& from, std::uint32_t index) {
  value at = from.root();
  while (at.index() != index) {
    auto child = at.begin();
    for (auto next = child; next != at.end() && (*next).index() <= index; ++next) child = next;
    at = *child;
  }
  return at;
}

std::string known_ids(const std::vector<std::string>& ids) {
  constexpr std::size_t shown = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(shown, ids.size()); ++i) text += (i == 0 ? "" : ", ") + ids[i];
  return ids.size() > shown ? fmt::format("{}, ... ({} in all)", text, ids.size()) : text;
}

}  // namespace

references::references() : content_(std::make_unique<content>()) {}
references::references(references&&) noexcept = default;
references& references::operator=(references&&) noexcept = default;
references::~references() = default;

void references::content::define(const std::string& name, const std::string& id, const document& from,
                                 value at) {
  set& ids = sets[name];
  if (ids.ids.try_emplace(id, definition{from, at.index()}).second) {
    ids.order.push_back(id);
  } else {
    repetitions.push_back({name, id, from, at.index()});
  }
}

void references::define(const std::string& set, std::int64_t id) {
  auto& ids = content_->sets[set];
  if (ids.ids.try_emplace(std::to_string(id)).second) ids.order.push_back(std::to_string(id));
}

void references::define(const std::string& set, const std::string& id) {
  auto& ids = content_->sets[set];
  if (ids.ids.try_emplace(quoted(id)).second) ids.order.push_back(quoted(id));
}

void references::resolve(findings& out) {
  for (const auto& again : content_->repetitions) {
    const auto& first = content_->sets[again.set].ids[again.id];
    std::string hint;
    if (first.from) {
      location place = at_index(*first.from, first.index).where();
      place.pointer.clear();
      hint = fmt::format("{} has it already", place.to_string());
    }
    out.error(rule::duplicate_id, {.what = fmt::format("an id of {} stands twice", again.set),
                                   .where = at_index(again.from, again.index).where(),
                                   .found = again.id,
                                   .expected = "an id of its own",
                                   .hint = std::move(hint)});
  }
  for (const auto& use : content_->uses) {
    const auto& known = content_->sets[use.set];
    if (known.ids.contains(use.id)) continue;
    std::string hint;
    if (use.id.starts_with('"')) {
      const std::vector<std::string_view> names(known.order.begin(), known.order.end());
      if (const std::string near = nearest_name(use.id, names); !near.empty())
        hint = fmt::format("did you mean {}?", near);
    }
    out.error(rule::unknown_id,
              {.what = fmt::format("no such id among {}", use.set),
               .where = at_index(use.from, use.index).where(),
               .found = use.id,
               .expected = known.order.empty() ? fmt::format("an id of {}, of which there are none", use.set)
                                               : fmt::format("one of {}", known_ids(known.order)),
               .hint = std::move(hint)});
  }
  *content_ = {};
}

}  // namespace twill::table::json
