// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/bridge_producer.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace twill::par {

namespace detail {

/// `std::optional`, or anything shaped like `std::expected`.
template <class T>
concept maybe_value = requires(std::remove_cvref_t<T>& m) {
  { m.has_value() } -> std::convertible_to<bool>;
  *m;
} && (requires(const std::remove_cvref_t<T>& m) { m.error(); } || requires(const std::remove_cvref_t<T>& m) {
  m.reason();
} || requires(std::remove_cvref_t<T>& m) { m.reset(); });

template <class Item>
class one_item_producer {
 public:
  using item_type = Item;
  explicit one_item_producer(std::remove_reference_t<Item>* item) : item_(item) {}
  [[nodiscard]] one_item_producer split_at(std::size_t n) {
    return one_item_producer(n == 0 ? std::exchange(item_, nullptr) : nullptr);
  }
  struct cursor {
    std::remove_reference_t<Item>* item;
    Item operator()(std::size_t) const { return static_cast<Item>(*item); }
  };
  [[nodiscard]] cursor leaf() && { return {item_}; }

 private:
  std::remove_reference_t<Item>* item_;
};

}  // namespace detail

/// The value inside of an optional or an expected: nothing or one item. `Held` is a reference for a borrowed
/// one.
template <class Held>
class optional_range {
  using held = std::remove_reference_t<Held>;

 public:
  using item_type = std::conditional_t<std::is_lvalue_reference_v<Held>, decltype(*std::declval<held&>()),
                                       std::remove_reference_t<decltype(*std::declval<held&>())>&&>;
  static constexpr std::string_view name = "optional";

  explicit optional_range(Held h) : held_(std::forward<Held>(h)) {}
  [[nodiscard]] std::size_t len() const { return held_.has_value() ? 1 : 0; }
  [[nodiscard]] std::optional<std::size_t> opt_len() const { return len(); }
  template <class C>
  typename C::result_type drive(C c) && {
    return drive_indexed(std::move(*this), std::move(c));
  }
  template <class Callback>
  typename Callback::result_type with_producer(Callback callback) && {
    auto* item = held_.has_value() ? std::addressof(*held_) : nullptr;
    return callback(detail::one_item_producer<item_type>(item));
  }

 private:
  Held held_;
};

}  // namespace twill::par
