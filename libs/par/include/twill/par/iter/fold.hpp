// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/adaptor.hpp"
#include "twill/par/iter/detail/closure.hpp"

#include <string_view>
#include <type_traits>
#include <utility>

namespace twill::par {

namespace detail {

/// What an accumulator starts from: the value of a function of nothing, or a copy of a value.
template <class Id>
constexpr auto start_from(const Id& identity) {
  if constexpr (std::is_invocable_v<const Id&>) {
    return identity();
  } else {
    return identity;
  }
}
template <class Id>
using start_t = std::remove_cvref_t<decltype(start_from(std::declval<const Id&>()))>;

/// `f(accumulator, item)` by value and back, or `f(accumulator&, item)` returning nothing.
template <class F, class Acc, class Item>
concept folds =
    std::is_invocable_r_v<Acc, const F&, Acc, Item> ||
    (std::is_invocable_v<const F&, Acc&, Item> && std::is_void_v<std::invoke_result_t<const F&, Acc&, Item>>);

/// Whether f gives the accumulator back; otherwise it changes it by reference.
template <class F, class Acc, class Item>
concept folds_by_value = std::is_invocable_r_v<Acc, const F&, Acc, Item>;

template <class F, class Acc, class Item>
constexpr void fold_item(const F& f, Acc& acc, Item&& item) {
  if constexpr (folds_by_value<F, Acc, Item>) {
    acc = f(std::move(acc), std::forward<Item>(item));
  } else {
    f(acc, std::forward<Item>(item));
  }
}

template <class Folder, class Acc, class F>
struct fold_folder {
  Folder base;
  Acc accumulator;
  const F* function;
  template <class T>
  void consume(T&& item) {
    fold_item(*function, accumulator, std::forward<T>(item));
  }
  [[nodiscard]] bool full() const { return base.full(); }
  auto complete() && {
    base.consume(std::move(accumulator));
    return std::move(base).complete();
  }
};

template <class C, class Id, class F>
struct fold_consumer {
  using result_type = typename C::result_type;
  // One accumulator a block of the source: their number and content are a function of its length.
  static constexpr bool fixed_tree = true;
  C base;
  const Id* identity;
  const F* function;
  fold_consumer split_off_left() { return {base.split_off_left(), identity, function}; }
  auto into_folder() && {
    return fold_folder<decltype(std::move(base).into_folder()), start_t<Id>, F>{
        std::move(base).into_folder(), start_from(*identity), function};
  }
  [[nodiscard]] auto to_reducer() const { return base.to_reducer(); }
  [[nodiscard]] bool full() const { return base.full(); }
};

}  // namespace detail

/// The accumulators of the leaves, in order.
template <parallel_range R, class Id, class F>
class fold_range : public unindexed_adaptor<R> {
 public:
  using item_type = detail::start_t<Id>;
  static constexpr std::string_view name = "fold";
  fold_range(R base, Id identity, F f)
      : unindexed_adaptor<R>(std::move(base)), identity_(std::move(identity)), function_(std::move(f)) {}
  template <class C>
  typename C::result_type drive(C c) && {
    return std::move(this->base_)
        .drive(detail::fold_consumer<C, Id, F>{std::move(c), &identity_, &function_});
  }

 private:
  Id identity_;
  F function_;
};

namespace detail {
/// A starting value that is copied even if it can be called.
template <class T>
struct copied_start {
  T value;
  T operator()() const { return value; }
};
struct fold_impl {
  template <class R, class Id, class F>
  auto operator()(R range, Id identity, F f) const {
    static_assert(folds<F, start_t<Id>, item_t<R>>,
                  "par::fold: f(accumulator, item) must be callable when const and return the accumulator");
    return fold_range<R, Id, F>(std::move(range), std::move(identity), std::move(f));
  }
};
struct fold_with_impl {
  template <class R, class T, class F>
  auto operator()(R range, T init, F f) const {
    static_assert(
        folds<F, T, item_t<R>>,
        "par::fold_with: f(accumulator, item) must be callable when const and return the accumulator");
    return fold_range<R, copied_start<T>, F>(std::move(range), copied_start<T>{std::move(init)},
                                             std::move(f));
  }
};
}  // namespace detail

/// `fold(identity, f)`: folds each leaf into one accumulator, from `identity()` or a copy of `identity`.
///
/// `f(accumulator, item)` returns the accumulator, or changes it by reference. Over an indexed source the
/// leaves are the blocks of the fixed tree; over any other their number is unspecified.
inline constexpr detail::pipeable<detail::fold_impl, 2> fold{};
/// `fold_with(init, f)`: as `fold`, from copies of `init`.
inline constexpr detail::pipeable<detail::fold_with_impl, 2> fold_with{};

}  // namespace twill::par
