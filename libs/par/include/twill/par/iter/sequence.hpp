// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/bridge_producer.hpp"

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <string_view>
#include <type_traits>
#include <utility>

namespace twill::par {

/// Elements from a random access iterator on, as a producer; a leaf over contiguous memory is a pointer and a
/// length.
template <class It, class Item>
class sequence_producer {
 public:
  using item_type = Item;
  sequence_producer(It first, std::size_t size) : first_(std::move(first)), size_(size) {}

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] sequence_producer split_at(std::size_t n) {
    sequence_producer right(first_ + static_cast<std::iter_difference_t<It>>(n), size_ - n);
    size_ = n;
    return right;
  }

  struct cursor {
    It first;
    Item operator()(std::size_t i) const {
      if constexpr (std::is_rvalue_reference_v<Item>) {
        return std::move(first[static_cast<std::iter_difference_t<It>>(i)]);
      } else {
        return static_cast<Item>(first[static_cast<std::iter_difference_t<It>>(i)]);
      }
    }
  };
  [[nodiscard]] cursor leaf() && { return {std::move(first_)}; }

 private:
  It first_;
  std::size_t size_;
};

/// Borrowed elements: the items are `T&`, or `const T&`, of data that outlives the chain.
template <class It>
class sequence_range {
 public:
  using item_type = std::iter_reference_t<It>;
  static constexpr chain_traits traits{.cheap_items = std::is_pointer_v<It> &&
                                                      std::is_arithmetic_v<std::iter_value_t<It>>};
  static constexpr std::string_view name = "slice";

  sequence_range(It first, std::size_t size) : first_(std::move(first)), size_(size) {}
  [[nodiscard]] It begin() const { return first_; }
  [[nodiscard]] std::size_t len() const noexcept { return size_; }
  [[nodiscard]] std::optional<std::size_t> opt_len() const noexcept { return size_; }

  template <class C>
  typename C::result_type drive(C c) && {
    return drive_indexed(std::move(*this), std::move(c));
  }
  template <class Callback>
  typename Callback::result_type with_producer(Callback callback) && {
    return callback(sequence_producer<It, item_type>(std::move(first_), size_));
  }

 private:
  It first_;
  std::size_t size_;
};

/// Elements of a container or view that the chain holds itself; those of a container are moved out.
template <class Data>
class owned_range {
  using iterator = std::ranges::iterator_t<Data>;
  static constexpr bool is_bits = std::is_same_v<std::ranges::range_value_t<Data>, bool> &&
                                  !std::is_reference_v<std::ranges::range_reference_t<Data>>;

 public:
  using item_type =
      std::conditional_t<std::ranges::view<Data>, std::ranges::range_reference_t<Data>,
                         std::conditional_t<is_bits, bool, std::ranges::range_rvalue_reference_t<Data>>>;
  static constexpr std::string_view name = "owned";

  explicit owned_range(Data data) : data_(std::move(data)) {}
  [[nodiscard]] std::size_t len() const {
    return static_cast<std::size_t>(
        std::ranges::distance(const_cast<Data&>(data_)));  // a sized range: no walk
  }
  [[nodiscard]] std::optional<std::size_t> opt_len() const { return len(); }

  template <class C>
  typename C::result_type drive(C c) && {
    return drive_indexed(std::move(*this), std::move(c));
  }
  template <class Callback>
  typename Callback::result_type with_producer(Callback callback) && {
    if constexpr (std::ranges::contiguous_range<Data>) {
      return callback(
          sequence_producer<std::remove_reference_t<std::ranges::range_reference_t<Data>>*, item_type>(
              std::to_address(std::ranges::begin(data_)), len()));
    } else {
      return callback(sequence_producer<iterator, item_type>(std::ranges::begin(data_), len()));
    }
  }

 private:
  Data data_;
};

}  // namespace twill::par
