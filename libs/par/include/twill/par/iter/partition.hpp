// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/collect.hpp"
#include "twill/par/iter/detail/callable.hpp"
#include "twill/par/iter/map.hpp"

#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace twill::par {

/// A value that goes to the left or to the right: index 0 or 1. The types may be equal: use
/// `std::in_place_index`.
template <class L, class R>
using either = std::variant<L, R>;

namespace detail {

/// Sends each item to one of two consumers: `Route{}(item, left, right)`.
template <class A, class B, class Route>
struct route_consumer {
  using result_type = std::pair<typename A::result_type, typename B::result_type>;
  A left;
  B right;
  const Route* route;

  template <class FA, class FB>
  struct folder_type {
    FA left;
    FB right;
    const Route* route;
    template <class T>
    void consume(T&& item) {
      (*route)(std::forward<T>(item), left, right);
    }
    [[nodiscard]] static constexpr bool full() { return false; }
    result_type complete() && { return {std::move(left).complete(), std::move(right).complete()}; }
  };
  struct reducer_type {
    decltype(std::declval<const A&>().to_reducer()) left;
    decltype(std::declval<const B&>().to_reducer()) right;
    result_type combine(result_type a, result_type b) {
      return {left.combine(std::move(a.first), std::move(b.first)),
              right.combine(std::move(a.second), std::move(b.second))};
    }
  };
  route_consumer split_off_left() { return {left.split_off_left(), right.split_off_left(), route}; }
  auto into_folder() && {
    auto l = std::move(left).into_folder();
    auto r = std::move(right).into_folder();
    return folder_type<decltype(l), decltype(r)>{std::move(l), std::move(r), route};
  }
  [[nodiscard]] reducer_type to_reducer() const { return {left.to_reducer(), right.to_reducer()}; }
  [[nodiscard]] static constexpr bool full() { return false; }
};

template <class F>
struct by_predicate {
  F predicate;
  template <class T, class A, class B>
  void operator()(T&& item, A& left, B& right) const {
    if (call(predicate, static_cast<peek_t<T&&>>(item))) {
      left.consume(std::forward<T>(item));
    } else {
      right.consume(std::forward<T>(item));
    }
  }
};
struct by_alternative {
  template <class T, class A, class B>
  void operator()(T&& item, A& left, B& right) const {
    if (item.index() == 0) {
      left.consume(std::get<0>(std::forward<T>(item)));
    } else {
      right.consume(std::get<1>(std::forward<T>(item)));
    }
  }
};

template <class C1, class C2, class A, class B, class R, class Route>
std::pair<C1, C2> route_items(R range, const Route& route) {
  collector<C1, A, false> left(0);
  collector<C2, B, false> right(0);
  auto l = left.consumer();
  auto r = right.consumer();
  auto both = std::move(range).drive(route_consumer<decltype(l), decltype(r), Route>{l, r, &route});
  return {left.finish(std::move(both.first)), right.finish(std::move(both.second))};
}

template <class C1, class C2>
struct partition_impl {
  template <class R, class F>
  auto operator()(R range, F p) const {
    using item = item_t<R>;
    TWILL_PAR_CALLABLE("par::partition", F, peek_t<item>);
    using column = std::vector<std::remove_cvref_t<item>>;
    using left = std::conditional_t<std::is_void_v<C1>, column, C1>;
    using right = std::conditional_t<std::is_void_v<C2>, column, C2>;
    return route_items<left, right, item, item>(std::move(range), by_predicate<F>{std::move(p)});
  }
};
template <class C1, class C2>
struct partition_map_impl {
  template <class R, class F>
  auto operator()(R range, F f) const {
    TWILL_PAR_CALLABLE("par::partition_map", F, item_t<R>);
    using sum = std::remove_cvref_t<call_result_t<const F&, item_t<R>>>;
    using a = std::variant_alternative_t<0, sum>;
    using b = std::variant_alternative_t<1, sum>;
    using left = std::conditional_t<std::is_void_v<C1>, std::vector<a>, C1>;
    using right = std::conditional_t<std::is_void_v<C2>, std::vector<b>, C2>;
    return route_items<left, right, a&&, b&&>(map_range<R, F>(std::move(range), std::move(f)),
                                              by_alternative{});
  }
};
}  // namespace detail

/// `partition(p)`: a pair of vectors, the items with `p(item)` and the others, each in order.
inline constexpr detail::pipeable<detail::partition_impl<void, void>, 1> partition{};
/// `partition_into<C1, C2>(p)`: as `partition`, into containers of these types.
template <class C1, class C2 = C1>
inline constexpr detail::pipeable<detail::partition_impl<C1, C2>, 1> partition_into{};
/// `partition_map(f)`: what `f(item)`, an `either`, holds on the left, and on the right.
inline constexpr detail::pipeable<detail::partition_map_impl<void, void>, 1> partition_map{};
/// `partition_map_into<C1, C2>(f)`: as `partition_map`, into containers of these types.
template <class C1, class C2 = C1>
inline constexpr detail::pipeable<detail::partition_map_impl<C1, C2>, 1> partition_map_into{};

}  // namespace twill::par
