// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/find.hpp"
#include "twill/par/iter/positions.hpp"

#include <cstddef>
#include <optional>
#include <utility>

namespace twill::par {

namespace detail {
template <arrival Which>
struct position_impl {
  template <class R, class F>
  std::optional<std::size_t> operator()(R range, F p) const {
    return arrive<Which>(positions_impl{}(std::move(range), std::move(p)));
  }
};
}  // namespace detail

/// `position_any(p)`: the position of some item with `p(item)`.
inline constexpr detail::pipeable<detail::position_impl<detail::arrival::any>, 1> position_any{};
/// `position_first(p)`: the least position of an item with `p(item)`.
inline constexpr detail::pipeable<detail::position_impl<detail::arrival::first>, 1> position_first{};
/// `position_last(p)`: the greatest position of an item with `p(item)`.
inline constexpr detail::pipeable<detail::position_impl<detail::arrival::last>, 1> position_last{};

}  // namespace twill::par
