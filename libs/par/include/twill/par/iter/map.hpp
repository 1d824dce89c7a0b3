// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/adaptor.hpp"
#include "twill/par/iter/detail/callable.hpp"
#include "twill/par/iter/detail/closure.hpp"

#include <cstddef>
#include <string_view>
#include <utility>

namespace twill::par {

namespace detail {

template <class P, class F, class Item>
class map_producer {
 public:
  using item_type = Item;
  map_producer(P base, const F* f) : base_(std::move(base)), function_(f) {}
  [[nodiscard]] map_producer split_at(std::size_t n) { return {base_.split_at(n), function_}; }

  using base_cursor = decltype(std::declval<P>().leaf());
  struct cursor {
    base_cursor base;
    leaf_function<F> function;
    Item operator()(std::size_t i) { return call(*function, base(i)); }
  };
  [[nodiscard]] cursor leaf() && { return {std::move(base_).leaf(), leaf_function<F>(*function_)}; }

 private:
  P base_;
  const F* function_;
};

template <class Folder, class F>
struct map_folder {
  Folder base;
  leaf_function<F> function;
  template <class T>
  void consume(T&& item) {
    base.consume(call(*function, std::forward<T>(item)));
  }
  [[nodiscard]] bool full() const { return base.full(); }
  auto complete() && { return std::move(base).complete(); }
};

template <class C, class F>
struct map_consumer {
  using result_type = typename C::result_type;
  static constexpr bool fixed_tree = wants_fixed_tree<C>;
  C base;
  const F* function;
  map_consumer split_off_left()
    requires splits_anywhere<C>
  {
    return {base.split_off_left(), function};
  }
  auto into_folder() && {
    return map_folder<decltype(std::move(base).into_folder()), F>{std::move(base).into_folder(),
                                                                  leaf_function<F>(*function)};
  }
  [[nodiscard]] auto to_reducer() const { return base.to_reducer(); }
  [[nodiscard]] bool full() const { return base.full(); }
};

template <class F, class Item>
struct make_map {
  const F* function;
  template <class P>
  map_producer<P, F, Item> operator()(P p) const {
    return {std::move(p), function};
  }
};

}  // namespace detail

/// The values of a function of each item.
template <parallel_range R, class F>
class map_range : public adaptor<R> {
 public:
  using item_type = detail::call_result_t<const F&, item_t<R>>;
  static constexpr std::string_view name = "map";

  map_range(R base, F f) : adaptor<R>(std::move(base)), function_(std::move(f)) {}

  template <class C>
  typename C::result_type drive(C c) && {
    if constexpr (indexed_parallel_range<R>) {
      return drive_indexed(std::move(*this), std::move(c));
    } else {
      return std::move(this->base_).drive(detail::map_consumer<C, F>{std::move(c), &function_});
    }
  }
  template <class Callback>
  typename Callback::result_type with_producer(Callback callback) &&
    requires indexed_parallel_range<R>
  {
    return detail::with_adapted_producer(std::move(this->base_), std::move(callback),
                                         detail::make_map<F, item_type>{&function_});
  }

 private:
  F function_;
};

namespace detail {
struct map_impl {
  template <class R, class F>
  auto operator()(R range, F f) const {
    TWILL_PAR_CALLABLE("par::map", F, item_t<R>);
    return map_range<R, F>(std::move(range), std::move(f));
  }
};
}  // namespace detail

/// `map(f)`: `f(item)` instead of each item, called once. A tuple-like item may be taken as separate
/// arguments.
inline constexpr detail::pipeable<detail::map_impl, 1> map{};

}  // namespace twill::par
