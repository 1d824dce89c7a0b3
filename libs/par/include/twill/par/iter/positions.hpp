// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/enumerate.hpp"
#include "twill/par/iter/filter_map.hpp"

#include <cstddef>
#include <optional>
#include <utility>

namespace twill::par {

namespace detail {
template <class F>
struct position_if {
  F predicate;
  template <class Pair>
  std::optional<std::size_t> operator()(Pair&& indexed) const {
    if (call(predicate, std::forward<Pair>(indexed).second)) return indexed.first;
    return std::nullopt;
  }
};
struct positions_impl {
  template <class R, class F>
  auto operator()(R range, F p) const {
    static_assert(indexed_parallel_range<R>, "par::positions: the chain must be indexed");
    TWILL_PAR_CALLABLE("par::positions", F, item_t<R>);
    return filter_map_impl{}(enumerate_impl{}(std::move(range)), position_if<F>{std::move(p)});
  }
};
}  // namespace detail

/// `positions(p)`: the positions of the items with `p(item)`, ascending.
inline constexpr detail::pipeable<detail::positions_impl, 1> positions{};

}  // namespace twill::par
