// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/map.hpp"

#include <cstddef>
#include <functional>
#include <string_view>
#include <utility>

namespace twill::par {

namespace detail {

template <class P, class Init, class F, class Item>
class map_init_producer {
 public:
  using item_type = Item;
  using state_type = std::remove_cvref_t<std::invoke_result_t<const Init&>>;
  map_init_producer(P base, const Init* init, const F* f)
      : base_(std::move(base)), init_(init), function_(f) {}
  [[nodiscard]] map_init_producer split_at(std::size_t n) { return {base_.split_at(n), init_, function_}; }

  using base_cursor = decltype(std::declval<P>().leaf());
  struct cursor {
    base_cursor base;
    const F* function;
    state_type state;
    Item operator()(std::size_t i) { return std::invoke(*function, state, base(i)); }
  };
  [[nodiscard]] cursor leaf() && { return {std::move(base_).leaf(), function_, std::invoke(*init_)}; }

 private:
  P base_;
  const Init* init_;
  const F* function_;
};

template <class Folder, class State, class F>
struct map_init_folder {
  Folder base;
  const F* function;
  State state;
  template <class T>
  void consume(T&& item) {
    base.consume(std::invoke(*function, state, std::forward<T>(item)));
  }
  [[nodiscard]] bool full() const { return base.full(); }
  auto complete() && { return std::move(base).complete(); }
};

template <class C, class Init, class F>
struct map_init_consumer {
  using result_type = typename C::result_type;
  static constexpr bool fixed_tree = wants_fixed_tree<C>;
  C base;
  const Init* init;
  const F* function;
  map_init_consumer split_off_left()
    requires splits_anywhere<C>
  {
    return {base.split_off_left(), init, function};
  }
  auto into_folder() && {
    using state = std::remove_cvref_t<std::invoke_result_t<const Init&>>;
    using folder_type = map_init_folder<decltype(std::move(base).into_folder()), state, F>;
    return folder_type{std::move(base).into_folder(), function, std::invoke(*init)};
  }
  [[nodiscard]] auto to_reducer() const { return base.to_reducer(); }
  [[nodiscard]] bool full() const { return base.full(); }
};

/// The state of `map_with`: each leaf has a copy.
template <class State>
struct copy_of {
  State state;
  State operator()() const { return state; }
};

template <class Init, class F, class Item>
struct make_map_init {
  const Init* init;
  const F* function;
  template <class P>
  map_init_producer<P, Init, F, Item> operator()(P p) const {
    return map_init_producer<P, Init, F, Item>(std::move(p), init, function);
  }
};

}  // namespace detail

/// The values of a function of each item and of a state that is made once for each leaf.
template <parallel_range R, class Init, class F>
class map_init_range : public adaptor<R> {
  using state_type = std::remove_cvref_t<std::invoke_result_t<const Init&>>;

 public:
  using item_type = std::invoke_result_t<const F&, state_type&, item_t<R>>;
  static constexpr std::string_view name = "map_init";

  map_init_range(R base, Init init, F f)
      : adaptor<R>(std::move(base)), init_(std::move(init)), function_(std::move(f)) {}

  template <class C>
  typename C::result_type drive(C c) && {
    if constexpr (indexed_parallel_range<R>) {
      return drive_indexed(std::move(*this), std::move(c));
    } else {
      return std::move(this->base_)
          .drive(detail::map_init_consumer<C, Init, F>{std::move(c), &init_, &function_});
    }
  }
  template <class Callback>
  typename Callback::result_type with_producer(Callback callback) &&
    requires indexed_parallel_range<R>
  {
    return detail::with_adapted_producer(std::move(this->base_), std::move(callback),
                                         detail::make_map_init<Init, F, item_type>{&init_, &function_});
  }

 private:
  Init init_;
  F function_;
};

namespace detail {

template <class F, class State, class Item>
concept stateful_callable = std::is_invocable_v<const F&, State&, Item>;

struct map_init_impl {
  template <class R, class Init, class F>
  auto operator()(R range, Init init, F f) const {
    static_assert(std::is_invocable_v<const Init&>, "par::map_init: init() must be callable when const");
    using state = std::remove_cvref_t<std::invoke_result_t<const Init&>>;
    static_assert(stateful_callable<F, state, item_t<R>>,
                  "par::map_init: f(state&, item) must be callable when const: remove `mutable`, look at the "
                  "arguments");
    return map_init_range<R, Init, F>(std::move(range), std::move(init), std::move(f));
  }
};
struct map_with_impl {
  template <class R, class State, class F>
  auto operator()(R range, State state, F f) const {
    static_assert(std::is_copy_constructible_v<State>, "par::map_with: the state is copied for each leaf");
    static_assert(stateful_callable<F, State, item_t<R>>,
                  "par::map_with: f(state&, item) must be callable when const: remove `mutable`, look at the "
                  "arguments");
    return map_init_range<R, copy_of<State>, F>(std::move(range), copy_of<State>{std::move(state)},
                                                std::move(f));
  }
};
}  // namespace detail

/// `map_init(init, f)`: `f(state, item)`, with a state from `init()` for each leaf of the loop; how many is
/// unspecified.
inline constexpr detail::pipeable<detail::map_init_impl, 2> map_init{};
/// `map_with(state, f)`: as `map_init`, each leaf with a copy of `state`.
inline constexpr detail::pipeable<detail::map_with_impl, 2> map_with{};

}  // namespace twill::par
