// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/flat_map.hpp"

#include <ranges>
#include <string_view>
#include <type_traits>
#include <utility>

namespace twill::par {

namespace detail {

/// Walks the inner range of each item on the spot.
template <class Folder, class F>
struct flat_map_iter_folder {
  Folder base;
  leaf_function<F> function;
  template <class T>
  void consume(T&& item) {
    // The items of a temporary container are ours to move; those of a view or of an lvalue are not.
    using inner_type = call_result_t<const F&, T&&>;
    auto&& inner = call(*function, std::forward<T>(item));
    for (auto&& x : inner) {
      if (base.full()) return;
      if constexpr (!std::is_lvalue_reference_v<inner_type> &&
                    !std::ranges::view<std::remove_cvref_t<inner_type>> &&
                    std::is_lvalue_reference_v<decltype(x)>) {
        base.consume(std::move(x));
      } else {
        base.consume(std::forward<decltype(x)>(x));
      }
    }
  }
  [[nodiscard]] bool full() const { return base.full(); }
  auto complete() && { return std::move(base).complete(); }
};

template <class C, class F>
struct flat_map_iter_consumer {
  using result_type = typename C::result_type;
  static constexpr bool fixed_tree = wants_fixed_tree<C>;
  C base;
  const F* function;
  flat_map_iter_consumer split_off_left() { return {base.split_off_left(), function}; }
  auto into_folder() && {
    return flat_map_iter_folder<decltype(std::move(base).into_folder()), F>{std::move(base).into_folder(),
                                                                            leaf_function<F>(*function)};
  }
  [[nodiscard]] auto to_reducer() const { return base.to_reducer(); }
  [[nodiscard]] bool full() const { return base.full(); }
};

}  // namespace detail

/// As `flat_map_range`, with inner ranges that run serially inside of one leaf.
template <parallel_range R, class F>
class flat_map_iter_range : public unindexed_adaptor<R> {
  using inner = detail::call_result_t<const F&, item_t<R>>;
  using reference = std::ranges::range_reference_t<std::remove_reference_t<inner>>;

 public:
  using item_type = std::conditional_t<!std::is_lvalue_reference_v<inner> &&
                                           !std::ranges::view<std::remove_cvref_t<inner>> &&
                                           std::is_lvalue_reference_v<reference>,
                                       std::remove_reference_t<reference>&&, reference>;
  static constexpr std::string_view name = "flat_map_iter";
  flat_map_iter_range(R base, F f) : unindexed_adaptor<R>(std::move(base)), function_(std::move(f)) {}
  template <class C>
  typename C::result_type drive(C c) && {
    return std::move(this->base_).drive(detail::flat_map_iter_consumer<C, F>{std::move(c), &function_});
  }

 private:
  F function_;
};

namespace detail {
struct flat_map_iter_impl {
  template <class R, class F>
  auto operator()(R range, F f) const {
    TWILL_PAR_CALLABLE("par::flat_map_iter", F, item_t<R>);
    static_assert(std::ranges::input_range<call_result_t<const F&, item_t<R>>>,
                  "par::flat_map_iter: the callable must return a range");
    return flat_map_iter_range<R, F>(std::move(range), std::move(f));
  }
};
struct flatten_iter_impl {
  template <class R>
  auto operator()(R range) const {
    static_assert(std::ranges::input_range<item_t<R>>,
                  "par::flatten_iter: the items of this chain are no ranges");
    return flat_map_iter_range<R, pass_on>(std::move(range), pass_on{});
  }
};
}  // namespace detail

/// `flat_map_iter(f)`: as `flat_map`, each inner range serially: cheaper where they are short.
inline constexpr detail::pipeable<detail::flat_map_iter_impl, 1> flat_map_iter{};
/// `flatten_iter()`: as `flatten`, each inner range serially.
inline constexpr detail::pipeable<detail::flatten_iter_impl, 0> flatten_iter{};

}  // namespace twill::par
