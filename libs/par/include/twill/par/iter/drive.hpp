// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/detail/closure.hpp"

#include <utility>

namespace twill::par {

namespace detail {
struct drive_impl {
  template <class R, class C>
  auto operator()(R range, C c) const {
    static_assert(consumer<C, item_t<R>>, "par::drive: this is no consumer of the items of this chain");
    return std::move(range).drive(std::move(c));
  }
};
struct with_producer_impl {
  template <class R, class Callback>
  auto operator()(R range, Callback callback) const {
    static_assert(indexed_parallel_range<R>, "par::with_producer: the chain must be indexed");
    return std::move(range).with_producer(std::move(callback));
  }
};
}  // namespace detail

/// `drive(consumer)`: runs a consumer of your own over the chain and returns its result.
inline constexpr detail::pipeable<detail::drive_impl, 1> drive{};
/// `with_producer(callback)`: hands the producer of an indexed chain to `callback(producer)`; see
/// `plumbing.hpp`.
inline constexpr detail::pipeable<detail::with_producer_impl, 1> with_producer{};

}  // namespace twill::par
