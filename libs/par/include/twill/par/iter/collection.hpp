// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/bridge_producer.hpp"

#include <concepts>
#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace twill::par {

namespace detail {

/// A container that cannot be cut at an index: set, map, unordered_*, list, forward_list.
template <class C>
concept node_container = std::ranges::forward_range<C> && !std::ranges::random_access_range<C> &&
                         requires { typename std::remove_cvref_t<C>::allocator_type; };
template <class C>
concept keyed_container = node_container<C> && requires { typename std::remove_cvref_t<C>::node_type; };
template <class C>
concept adapted_container = !std::ranges::range<C> && requires(const std::remove_cvref_t<C>& c) {
  typename std::remove_cvref_t<C>::container_type;
  c.top();
  c.size();
};

/// The container inside of a priority_queue, which the standard keeps as the protected member `c`.
template <class Queue>
struct queue_access : Queue {
  static const typename Queue::container_type& inside(const Queue& q) { return q.*&queue_access::c; }
  static typename Queue::container_type&& release(Queue&& q) { return std::move(q.*&queue_access::c); }
};

template <class Node>
auto take_node(Node& node) {
  if constexpr (requires { node.mapped(); }) {
    return std::pair<typename Node::key_type, typename Node::mapped_type>(std::move(node.key()),
                                                                          std::move(node.mapped()));
  } else {
    return typename Node::value_type(std::move(node.value()));
  }
}

/// Element i of a snapshot: behind a pointer, or inside of a node handle that is emptied.
template <class Slot, class Item>
class snapshot_producer {
 public:
  using item_type = Item;
  snapshot_producer(Slot* first, std::size_t size) : first_(first), size_(size) {}
  [[nodiscard]] snapshot_producer split_at(std::size_t n) {
    snapshot_producer right(first_ + n, size_ - n);
    size_ = n;
    return right;
  }
  struct cursor {
    Slot* first;
    Item operator()(std::size_t i) const {
      if constexpr (std::is_pointer_v<Slot>) {
        return static_cast<Item>(*first[i]);
      } else {
        return take_node(first[i]);
      }
    }
  };
  [[nodiscard]] cursor leaf() && { return {first_}; }

 private:
  Slot* first_;
  std::size_t size_;
};

}  // namespace detail

/// Elements of a borrowed node container: a vector of their addresses is made when the chain runs, and is cut
/// instead.
template <class Container>
class borrowed_collection {
 public:
  using item_type = std::ranges::range_reference_t<Container>;
  static constexpr std::string_view name = "collection";

  explicit borrowed_collection(Container& c) : container_(std::addressof(c)) {}
  [[nodiscard]] std::optional<std::size_t> opt_len() const {
    if constexpr (std::ranges::sized_range<Container>) return std::ranges::size(*container_);
    return std::nullopt;
  }
  template <class C>
  typename C::result_type drive(C c) && {
    using slot = std::remove_reference_t<item_type>*;
    std::vector<slot> items;
    if constexpr (std::ranges::sized_range<Container>) items.reserve(std::ranges::size(*container_));
    for (auto& item : *container_) items.push_back(std::addressof(item));
    return bridge_producer_consumer(
        items.size(), detail::snapshot_producer<slot, item_type>(items.data(), items.size()), std::move(c));
  }

 private:
  Container* container_;
};

/// Elements of a node container that the chain holds itself: they are moved out, keys of sets and maps too.
template <class Container>
class owned_collection {
  static constexpr bool keyed = detail::keyed_container<Container>;
  template <bool Keyed, class C>
  struct parts {
    using slot = typename C::value_type*;
    using item = typename C::value_type&&;
  };
  template <class C>
  struct parts<true, C> {
    using slot = typename C::node_type;
    using item = decltype(detail::take_node(std::declval<slot&>()));
  };
  using slot = typename parts<keyed, Container>::slot;

 public:
  using item_type = typename parts<keyed, Container>::item;
  static constexpr std::string_view name = "owned collection";

  explicit owned_collection(Container c) : container_(std::move(c)) {}
  [[nodiscard]] std::optional<std::size_t> opt_len() const {
    if constexpr (std::ranges::sized_range<Container>) return std::ranges::size(container_);
    return std::nullopt;
  }
  template <class C>
  typename C::result_type drive(C c) && {
    std::vector<slot> items;
    if constexpr (std::ranges::sized_range<Container>) items.reserve(std::ranges::size(container_));
    if constexpr (keyed) {
      while (!container_.empty()) items.push_back(container_.extract(container_.begin()));
    } else {
      for (auto& item : container_) items.push_back(std::addressof(item));
    }
    return bridge_producer_consumer(
        items.size(), detail::snapshot_producer<slot, item_type>(items.data(), items.size()), std::move(c));
  }

 private:
  Container container_;
};

}  // namespace twill::par
