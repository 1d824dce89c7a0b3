// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/adaptor.hpp"
#include "twill/par/iter/detail/callable.hpp"
#include "twill/par/iter/detail/closure.hpp"

#include <optional>
#include <string_view>
#include <utility>

namespace twill::par {

namespace detail {

/// Runs the inner chain of each item, itself in parallel, into a piece of the outer consumer.
template <class C, class F>
struct flat_map_folder {
  C base;
  const F* function;
  std::optional<typename C::result_type> sum{};
  template <class T>
  void consume(T&& item) {
    C piece = base.split_off_left();
    auto part = as_parallel(call(*function, std::forward<T>(item))).drive(std::move(piece));
    if (sum) {
      sum.emplace(base.to_reducer().combine(std::move(*sum), std::move(part)));
    } else {
      sum.emplace(std::move(part));
    }
  }
  [[nodiscard]] bool full() const { return base.full(); }
  typename C::result_type complete() && {
    if (sum) return std::move(*sum);
    return std::move(base).into_folder().complete();
  }
};

template <class C, class F>
struct flat_map_consumer {
  using result_type = typename C::result_type;
  static constexpr bool fixed_tree = wants_fixed_tree<C>;
  C base;
  const F* function;
  flat_map_consumer split_off_left() { return {base.split_off_left(), function}; }
  auto into_folder() && { return flat_map_folder<C, F>{std::move(base), function}; }
  [[nodiscard]] auto to_reducer() const { return base.to_reducer(); }
  [[nodiscard]] bool full() const { return base.full(); }
};

struct pass_on {
  template <class T>
  constexpr T operator()(T&& item) const {
    return std::forward<T>(item);
  }
};

}  // namespace detail

/// The items of the ranges that a function makes of each item.
template <parallel_range R, class F>
class flat_map_range : public unindexed_adaptor<R> {
 public:
  using item_type = item_t<all_t<detail::call_result_t<const F&, item_t<R>>>>;
  static constexpr std::string_view name = "flat_map";
  flat_map_range(R base, F f) : unindexed_adaptor<R>(std::move(base)), function_(std::move(f)) {}
  template <class C>
  typename C::result_type drive(C c) && {
    return std::move(this->base_).drive(detail::flat_map_consumer<C, F>{std::move(c), &function_});
  }

 private:
  F function_;
};

namespace detail {
struct flat_map_impl {
  template <class R, class F>
  auto operator()(R range, F f) const {
    TWILL_PAR_CALLABLE("par::flat_map", F, item_t<R>);
    return flat_map_range<R, F>(std::move(range), std::move(f));
  }
};
struct flatten_impl {
  template <class R>
  auto operator()(R range) const {
    static_assert(parallel_source<item_t<R>>, "par::flatten: the items of this chain are no ranges");
    return flat_map_range<R, pass_on>(std::move(range), pass_on{});
  }
};
}  // namespace detail

/// `flat_map(f)`: the items of each `f(item)`, a chain or a range, in order. The inner ranges run in parallel
/// too.
inline constexpr detail::pipeable<detail::flat_map_impl, 1> flat_map{};
/// `flatten()`: the items of the items.
inline constexpr detail::pipeable<detail::flatten_impl, 0> flatten{};

}  // namespace twill::par
