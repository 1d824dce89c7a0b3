// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/sort/dispatch.hpp"
#include "twill/par/detail/sort/fork.hpp"
#include "twill/par/detail/sort/less.hpp"
#include "twill/par/detail/sort/scratch.hpp"

#include <cstddef>
#include <functional>
#include <iterator>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace twill::par::detail {

/// A key and the place of its element.
template <class Key>
struct placed_key {
  Key key;
  std::size_t place;
};

/// An array of which a part may be constructed: the elements of each block are counted as they are built.
template <class T>
class built_array {
 public:
  static constexpr std::size_t block = 4096;

  explicit built_array(std::size_t n) : size_(n), memory_(n), built_((n + block - 1) / block) {
    if (!memory_ || !built_) throw std::bad_alloc();
    std::uninitialized_value_construct_n(built_.data(), blocks().count());
  }
  built_array(const built_array&) = delete;
  built_array& operator=(const built_array&) = delete;
  ~built_array() {
    if constexpr (!std::is_trivially_destructible_v<T>) {
      for (std::size_t b = 0; b < blocks().count(); ++b)
        std::destroy_n(data() + blocks().begin(b), built_.data()[b]);
    }
  }

  /// `make(i)` for every element in parallel. When one throws, the destructor ends those that were built.
  template <class F>
  void build(const F& make) {
    blocks().for_each([&](std::size_t b, std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        ::new (static_cast<void*>(data() + i)) T(make(i));
        ++built_.data()[b];
      }
    });
  }

  [[nodiscard]] T* data() const noexcept { return memory_.data(); }

 private:
  [[nodiscard]] fixed_blocks blocks() const noexcept { return {size_, block}; }

  std::size_t size_;
  scratch<T> memory_;
  scratch<std::size_t> built_;
};

/// Element `order(i)` goes to place i, through a copy of the range beside it.
template <class I, class Order>
void apply_order(I first, std::size_t n, const Order& order) {
  using value = std::iter_value_t<I>;
  built_array<value> moved(n);
  moved.build([&](std::size_t i) -> value { return std::ranges::iter_move(ahead(first, order(i))); });
  fixed_blocks{n, built_array<value>::block}.for_each([&](std::size_t, std::size_t begin, std::size_t end) {
    move_range(moved.data() + begin, moved.data() + end, ahead(first, begin));
  });
}

/// Calls the key function once for each element, sorts the keys with their places, then moves the elements.
/// Nothing has moved when a key function or a comparator throws.
template <class I, class KeyOf, class Compare>
void sort_cached(I first, std::size_t n, const KeyOf& key_of, const Compare& compare) {
  using key = std::remove_cvref_t<std::invoke_result_t<const KeyOf&, std::iter_reference_t<I>>>;
  if (n < 2) return;
  in_pool(n, [&] {
    built_array<placed_key<key>> keys(n);
    keys.build([&](std::size_t i) { return placed_key<key>{std::invoke(key_of, *ahead(first, i)), i}; });
    sort_stable(keys.data(), n, compare, &placed_key<key>::key);
    apply_order(first, n, [&](std::size_t i) { return keys.data()[i].place; });
  });
}

}  // namespace twill::par::detail
