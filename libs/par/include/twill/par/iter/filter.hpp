// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/adaptor.hpp"
#include "twill/par/iter/detail/callable.hpp"
#include "twill/par/iter/detail/closure.hpp"

#include <string_view>
#include <utility>

namespace twill::par {

namespace detail {

template <class Folder, class F>
struct filter_folder {
  Folder base;
  leaf_function<F> predicate;
  template <class T>
  void consume(T&& item) {
    if (call(*predicate, static_cast<peek_t<T&&>>(item))) base.consume(std::forward<T>(item));
  }
  [[nodiscard]] bool full() const { return base.full(); }
  auto complete() && { return std::move(base).complete(); }
};

template <class C, class F>
struct filter_consumer {
  using result_type = typename C::result_type;
  static constexpr bool fixed_tree = wants_fixed_tree<C>;
  C base;
  const F* predicate;
  filter_consumer split_off_left() { return {base.split_off_left(), predicate}; }
  auto into_folder() && {
    return filter_folder<decltype(std::move(base).into_folder()), F>{std::move(base).into_folder(),
                                                                     leaf_function<F>(*predicate)};
  }
  [[nodiscard]] auto to_reducer() const { return base.to_reducer(); }
  [[nodiscard]] bool full() const { return base.full(); }
};

}  // namespace detail

/// The items for which a predicate holds.
template <parallel_range R, class F>
class filter_range : public unindexed_adaptor<R> {
 public:
  using item_type = item_t<R>;
  static constexpr std::string_view name = "filter";
  filter_range(R base, F p) : unindexed_adaptor<R>(std::move(base)), predicate_(std::move(p)) {}
  template <class C>
  typename C::result_type drive(C c) && {
    return std::move(this->base_).drive(detail::filter_consumer<C, F>{std::move(c), &predicate_});
  }

 private:
  F predicate_;
};

namespace detail {
struct filter_impl {
  template <class R, class F>
  auto operator()(R range, F p) const {
    TWILL_PAR_CALLABLE("par::filter", F, peek_t<item_t<R>>);
    return filter_range<R, F>(std::move(range), std::move(p));
  }
};
}  // namespace detail

/// `filter(p)`: the items with `p(item)`, in their order. `p` sees lvalues as they are, values as const.
inline constexpr detail::pipeable<detail::filter_impl, 1> filter{};

}  // namespace twill::par
