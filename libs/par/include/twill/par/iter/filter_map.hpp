// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/adaptor.hpp"
#include "twill/par/iter/detail/callable.hpp"
#include "twill/par/iter/detail/closure.hpp"

#include <string_view>
#include <type_traits>
#include <utility>

namespace twill::par {

namespace detail {

template <class Folder, class F>
struct filter_map_folder {
  Folder base;
  leaf_function<F> function;
  template <class T>
  void consume(T&& item) {
    auto mapped = call(*function, std::forward<T>(item));
    if (mapped) base.consume(*std::move(mapped));
  }
  [[nodiscard]] bool full() const { return base.full(); }
  auto complete() && { return std::move(base).complete(); }
};

template <class C, class F>
struct filter_map_consumer {
  using result_type = typename C::result_type;
  static constexpr bool fixed_tree = wants_fixed_tree<C>;
  C base;
  const F* function;
  filter_map_consumer split_off_left() { return {base.split_off_left(), function}; }
  auto into_folder() && {
    return filter_map_folder<decltype(std::move(base).into_folder()), F>{std::move(base).into_folder(),
                                                                         leaf_function<F>(*function)};
  }
  [[nodiscard]] auto to_reducer() const { return base.to_reducer(); }
  [[nodiscard]] bool full() const { return base.full(); }
};

}  // namespace detail

/// What a function makes of the items for which it makes something.
template <parallel_range R, class F>
class filter_map_range : public unindexed_adaptor<R> {
 public:
  using item_type = std::remove_cvref_t<
      decltype(*std::declval<std::remove_cvref_t<detail::call_result_t<const F&, item_t<R>>>>())>;
  static constexpr std::string_view name = "filter_map";
  filter_map_range(R base, F f) : unindexed_adaptor<R>(std::move(base)), function_(std::move(f)) {}
  template <class C>
  typename C::result_type drive(C c) && {
    return std::move(this->base_).drive(detail::filter_map_consumer<C, F>{std::move(c), &function_});
  }

 private:
  F function_;
};

namespace detail {
struct filter_map_impl {
  template <class R, class F>
  auto operator()(R range, F f) const {
    TWILL_PAR_CALLABLE("par::filter_map", F, item_t<R>);
    static_assert(
        requires(call_result_t<const F&, item_t<R>> m) {
          *m;
          static_cast<bool>(m);
        }, "par::filter_map: the callable must return an optional");
    return filter_map_range<R, F>(std::move(range), std::move(f));
  }
};
}  // namespace detail

/// `filter_map(f)`: the values of the optionals `f(item)` that have one, in their order.
inline constexpr detail::pipeable<detail::filter_map_impl, 1> filter_map{};

}  // namespace twill::par
