// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/all.hpp"
#include "twill/par/iter/find.hpp"
#include "twill/par/iter/map.hpp"

#include <utility>

namespace twill::par {

namespace detail {

template <bool Wanted>
struct equals_flag {
  constexpr bool operator()(bool b) const noexcept { return b == Wanted; }
};
template <class F>
struct as_bool {
  F predicate;
  template <class T>
  constexpr bool operator()(T&& item) const {
    return static_cast<bool>(call(predicate, std::forward<T>(item)));
  }
};

/// Whether `p(item)` is `Wanted` for some item.
template <bool Wanted, class R, class F>
bool some_item(R range, F p) {
  auto flags = map_range<R, as_bool<F>>(std::move(range), as_bool<F>{std::move(p)});
  return arrive<arrival::any>(filter_impl{}(std::move(flags), equals_flag<Wanted>{})).has_value();
}

struct any_impl {
  template <class R, class F>
  bool operator()(R range, F p) const {
    TWILL_PAR_CALLABLE("par::any", F, item_t<R>);
    return some_item<true>(std::move(range), std::move(p));
  }
};
struct none_impl {
  template <class R, class F>
  bool operator()(R range, F p) const {
    TWILL_PAR_CALLABLE("par::none", F, item_t<R>);
    return !some_item<true>(std::move(range), std::move(p));
  }
};
struct all_impl {
  template <class R, class F>
  bool operator()(R range, F p) const {
    TWILL_PAR_CALLABLE("par::all", F, item_t<R>);
    return !some_item<false>(std::move(range), std::move(p));
  }
};

/// `all(range)` is the source, `all(predicate)` and `all(range, predicate)` the consumer.
struct all_name {
  template <parallel_source R>
  constexpr auto operator()(R&& range) const {
    return as_parallel(std::forward<R>(range));
  }
  template <class F>
    requires(!parallel_source<F>)
  constexpr auto operator()(F&& p) const {
    return pipeable<all_impl, 1>{}(std::forward<F>(p));
  }
  template <parallel_source R, class F>
  constexpr bool operator()(R&& range, F&& p) const {
    return pipeable<all_impl, 1>{}(std::forward<R>(range), std::forward<F>(p));
  }
};
}  // namespace detail

/// `any(p)`: whether `p(item)` holds for some item; the rest is skipped once one is seen.
inline constexpr detail::pipeable<detail::any_impl, 1> any{};
/// `none(p)`: whether `p(item)` holds for no item.
template <class F>
[[nodiscard]] auto none(F p) {
  return detail::pipeable<detail::none_impl, 1>{}(std::move(p));
}
template <parallel_source R, class F>
[[nodiscard]] bool none(R&& range, F p) {
  return detail::none_impl{}(as_parallel(std::forward<R>(range)), std::move(p));
}
/// `all(p)`: whether `p(item)` holds for every item. `all(range)`: the chain that a `|` starts with, see
/// `as_parallel`.
inline constexpr detail::all_name all{};

}  // namespace twill::par
