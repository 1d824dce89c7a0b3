// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/fold.hpp"
#include "twill/par/iter/try_for_each.hpp"

#include <optional>
#include <type_traits>
#include <utility>

namespace twill::par {

namespace detail {

template <class R, class Op>
R try_combine(const Op& op, R left, R right) {
  using traits = try_traits<R>;
  if (!traits::succeeded(left)) return left;
  if (!traits::succeeded(right)) return right;
  return op(traits::take(std::move(left)), traits::take(std::move(right)));
}

/// Reduces items that may be failures; `start` is empty for the form without an identity.
template <class R, class Start, class Op>
struct try_reduce_consumer {
  using result_type = std::optional<R>;
  static constexpr bool fixed_tree = true;
  const Start* start;
  const Op* op;
  one_way_flag* failed;

  struct folder_type {
    std::optional<R> value;
    const Op* op;
    one_way_flag* failed;
    template <class T>
    void consume(T&& item) {
      if (value) {
        R next = try_combine<R>(*op, std::move(*value), R(std::forward<T>(item)));
        value.emplace(std::move(next));
      } else {
        value.emplace(std::forward<T>(item));
      }
      if (!try_traits<R>::succeeded(*value)) failed->raise();
    }
    [[nodiscard]] bool full() const { return failed->is_up(); }
    result_type complete() && { return std::move(value); }
  };
  struct reducer_type {
    const Op* op;
    one_way_flag* failed;
    result_type combine(result_type left, result_type right) const {
      if (!left) return right;
      if (!right) return left;
      result_type both(try_combine<R>(*op, std::move(*left), std::move(*right)));
      if (!try_traits<R>::succeeded(*both)) failed->raise();
      return both;
    }
  };
  try_reduce_consumer split_off_left() { return *this; }
  folder_type into_folder() && { return {(*start)(), op, failed}; }
  [[nodiscard]] reducer_type to_reducer() const { return {op, failed}; }
  [[nodiscard]] bool full() const { return failed->is_up(); }
};

template <class Op, class R>
concept try_operation = try_type<R> && requires(const Op& op, typename try_traits<R>::value_type v) {
  { op(std::move(v), std::move(v)) } -> std::convertible_to<R>;
};

struct try_reduce_impl {
  template <class R, class Id, class Op>
  auto operator()(R range, Id identity, Op op) const {
    using result = std::remove_cvref_t<item_t<R>>;
    static_assert(
        try_operation<Op, result>,
        "par::try_reduce: the items must be optional or expected, and op(value, value) must return one");
    const auto start = [&identity] {
      return std::optional<result>(try_traits<result>::wrap(start_from(identity)));
    };
    return or_cancelled<result>([&]() -> result {
      one_way_flag failed;
      auto value =
          std::move(range).drive(try_reduce_consumer<result, decltype(start), Op>{&start, &op, &failed});
      return std::move(*value);
    });
  }
};
struct try_reduce_with_impl {
  template <class R, class Op>
  auto operator()(R range, Op op) const {
    using result = std::remove_cvref_t<item_t<R>>;
    static_assert(
        try_operation<Op, result>,
        "par::try_reduce_with: the items must be optional or expected, and op(value, value) must return one");
    const auto start = [] { return std::optional<result>(); };
    one_way_flag failed;
    return std::move(range).drive(try_reduce_consumer<result, decltype(start), Op>{&start, &op, &failed});
  }
};
}  // namespace detail

/// `try_reduce(identity, op)`: reduces the values inside of optionals or expecteds; `op(value, value)`
/// returns one of these again. Some failure is returned if there is any, and stops the loop.
inline constexpr detail::pipeable<detail::try_reduce_impl, 2> try_reduce{};
/// `try_reduce_with(op)`: as `try_reduce`, nullopt when there are no items.
inline constexpr detail::pipeable<detail::try_reduce_with_impl, 1> try_reduce_with{};

}  // namespace twill::par
