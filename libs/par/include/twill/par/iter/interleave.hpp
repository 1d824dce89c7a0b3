// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/chain.hpp"
#include "twill/par/iter/take.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace twill::par {

namespace detail {

/// Where each position of an interleaving comes from.
struct interleave_shape {
  std::size_t a_size;
  std::size_t b_size;
  bool a_first;

  struct counts {
    std::size_t a;
    std::size_t b;
  };
  /// How many items of each side are among the first n.
  [[nodiscard]] counts among(std::size_t n) const noexcept {
    std::size_t a = a_first ? n - n / 2 : n / 2;
    std::size_t b = n - a;
    if (a > a_size) {
      a = a_size;
      b = n - a;
    } else if (b > b_size) {
      b = b_size;
      a = n - b;
    }
    return {a, b};
  }
  /// Whether position n is from a, given what is before it.
  [[nodiscard]] bool from_a(std::size_t n, counts before) const noexcept {
    if (before.a == a_size) return false;
    if (before.b == b_size) return true;
    return (n % 2 == 0) == a_first;
  }
};

template <class A, class B, class Item>
class interleave_producer {
 public:
  using item_type = Item;
  interleave_producer(A a, B b, interleave_shape shape) : a_(std::move(a)), b_(std::move(b)), shape_(shape) {}
  [[nodiscard]] interleave_producer split_at(std::size_t n) {
    const auto left = shape_.among(n);
    const interleave_shape right_shape{shape_.a_size - left.a, shape_.b_size - left.b,
                                       (n % 2 == 0) == shape_.a_first};
    interleave_producer right(a_.split_at(left.a), b_.split_at(left.b), right_shape);
    shape_.a_size = left.a;
    shape_.b_size = left.b;
    return right;
  }
  struct cursor {
    decltype(std::declval<A>().leaf()) a;
    decltype(std::declval<B>().leaf()) b;
    interleave_shape shape;
    Item operator()(std::size_t i) {
      const auto before = shape.among(i);
      if (shape.from_a(i, before)) return static_cast<Item>(a(before.a));
      return static_cast<Item>(b(before.b));
    }
  };
  [[nodiscard]] cursor leaf() && { return {std::move(a_).leaf(), std::move(b_).leaf(), shape_}; }

 private:
  A a_;
  B b_;
  interleave_shape shape_;
};

template <class Item>
struct make_interleave {
  interleave_shape shape;
  template <class P, class Q>
  interleave_producer<P, Q, Item> operator()(P a, Q b) const {
    return interleave_producer<P, Q, Item>(std::move(a), std::move(b), shape);
  }
};

}  // namespace detail

/// Items of two chains in turn, then the rest of the longer one.
template <indexed_parallel_range A, indexed_parallel_range B>
class interleave_range {
 public:
  using item_type = typename detail::joint_item<item_t<A>, item_t<B>>::type;
  static constexpr chain_traits traits = merge_traits({traits_of<A>(), traits_of<B>()});
  interleave_range(A a, B b) : a_(std::move(a)), b_(std::move(b)) {}
  [[nodiscard]] std::size_t len() const { return a_.len() + b_.len(); }
  [[nodiscard]] std::optional<std::size_t> opt_len() const { return len(); }
  [[nodiscard]] chain_options options() const {
    chain_options merged = options_of(a_);
    merged.merge(options_of(b_));
    return merged;
  }
  [[nodiscard]] std::string describe() const {
    return "interleave(" + par::describe(a_) + ", " + par::describe(b_) + ")";
  }
  template <class C>
  typename C::result_type drive(C c) && {
    return drive_indexed(std::move(*this), std::move(c));
  }
  template <class Callback>
  typename Callback::result_type with_producer(Callback callback) && {
    const detail::interleave_shape shape{a_.len(), b_.len(), true};
    const auto both = std::tie(a_, b_);
    return detail::with_opened_producers(both, callback, detail::make_interleave<item_type>{shape});
  }

 private:
  A a_;
  B b_;
};

/// a0 b0 a1 b1 ..., then what is left of the longer one.
template <parallel_source A, parallel_source B>
[[nodiscard]] auto interleave(A&& a, B&& b) {
  static_assert(indexed_parallel_range<all_t<A>> && indexed_parallel_range<all_t<B>>,
                "par::interleave: both ranges must be indexed");
  return interleave_range<all_t<A>, all_t<B>>(as_parallel(std::forward<A>(a)),
                                              as_parallel(std::forward<B>(b)));
}
template <parallel_source B>
[[nodiscard]] auto interleave(B&& b) {
  return detail::closure{[b = as_parallel(std::forward<B>(b))]<class R>(R&& range) mutable {
    return par::interleave(std::forward<R>(range), std::move(b));
  }};
}

/// a0 b0 a1 b1 ... until the side whose turn it is has no more.
template <parallel_source A, parallel_source B>
[[nodiscard]] auto interleave_shortest(A&& a, B&& b) {
  all_t<A> left = as_parallel(std::forward<A>(a));
  all_t<B> right = as_parallel(std::forward<B>(b));
  static_assert(indexed_parallel_range<all_t<A>> && indexed_parallel_range<all_t<B>>,
                "par::interleave_shortest: both ranges must be indexed");
  const std::size_t n = std::min(left.len(), right.len());
  const std::size_t from_left = left.len() > n ? n + 1 : n;
  return par::interleave(par::take(std::move(left), from_left), par::take(std::move(right), n));
}
template <parallel_source B>
[[nodiscard]] auto interleave_shortest(B&& b) {
  return detail::closure{[b = as_parallel(std::forward<B>(b))]<class R>(R&& range) mutable {
    return par::interleave_shortest(std::forward<R>(range), std::move(b));
  }};
}

}  // namespace twill::par
