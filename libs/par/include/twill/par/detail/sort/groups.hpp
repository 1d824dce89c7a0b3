// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/sort/cached_key.hpp"

#include <cstddef>
#include <iterator>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace twill::par {

/// Items collected by key: the keys ascend, the items of a key keep the order of the source. One array holds
/// all items.
template <class Key, class T>
class grouped {
 public:
  /// No group.
  grouped() = default;
  /// From the keys, the place of the first item of each group and one more for the end, and the items.
  grouped(std::vector<Key> keys, std::vector<std::size_t> starts, std::vector<T> items) noexcept
      : keys_(std::move(keys)), starts_(std::move(starts)), items_(std::move(items)) {}

  /// How many different keys there are.
  [[nodiscard]] std::size_t size() const noexcept { return keys_.size(); }
  /// Whether there is no group.
  [[nodiscard]] bool empty() const noexcept { return keys_.empty(); }
  /// The key of a group. Requires: `group` < `size()`.
  [[nodiscard]] const Key& key(std::size_t group) const noexcept { return keys_[group]; }
  /// The items of a group, in the order of the source. Requires: `group` < `size()`.
  [[nodiscard]] std::span<const T> items(std::size_t group) const noexcept {
    return {items_.data() + starts_[group], starts_[group + 1] - starts_[group]};
  }
  /// As above, to be changed or moved from.
  [[nodiscard]] std::span<T> items(std::size_t group) noexcept {
    return {items_.data() + starts_[group], starts_[group + 1] - starts_[group]};
  }
  /// The keys of all groups, ascending.
  [[nodiscard]] const std::vector<Key>& keys() const noexcept { return keys_; }
  /// The items of all groups, one group after another.
  [[nodiscard]] const std::vector<T>& items() const noexcept { return items_; }

 private:
  std::vector<Key> keys_;
  std::vector<std::size_t> starts_ = {0};
  std::vector<T> items_;
};

namespace detail {

/// Items are moved out of the source when `Move`, else copied.
template <bool Move, class Key, class T, class I, class KeyOf, class Compare>
[[nodiscard]] grouped<Key, T> group_items(I first, std::size_t n, const KeyOf& key_of,
                                          const Compare& compare) {
  built_array<placed_key<Key>> keys(n);
  keys.build([&](std::size_t i) { return placed_key<Key>{std::invoke(key_of, *ahead(first, i)), i}; });
  placed_key<Key>* const key = keys.data();
  sort_stable(key, n, compare, &placed_key<Key>::key);
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < n; ++i) {
    if (i == 0 || std::invoke(compare, std::as_const(key[i - 1].key), std::as_const(key[i].key)))
      starts.push_back(i);
  }
  std::vector<Key> unique_keys;
  unique_keys.reserve(starts.size());
  std::vector<T> items;
  items.reserve(n);
  for (std::size_t i = 0; i < n; ++i) {
    if constexpr (Move) {
      items.push_back(std::ranges::iter_move(ahead(first, key[i].place)));
    } else {
      items.push_back(*ahead(first, key[i].place));
    }
  }
  for (const std::size_t start : starts) unique_keys.push_back(std::move(key[start].key));
  starts.push_back(n);
  return {std::move(unique_keys), std::move(starts), std::move(items)};
}

}  // namespace detail
}  // namespace twill::par
