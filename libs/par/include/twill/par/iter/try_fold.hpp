// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/fold.hpp"
#include "twill/par/iter/try_types.hpp"

#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace twill::par {

namespace detail {

template <class Folder, class R, class F>
struct try_fold_folder {
  using value = typename try_traits<R>::value_type;
  Folder base;
  std::optional<value> accumulator;
  const F* function;
  std::optional<R> failure{};
  template <class T>
  void consume(T&& item) {
    R next = (*function)(std::move(*accumulator), std::forward<T>(item));
    if (try_traits<R>::succeeded(next)) {
      accumulator.emplace(try_traits<R>::take(std::move(next)));
    } else {
      failure.emplace(std::move(next));
    }
  }
  [[nodiscard]] bool full() const { return failure.has_value() || base.full(); }
  auto complete() && {
    base.consume(failure ? std::move(*failure) : try_traits<R>::wrap(std::move(*accumulator)));
    return std::move(base).complete();
  }
};

template <class C, class R, class Id, class F>
struct try_fold_consumer {
  using result_type = typename C::result_type;
  static constexpr bool fixed_tree = true;
  C base;
  const Id* identity;
  const F* function;
  try_fold_consumer split_off_left() { return {base.split_off_left(), identity, function}; }
  auto into_folder() && {
    return try_fold_folder<decltype(std::move(base).into_folder()), R, F>{std::move(base).into_folder(),
                                                                          start_from(*identity), function};
  }
  [[nodiscard]] auto to_reducer() const { return base.to_reducer(); }
  [[nodiscard]] bool full() const { return base.full(); }
};

}  // namespace detail

/// The accumulators of the leaves, or the failure at which a leaf stopped, in order.
template <parallel_range R, class Id, class F>
class try_fold_range : public unindexed_adaptor<R> {
 public:
  using item_type = std::remove_cvref_t<std::invoke_result_t<const F&, detail::start_t<Id>, item_t<R>>>;
  static constexpr std::string_view name = "try_fold";
  try_fold_range(R base, Id identity, F f)
      : unindexed_adaptor<R>(std::move(base)), identity_(std::move(identity)), function_(std::move(f)) {}
  template <class C>
  typename C::result_type drive(C c) && {
    return std::move(this->base_)
        .drive(detail::try_fold_consumer<C, item_type, Id, F>{std::move(c), &identity_, &function_});
  }

 private:
  Id identity_;
  F function_;
};

namespace detail {
template <class F, class Acc, class Item>
concept try_folds = std::is_invocable_v<const F&, Acc, Item> &&
                    try_type<std::remove_cvref_t<std::invoke_result_t<const F&, Acc, Item>>>;

struct try_fold_impl {
  template <class R, class Id, class F>
  auto operator()(R range, Id identity, F f) const {
    static_assert(
        try_folds<F, start_t<Id>, item_t<R>>,
        "par::try_fold: f(accumulator, item) must be callable when const and return an optional or expected");
    return try_fold_range<R, Id, F>(std::move(range), std::move(identity), std::move(f));
  }
};
struct try_fold_with_impl {
  template <class R, class T, class F>
  auto operator()(R range, T init, F f) const {
    static_assert(try_folds<F, T, item_t<R>>,
                  "par::try_fold_with: f(accumulator, item) must be callable when const and return an "
                  "optional or expected");
    return try_fold_range<R, copied_start<T>, F>(std::move(range), copied_start<T>{std::move(init)},
                                                 std::move(f));
  }
};
}  // namespace detail

/// `try_fold(identity, f)`: as `fold`, with `f` returning an optional or expected; a leaf stops at its first
/// failure.
inline constexpr detail::pipeable<detail::try_fold_impl, 2> try_fold{};
/// `try_fold_with(init, f)`: as `try_fold`, from copies of `init`.
inline constexpr detail::pipeable<detail::try_fold_with_impl, 2> try_fold_with{};

}  // namespace twill::par
