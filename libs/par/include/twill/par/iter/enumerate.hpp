// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/adaptor.hpp"
#include "twill/par/iter/detail/closure.hpp"
#include "twill/par/iter/detail/held.hpp"

#include <cstddef>
#include <string_view>
#include <utility>

namespace twill::par {

namespace detail {

template <class P>
class enumerate_producer {
 public:
  using item_type = std::pair<std::size_t, element_t<typename P::item_type>>;
  enumerate_producer(P base, std::size_t first) : base_(std::move(base)), first_(first) {}
  [[nodiscard]] enumerate_producer split_at(std::size_t n) { return {base_.split_at(n), first_ + n}; }
  struct cursor {
    decltype(std::declval<P>().leaf()) base;
    std::size_t first;
    item_type operator()(std::size_t i) { return item_type(first + i, base(i)); }
  };
  [[nodiscard]] cursor leaf() && { return {std::move(base_).leaf(), first_}; }

 private:
  P base_;
  std::size_t first_;
};

struct make_enumerate {
  template <class P>
  enumerate_producer<P> operator()(P p) const {
    return enumerate_producer<P>(std::move(p), 0);
  }
};

}  // namespace detail

/// Items with their positions.
template <indexed_parallel_range R>
class enumerate_range : public adaptor<R> {
 public:
  using item_type = std::pair<std::size_t, detail::element_t<item_t<R>>>;
  static constexpr std::string_view name = "enumerate";
  using adaptor<R>::adaptor;
  template <class C>
  typename C::result_type drive(C c) && {
    return drive_indexed(std::move(*this), std::move(c));
  }
  template <class Callback>
  typename Callback::result_type with_producer(Callback callback) && {
    return detail::with_adapted_producer(std::move(this->base_), std::move(callback),
                                         detail::make_enumerate{});
  }
};

namespace detail {
struct enumerate_impl {
  template <class R>
  auto operator()(R range) const {
    static_assert(indexed_parallel_range<R>, "par::enumerate: the chain must be indexed");
    return enumerate_range<R>(std::move(range));
  }
};
}  // namespace detail

/// `enumerate()`: pairs of position and item. A callable may take them as two arguments.
inline constexpr detail::pipeable<detail::enumerate_impl, 0> enumerate{};

}  // namespace twill::par
