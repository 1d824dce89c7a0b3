// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/options.hpp"

#include <concepts>
#include <cstddef>
#include <optional>
#include <type_traits>
#include <utility>

namespace twill::par {

// How a chain runs. A source is cut into pieces by a producer, a consumer is cut into as many pieces, and at
// a leaf each item of one producer goes into the folder of one consumer. Folder results meet in pairs, left
// before right, in a reducer:
//
//   producer ---- split_at ----> producer, producer          consumer -- split_off_left --> consumer,
//   consumer leaf: producer.leaf()(i) ----> folder.consume(item)      folder.complete() --> result
//                                                            reducer.combine(left, right) --> result

/// The type of the items of a chain: `T&`, `const T&`, `T&&` or a value.
template <class R>
using item_t = typename std::remove_cvref_t<R>::item_type;

/// Joins the results of two neighbouring pieces; the left piece comes first in the order of the source.
template <class T, class Result>
concept reducer = requires(T r, Result left, Result right) {
  { r.combine(std::move(left), std::move(right)) } -> std::convertible_to<Result>;
};

/// Takes the items of one leaf in order. `full()` says that further items would be ignored.
///
/// A folder may also have `consume_leaf(cursor, first, last)`, which takes `cursor(first) ... cursor(last -
/// 1)` at once.
template <class T, class Item>
concept folder = requires(T f, const T& c) {
  f.consume(std::declval<Item>());
  { c.full() } -> std::convertible_to<bool>;
  std::move(f).complete();
};

/// Says what becomes of the items, for one piece of the source: may be cut in two before it turns into a
/// folder.
///
/// `split_off_left()` returns the consumer of the left piece and leaves the right one. A consumer that writes
/// by position has `split_off_left(n)` instead (or besides), where n is the number of items to the left.
/// `static constexpr bool fixed_tree = true` asks for a tree that depends on nothing but the length of the
/// source.
template <class T, class Item>
concept consumer = requires(T c, const T& k) {
  typename T::result_type;
  { k.full() } -> std::convertible_to<bool>;
  { k.to_reducer() } -> reducer<typename T::result_type>;
  { std::move(c).into_folder() } -> folder<Item>;
} && (requires(T c) {
  { c.split_off_left() } -> std::same_as<T>;
} || requires(T c) {
  { c.split_off_left(std::size_t{}) } -> std::same_as<T>;
});

/// A folder that fits every item; only for checking concepts.
template <class Item>
struct archetype_folder {
  void consume(Item) {}
  [[nodiscard]] bool full() const { return false; }
  int complete() && { return 0; }
};

/// A consumer that fits every item; only for checking concepts.
template <class Item>
struct archetype_consumer {
  using result_type = int;
  struct reducer_type {
    int combine(int, int) { return 0; }
  };
  archetype_consumer split_off_left() { return *this; }
  archetype_folder<Item> into_folder() && { return {}; }
  [[nodiscard]] reducer_type to_reducer() const { return {}; }
  [[nodiscard]] bool full() const { return false; }
};

/// A callback that fits every producer; only for checking concepts.
struct archetype_callback {
  using result_type = int;
  template <class P>
  int operator()(P) {
    return 0;
  }
};

/// A piece of a source that can be cut somewhere, or declines.
///
/// `split()` keeps the left part and returns the right one. `fold_into(folder)` gives every item to the
/// folder until it is full.
template <class T>
concept producer = requires(T p, archetype_folder<typename T::item_type>& f) {
  typename T::item_type;
  { p.split() } -> std::same_as<std::optional<T>>;
  std::move(p).fold_into(f);
};

/// A piece of a source of known length that can be cut anywhere.
///
/// `split_at(n)` keeps the first n items and returns the rest. `leaf()` gives a cursor: a callable that makes
/// item i of the piece, i below its length. A cursor is asked for each index at most once, in any order, by
/// one thread.
template <class T>
concept indexed_producer = requires(T p, std::size_t n) {
  typename T::item_type;
  { p.split_at(n) } -> std::same_as<T>;
  { std::move(p).leaf() };
  { std::move(p).leaf()(n) } -> std::convertible_to<typename T::item_type>;
};

/// A chain: items that a consumer can be driven with.
///
/// `drive(consumer) &&` returns `Consumer::result_type`; `opt_len()` is the number of items where that is
/// known.
template <class R>
concept parallel_range = requires(const std::remove_cvref_t<R>& c) {
  typename std::remove_cvref_t<R>::item_type;
  { c.opt_len() } -> std::same_as<std::optional<std::size_t>>;
} && requires(std::remove_cvref_t<R>&& r, archetype_consumer<item_t<R>> consumer) {
  { std::move(r).drive(consumer) } -> std::same_as<int>;
};

/// A chain whose items have positions: it can be cut at any of them.
///
/// `with_producer(callback) &&` calls `callback(indexed_producer)` once and returns its value, of type
/// `Callback::result_type`.
template <class R>
concept indexed_parallel_range = parallel_range<R> && requires(const std::remove_cvref_t<R>& c) {
  { c.len() } -> std::same_as<std::size_t>;
} && requires(std::remove_cvref_t<R>&& r, archetype_callback callback) {
  { std::move(r).with_producer(callback) } -> std::same_as<int>;
};

/// The reducer of consumers whose results say nothing.
template <class Result>
struct keep_left {
  Result combine(Result left, Result) { return left; }
};

/// Whether a consumer asks for the fixed tree.
template <class C>
inline constexpr bool wants_fixed_tree = requires { requires C::fixed_tree; };

namespace detail {

template <class Result, class F>
struct producer_callback {
  using result_type = Result;
  F function;
  template <class P>
  Result operator()(P p) {
    return function(std::move(p));
  }
};

/// A generic lambda as a callback for `with_producer`.
template <class Result, class F>
producer_callback<Result, F> on_producer(F function) {
  return {std::move(function)};
}

/// The callback of an adaptor: `Make` turns the producer below into that of the adaptor. A named type without
/// the chain in it: a lambda inside of `with_producer` would carry its enclosing signature, and so the
/// callback above it twice, and the names of a chain of n adaptors would have 2^n parts.
template <class Callback, class Make>
struct adapted_callback {
  using result_type = typename Callback::result_type;
  Callback callback;
  Make make;
  template <class P>
  result_type operator()(P p) {
    return callback(make(std::move(p)));
  }
};
template <class R, class Callback, class Make>
typename Callback::result_type with_adapted_producer(R&& range, Callback callback, Make make) {
  return std::move(range).with_producer(
      adapted_callback<Callback, Make>{std::move(callback), std::move(make)});
}

/// A consumer that does not care how many items are to the left.
template <class C>
concept splits_anywhere = requires(C& c) { c.split_off_left(); };

/// The consumer of the first `n` items; `c` keeps the rest.
template <class C>
C split_consumer(C& c, std::size_t n) {
  if constexpr (requires { c.split_off_left(n); }) {
    return c.split_off_left(n);
  } else {
    return c.split_off_left();
  }
}

}  // namespace detail
}  // namespace twill::par
