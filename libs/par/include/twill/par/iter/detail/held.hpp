// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace twill::par::detail {

/// An item kept for later: lvalues by address, everything else by value.
template <class Item>
class held {
  std::remove_cvref_t<Item> value_;

 public:
  template <class T>
    requires(!std::is_same_v<std::remove_cvref_t<T>, held>)
  explicit held(T&& item) : value_(std::forward<T>(item)) {}
  [[nodiscard]] const std::remove_cvref_t<Item>& peek() const noexcept { return value_; }
  [[nodiscard]] std::remove_cvref_t<Item>&& take() noexcept { return std::move(value_); }
};
template <class T>
class held<T&> {
  T* value_;

 public:
  explicit held(T& item) : value_(std::addressof(item)) {}
  [[nodiscard]] T& peek() const noexcept { return *value_; }
  [[nodiscard]] T& take() const noexcept { return *value_; }
};

/// What a search returns one item as: a value, or a `reference_wrapper` to an lvalue that cannot be copied.
template <class Item>
using found_t =
    std::conditional_t<std::is_lvalue_reference_v<Item> &&
                           !std::is_copy_constructible_v<std::remove_cvref_t<Item>>,
                       std::reference_wrapper<std::remove_reference_t<Item>>, std::remove_cvref_t<Item>>;

template <class Item>
std::optional<found_t<Item>> give_back(std::optional<held<Item>> item) {
  if (!item) return std::nullopt;
  return std::optional<found_t<Item>>(found_t<Item>(item->take()));
}

/// An item inside of a tuple: rvalues of the source become values, so that the tuple can be kept.
template <class Item>
using element_t = std::conditional_t<std::is_lvalue_reference_v<Item>, Item, std::remove_cvref_t<Item>>;

}  // namespace twill::par::detail
