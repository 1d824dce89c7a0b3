// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/zip.hpp"

#include <cstddef>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace twill::par {

namespace detail {

/// What two item types have in common: the same type, or the one that both convert to.
template <class A, class B>
struct joint_item {
  using type = std::common_reference_t<A, B>;
};
template <class A>
struct joint_item<A, A> {
  using type = A;
};

template <class A, class B, class Item>
class chain_producer {
 public:
  using item_type = Item;
  chain_producer(A a, std::size_t a_size, B b) : a_(std::move(a)), a_size_(a_size), b_(std::move(b)) {}
  [[nodiscard]] chain_producer split_at(std::size_t n) {
    if (n <= a_size_) {
      // All of b goes to the right; the left keeps the empty front of it.
      B b_right = b_.split_at(0);
      chain_producer right(a_.split_at(n), a_size_ - n, std::move(b_right));
      a_size_ = n;
      return right;
    }
    return chain_producer(a_.split_at(a_size_), 0, b_.split_at(n - a_size_));
  }
  struct cursor {
    decltype(std::declval<A>().leaf()) a;
    std::size_t a_size;
    decltype(std::declval<B>().leaf()) b;
    Item operator()(std::size_t i) {
      if (i < a_size) return static_cast<Item>(a(i));
      return static_cast<Item>(b(i - a_size));
    }
  };
  [[nodiscard]] cursor leaf() && { return {std::move(a_).leaf(), a_size_, std::move(b_).leaf()}; }

 private:
  A a_;
  std::size_t a_size_;
  B b_;
};

template <class Item>
struct make_chain {
  std::size_t a_size;
  template <class P, class Q>
  chain_producer<P, Q, Item> operator()(P a, Q b) const {
    return chain_producer<P, Q, Item>(std::move(a), a_size, std::move(b));
  }
};

}  // namespace detail

/// All items of one chain, then all items of another.
template <parallel_range A, parallel_range B>
class chain_range {
  static constexpr bool indexed = indexed_parallel_range<A> && indexed_parallel_range<B>;

 public:
  using item_type = typename detail::joint_item<item_t<A>, item_t<B>>::type;
  static constexpr chain_traits traits = merge_traits({traits_of<A>(), traits_of<B>()});
  chain_range(A a, B b) : a_(std::move(a)), b_(std::move(b)) {}

  /// Throws: `std::length_error` when the sum does not fit.
  [[nodiscard]] std::size_t len() const
    requires indexed
  {
    return add(a_.len(), b_.len());
  }
  [[nodiscard]] std::optional<std::size_t> opt_len() const {
    const auto a = a_.opt_len();
    const auto b = b_.opt_len();
    if (!a || !b || *b > std::numeric_limits<std::size_t>::max() - *a) return std::nullopt;
    return *a + *b;
  }
  [[nodiscard]] chain_options options() const {
    chain_options merged = options_of(a_);
    merged.merge(options_of(b_));
    return merged;
  }
  [[nodiscard]] std::string describe() const {
    return "chain(" + par::describe(a_) + ", " + par::describe(b_) + ")";
  }
  template <class C>
  typename C::result_type drive(C c) && {
    if constexpr (indexed) {
      return drive_indexed(std::move(*this), std::move(c));
    } else {
      // One after the other: each is a parallel loop of its own.
      auto merger = c.to_reducer();
      C left_consumer = c.split_off_left();
      auto left = std::move(a_).drive(std::move(left_consumer));
      auto right = std::move(b_).drive(std::move(c));
      return merger.combine(std::move(left), std::move(right));
    }
  }
  template <class Callback>
  typename Callback::result_type with_producer(Callback callback) &&
    requires indexed
  {
    const auto both = std::tie(a_, b_);
    return detail::with_opened_producers(both, callback, detail::make_chain<item_type>{a_.len()});
  }

 private:
  static std::size_t add(std::size_t a, std::size_t b) {
    if (b > std::numeric_limits<std::size_t>::max() - a) {
      throw std::length_error("par::chain: the lengths " + std::to_string(a) + " and " + std::to_string(b) +
                              " add up to more than std::size_t holds");
    }
    return a + b;
  }
  A a_;
  B b_;
};

/// All items of `a`, then all items of `b`.
template <parallel_source A, parallel_source B>
[[nodiscard]] auto chain(A&& a, B&& b) {
  return chain_range<all_t<A>, all_t<B>>(as_parallel(std::forward<A>(a)), as_parallel(std::forward<B>(b)));
}
/// `chain(b)`: the items of `b` after those of the chain.
template <parallel_source B>
[[nodiscard]] auto chain(B&& b) {
  return detail::closure{[b = as_parallel(std::forward<B>(b))]<class R>(R&& range) mutable {
    return par::chain(std::forward<R>(range), std::move(b));
  }};
}

}  // namespace twill::par
