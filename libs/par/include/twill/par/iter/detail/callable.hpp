// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

namespace twill::par::detail {

template <class T>
concept tuple_like = requires { std::tuple_size<std::remove_cvref_t<T>>::value; };

template <class F, class T, std::size_t... I>
constexpr bool takes_elements(std::index_sequence<I...>) {
  return std::is_invocable_v<F, decltype(std::get<I>(std::declval<T>()))...>;
}

template <class F, class Item>
concept calls_whole = std::is_invocable_v<F, Item>;

template <class F, class Item>
concept calls_elements =
    !calls_whole<F, Item> && tuple_like<Item> &&
    takes_elements<F, Item>(std::make_index_sequence<std::tuple_size_v<std::remove_cvref_t<Item>>>());

/// Whether a callable takes the item, or the elements of a tuple-like item as separate arguments.
template <class F, class Item>
concept callable_with = calls_whole<F, Item> || calls_elements<F, Item>;

/// Calls `f(item)`, or `f(get<0>(item), get<1>(item), ...)` where only that compiles.
template <class F, class Item>
constexpr decltype(auto) call(F&& f, Item&& item) {
  if constexpr (calls_whole<F, Item&&>) {
    return std::forward<F>(f)(std::forward<Item>(item));
  } else {
    return [&]<std::size_t... I>(std::index_sequence<I...>) -> decltype(auto) {
      return std::forward<F>(f)(std::get<I>(std::forward<Item>(item))...);
    }(std::make_index_sequence<std::tuple_size_v<std::remove_cvref_t<Item>>>());
  }
}

template <class F, class Item>
struct call_result {
  using type = decltype(call(std::declval<F>(), std::declval<Item>()));
};
template <class F, class Item>
using call_result_t = typename call_result<F, Item>::type;

/// What a predicate is shown of an item: itself when it is an lvalue, else a const view of the value.
template <class Item>
using peek_t =
    std::conditional_t<std::is_lvalue_reference_v<Item>, Item, const std::remove_reference_t<Item>&>;

/// The caller's function at a leaf.
///
/// A small trivially copyable one is copied there, so that the optimiser sees its captures as locals that no
/// store of the loop can change; every other one is shared by reference.
template <class F>
class leaf_function {
  static constexpr bool copied = std::is_trivially_copyable_v<F> && std::is_copy_constructible_v<F> &&
                                 std::is_trivially_destructible_v<F> && sizeof(F) <= 64;

 public:
  explicit constexpr leaf_function(const F& f) : held_(hold(f)) {}
  constexpr const F& operator*() const noexcept {
    if constexpr (copied) {
      return held_;
    } else {
      return *held_;
    }
  }

 private:
  static constexpr auto hold(const F& f) {
    if constexpr (copied) {
      return f;
    } else {
      return std::addressof(f);
    }
  }
  std::conditional_t<copied, F, const F*> held_;
};

}  // namespace twill::par::detail

/// Refuses a callable in the words of the adaptor or consumer that was given it.
#define TWILL_PAR_CALLABLE(name, F, Item)                                                                    \
  static_assert(                                                                                             \
      ::twill::par::detail::callable_with<const F&, Item> || !::twill::par::detail::callable_with<F&, Item>, \
      name ": the callable is shared between workers, so it must be callable when const: remove `mutable`"); \
  static_assert(::twill::par::detail::callable_with<const F&, Item>,                                         \
                name ": the callable cannot be called with an item of this chain")
