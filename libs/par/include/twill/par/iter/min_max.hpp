// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/detail/held.hpp"
#include "twill/par/iter/map.hpp"
#include "twill/par/iter/reduce.hpp"

#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace twill::par {

namespace detail {

template <class Item>
struct hold_item {
  held<Item> operator()(Item item) const { return held<Item>(static_cast<Item&&>(item)); }
};

/// The lesser of two kept items: the left one when neither is.
template <class Cmp>
struct lesser_of {
  Cmp less;
  template <class H>
  H operator()(H left, H right) const {
    return less(right.peek(), left.peek()) ? right : std::move(left);
  }
};
/// The greater of two kept items: the right one when neither is.
template <class Cmp>
struct greater_of {
  Cmp less;
  template <class H>
  H operator()(H left, H right) const {
    return less(right.peek(), left.peek()) ? std::move(left) : right;
  }
};

/// A kept item with its key, compared by the key.
template <class Key, class Item>
struct keyed {
  Key key;
  held<Item> item;
  [[nodiscard]] const Key& peek() const noexcept { return key; }
};
template <class F, class Item>
struct attach_key {
  F function;
  auto operator()(Item item) const {
    using key = std::remove_cvref_t<call_result_t<const F&, peek_t<Item>>>;
    key k = call(function, static_cast<peek_t<Item>>(item));
    return keyed<key, Item>{std::move(k), held<Item>(static_cast<Item&&>(item))};
  }
};

template <template <class> class Choose>
struct extreme_by_impl {
  template <class R, class Cmp>
  auto operator()(R range, Cmp less) const {
    using item = item_t<R>;
    static_assert(std::is_invocable_r_v<bool, const Cmp&, peek_t<item>, peek_t<item>>,
                  "par::min, par::max, par::min_by, par::max_by: two items of this chain cannot be compared "
                  "by a const comparator");
    using kept = map_range<R, hold_item<item>>;
    return give_back<item>(reduce_with_impl{}(kept(std::move(range), {}), Choose<Cmp>{std::move(less)}));
  }
};
template <template <class> class Choose>
struct extreme_impl {
  template <class R>
  auto operator()(R range) const {
    return extreme_by_impl<Choose>{}(std::move(range), std::less<>{});
  }
};
template <template <class> class Choose>
struct extreme_by_key_impl {
  template <class R, class F>
  auto operator()(R range, F key) const {
    using item = item_t<R>;
    TWILL_PAR_CALLABLE("par::min_by_key, par::max_by_key", F, peek_t<item>);
    using kept = map_range<R, attach_key<F, item>>;
    auto best = reduce_with_impl{}(kept(std::move(range), {std::move(key)}), Choose<std::less<>>{});
    return give_back<item>(best ? std::optional<held<item>>(std::move(best->item)) : std::nullopt);
  }
};
}  // namespace detail

/// `min()`: the least item, the first of equal ones; nullopt when there are none. An lvalue item comes back
/// as a copy, or as a `reference_wrapper` where it cannot be copied.
inline constexpr detail::pipeable<detail::extreme_impl<detail::lesser_of>, 0> min{};
/// `max()`: the greatest item, the last of equal ones.
inline constexpr detail::pipeable<detail::extreme_impl<detail::greater_of>, 0> max{};
/// `min_by(less)`: as `min`, by a comparator.
inline constexpr detail::pipeable<detail::extreme_by_impl<detail::lesser_of>, 1> min_by{};
/// `max_by(less)`: as `max`, by a comparator.
inline constexpr detail::pipeable<detail::extreme_by_impl<detail::greater_of>, 1> max_by{};
/// `min_by_key(key)`: the item with the least `key(item)`, which is called once for each item.
inline constexpr detail::pipeable<detail::extreme_by_key_impl<detail::lesser_of>, 1> min_by_key{};
/// `max_by_key(key)`: the item with the greatest `key(item)`.
inline constexpr detail::pipeable<detail::extreme_by_key_impl<detail::greater_of>, 1> max_by_key{};

}  // namespace twill::par
