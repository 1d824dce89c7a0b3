// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "twill/par/iter/adaptor.hpp"
#include "twill/par/iter/detail/closure.hpp"

namespace twill::par {

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
    using result = typename Callback::result_type;
    const std::size_t n = len();
    return std::move(this->base_).with_producer(detail::on_producer<result>([&](auto p) -> result {
      static_cast<void>(p.split_at(n));
      return callback(std::move(p));
    }));
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
