// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/all.hpp"

#include <concepts>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace twill::par::detail {

/// What stands right of a `|`: a function of the chain on its left.
template <class F>
struct closure {
  F apply;
};
template <class F>
closure(F) -> closure<F>;

template <class T>
inline constexpr bool is_closure = false;
template <class F>
inline constexpr bool is_closure<closure<F>> = true;

template <class R, class F>
  requires(!is_closure<std::remove_cvref_t<R>>)
constexpr decltype(auto) operator|(R&& range, closure<F> c) {
  return std::move(c.apply)(std::forward<R>(range));
}

template <class F, class G>
struct composed {
  F first;
  G second;
  template <class R>
  constexpr decltype(auto) operator()(R&& range) && {
    return std::move(second)(std::move(first)(std::forward<R>(range)));
  }
};

/// Two closures make one: `par::map(f) | par::sum<double>()` can be kept and used again.
template <class F, class G>
constexpr auto operator|(closure<F> first, closure<G> second) {
  return closure<composed<F, G>>{{std::move(first.apply), std::move(second.apply)}};
}

/// A number of items, given as any integer. Throws: `std::invalid_argument` when it is negative.
class item_count {
 public:
  template <std::integral T>
  constexpr item_count(T n) : value_(static_cast<std::size_t>(n)) {
    if constexpr (std::is_signed_v<T>) {
      if (n < 0)
        throw std::invalid_argument("par: a number of items is negative (found " + std::to_string(n) + ")");
    }
  }
  constexpr operator std::size_t() const noexcept { return value_; }

 private:
  std::size_t value_;
};

/// A name with `N` arguments: `name(args...)` is a closure, `name(range, args...)` applies it at once.
///
/// `Impl{}(chain, args...)` does the work; the chain comes as a value made by `all`.
template <class Impl, std::size_t N>
struct pipeable {
  template <class... A>
    requires(sizeof...(A) == N)
  constexpr auto operator()(A&&... args) const {
    return closure{[... args = std::forward<A>(args)]<class R>(R&& range) mutable -> decltype(auto) {
      return Impl{}(as_parallel(std::forward<R>(range)), std::move(args)...);
    }};
  }
  template <class R, class... A>
    requires(sizeof...(A) == N)
  constexpr decltype(auto) operator()(R&& range, A&&... args) const {
    return Impl{}(as_parallel(std::forward<R>(range)), std::decay_t<A>(std::forward<A>(args))...);
  }
};

}  // namespace twill::par::detail
