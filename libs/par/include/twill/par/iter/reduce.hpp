// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/detail/closure.hpp"
#include "twill/par/iter/fold.hpp"

#include <optional>
#include <type_traits>
#include <utility>

namespace twill::par {

namespace detail {

template <class T, class Op>
struct reduce_folder {
  T value;
  const Op* op;
  template <class X>
  void consume(X&& item) {
    value = (*op)(std::move(value), std::forward<X>(item));
  }
  [[nodiscard]] static constexpr bool full() { return false; }
  T complete() && { return std::move(value); }
};

template <class T, class Op>
struct op_reducer {
  const Op* op;
  T combine(T left, T right) const { return (*op)(std::move(left), std::move(right)); }
};

template <class T, class Id, class Op>
struct reduce_consumer {
  using result_type = T;
  static constexpr bool fixed_tree = true;
  const Id* identity;
  const Op* op;
  reduce_consumer split_off_left() { return *this; }
  reduce_folder<T, Op> into_folder() && { return {start_from(*identity), op}; }
  [[nodiscard]] op_reducer<T, Op> to_reducer() const { return {op}; }
  [[nodiscard]] static constexpr bool full() { return false; }
};

template <class T, class Op>
struct reduce_with_folder {
  const Op* op;
  std::optional<T> value{};
  template <class X>
  void consume(X&& item) {
    if (value) {
      // Through a temporary: the accumulator may be of a type that cannot be assigned.
      T next = (*op)(std::move(*value), T(std::forward<X>(item)));
      value.emplace(std::move(next));
    } else {
      value.emplace(std::forward<X>(item));
    }
  }
  [[nodiscard]] static constexpr bool full() { return false; }
  std::optional<T> complete() && { return std::move(value); }
};

template <class T, class Op>
struct reduce_with_consumer {
  using result_type = std::optional<T>;
  static constexpr bool fixed_tree = true;
  const Op* op;
  struct reducer_type {
    const Op* op;
    result_type combine(result_type left, result_type right) const {
      if (!left) return right;
      if (!right) return left;
      return result_type((*op)(std::move(*left), std::move(*right)));
    }
  };
  reduce_with_consumer split_off_left() { return *this; }
  reduce_with_folder<T, Op> into_folder() && { return {op}; }
  [[nodiscard]] reducer_type to_reducer() const { return {op}; }
  [[nodiscard]] static constexpr bool full() { return false; }
};

struct reduce_impl {
  template <class R, class Id, class Op>
  auto operator()(R range, Id identity, Op op) const {
    using value = start_t<Id>;
    static_assert(
        std::is_invocable_r_v<value, const Op&, value, item_t<R>> &&
            std::is_invocable_r_v<value, const Op&, value, value>,
        "par::reduce: op(value, item) and op(value, value) must be callable when const and return the value");
    return std::move(range).drive(reduce_consumer<value, Id, Op>{&identity, &op});
  }
};
struct reduce_with_impl {
  template <class R, class Op>
  auto operator()(R range, Op op) const {
    using value = std::remove_cvref_t<item_t<R>>;
    static_assert(std::is_invocable_r_v<value, const Op&, value, value>,
                  "par::reduce_with: op(item, item) must be callable when const and return an item");
    return std::move(range).drive(reduce_with_consumer<value, Op>{&op});
  }
};
}  // namespace detail

/// `reduce(identity, op)`: all items and copies of the identity, combined in order by an associative `op`.
///
/// `identity` is a value or a function of nothing, and may be used any number of times. Over an indexed
/// source the tree is a function of the length alone, so even an `op` that is only nearly associative gives
/// the same bits every time.
inline constexpr detail::pipeable<detail::reduce_impl, 2> reduce{};
/// `reduce_with(op)`: as `reduce`, nullopt when there are no items.
inline constexpr detail::pipeable<detail::reduce_with_impl, 1> reduce_with{};

}  // namespace twill::par
