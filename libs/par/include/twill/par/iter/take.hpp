// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/adaptor.hpp"
#include "twill/par/iter/detail/closure.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

namespace twill::par {

namespace detail {

struct make_take {
  std::size_t n;
  template <class P>
  P operator()(P p) const {
    static_cast<void>(p.split_at(n));
    return p;
  }
};

}  // namespace detail

/// The first items of a chain.
template <indexed_parallel_range R>
class take_range : public adaptor<R> {
 public:
  using item_type = item_t<R>;
  static constexpr chain_traits traits = traits_of<R>();
  static constexpr std::string_view name = "take";
  take_range(R base, std::size_t n) : adaptor<R>(std::move(base)), n_(n) {}
  [[nodiscard]] std::size_t len() const { return std::min(n_, this->base_.len()); }
  [[nodiscard]] std::optional<std::size_t> opt_len() const { return len(); }
  template <class C>
  typename C::result_type drive(C c) && {
    return drive_indexed(std::move(*this), std::move(c));
  }
  template <class Callback>
  typename Callback::result_type with_producer(Callback callback) && {
    const std::size_t n = len();
    return detail::with_adapted_producer(std::move(this->base_), std::move(callback), detail::make_take{n});
  }

 private:
  std::size_t n_;
};

namespace detail {
struct take_impl {
  template <class R>
  auto operator()(R range, item_count n) const {
    static_assert(indexed_parallel_range<R>, "par::take: the chain must be indexed; see take_any");
    return take_range<R>(std::move(range), n);
  }
};
}  // namespace detail

/// `take(n)`: the first n items, or all of them if there are fewer.
inline constexpr detail::pipeable<detail::take_impl, 1> take{};

}  // namespace twill::par
