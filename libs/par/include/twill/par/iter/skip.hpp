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

struct make_skip {
  std::size_t n;
  template <class P>
  P operator()(P p) const {
    return p.split_at(n);
  }
};

}  // namespace detail

/// All items of a chain but the first ones.
template <indexed_parallel_range R>
class skip_range : public adaptor<R> {
 public:
  using item_type = item_t<R>;
  static constexpr chain_traits traits = traits_of<R>();
  static constexpr std::string_view name = "skip";
  skip_range(R base, std::size_t n) : adaptor<R>(std::move(base)), n_(n) {}
  [[nodiscard]] std::size_t len() const { return this->base_.len() - skipped(); }
  [[nodiscard]] std::optional<std::size_t> opt_len() const { return len(); }
  template <class C>
  typename C::result_type drive(C c) && {
    return drive_indexed(std::move(*this), std::move(c));
  }
  template <class Callback>
  typename Callback::result_type with_producer(Callback callback) && {
    const std::size_t n = skipped();
    return detail::with_adapted_producer(std::move(this->base_), std::move(callback), detail::make_skip{n});
  }

 private:
  [[nodiscard]] std::size_t skipped() const { return std::min(n_, this->base_.len()); }
  std::size_t n_;
};

namespace detail {
struct skip_impl {
  template <class R>
  auto operator()(R range, item_count n) const {
    static_assert(indexed_parallel_range<R>, "par::skip: the chain must be indexed; see skip_any");
    return skip_range<R>(std::move(range), n);
  }
};
}  // namespace detail

/// `skip(n)`: all items but the first n; none if there are fewer. The skipped ones are not made.
inline constexpr detail::pipeable<detail::skip_impl, 1> skip{};

}  // namespace twill::par
