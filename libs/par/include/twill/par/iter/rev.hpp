// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/adaptor.hpp"
#include "twill/par/iter/detail/closure.hpp"

#include <cstddef>
#include <string_view>
#include <utility>

namespace twill::par {

namespace detail {

template <class P>
class rev_producer {
 public:
  using item_type = typename P::item_type;
  rev_producer(P base, std::size_t size) : base_(std::move(base)), size_(size) {}
  [[nodiscard]] rev_producer split_at(std::size_t n) {
    // The first n items of the reversal are the last n of the base.
    P last = base_.split_at(size_ - n);
    rev_producer right(std::move(base_), size_ - n);
    base_ = std::move(last);
    size_ = n;
    return right;
  }
  struct cursor {
    decltype(std::declval<P>().leaf()) base;
    std::size_t size;
    item_type operator()(std::size_t i) { return base(size - 1 - i); }
  };
  [[nodiscard]] cursor leaf() && { return {std::move(base_).leaf(), size_}; }

 private:
  P base_;
  std::size_t size_;
};

struct make_rev {
  std::size_t size;
  template <class P>
  rev_producer<P> operator()(P p) const {
    return rev_producer<P>(std::move(p), size);
  }
};

}  // namespace detail

/// The items of a chain from last to first.
template <indexed_parallel_range R>
class rev_range : public adaptor<R> {
 public:
  using item_type = item_t<R>;
  static constexpr chain_traits traits = traits_of<R>();
  static constexpr std::string_view name = "rev";
  using adaptor<R>::adaptor;
  template <class C>
  typename C::result_type drive(C c) && {
    return drive_indexed(std::move(*this), std::move(c));
  }
  template <class Callback>
  typename Callback::result_type with_producer(Callback callback) && {
    const std::size_t n = this->base_.len();
    return detail::with_adapted_producer(std::move(this->base_), std::move(callback), detail::make_rev{n});
  }
};

namespace detail {
struct rev_impl {
  template <class R>
  auto operator()(R range) const {
    static_assert(indexed_parallel_range<R>, "par::rev: the chain must be indexed");
    return rev_range<R>(std::move(range));
  }
};
}  // namespace detail

/// `rev()`: the items from last to first.
inline constexpr detail::pipeable<detail::rev_impl, 0> rev{};

}  // namespace twill::par
