// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/detail/append.hpp"
#include "twill/par/iter/detail/place.hpp"
#include "twill/par/iter/detail/relay.hpp"
#include "twill/par/iter/detail/vector_room.hpp"
#include "twill/par/iter/take_any_while.hpp"
#include "twill/par/iter/try_types.hpp"

#include <atomic>
#include <cstddef>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace twill::par {

namespace detail {

template <class C>
inline constexpr bool builds_in_place = false;
template <class T, class A>
inline constexpr bool builds_in_place<std::vector<T, A>> = !std::is_same_v<T, bool>;

/// How a collection of type C is made from items. `Indexed`: the number of items is known and so is their
/// order.
///
/// `collector(n)`, `consumer()` once, then `finish(result)`.
template <class C, class Item, bool Indexed>
struct collector {
  explicit collector(std::size_t) {}
  auto consumer() { return chunk_list_consumer<std::remove_cvref_t<Item>>{}; }
  C finish(chunk_list<std::remove_cvref_t<Item>> list) {
    C out;
    append_chunks(out, std::move(list));
    return out;
  }
};

/// One allocation, every item built where it stays.
template <class T, class A, class Item>
  requires builds_in_place<std::vector<T, A>>
struct collector<std::vector<T, A>, Item, true> {
  std::vector<T, A> out{};
  vector_room<T, A> room;
  explicit collector(std::size_t n) : room(out, n) {}
  collector(collector&&) = delete;
  auto consumer() { return place_consumer<T>{room.data(), room.size()}; }
  std::vector<T, A> finish(placed<T> built) {
    check_placed(built, room.size());
    built.release();
    room.commit();
    return std::move(out);
  }
};

// ---- several collections at once

template <class... C>
struct fan_consumer {
  using result_type = std::tuple<typename C::result_type...>;
  using index = std::index_sequence_for<C...>;
  std::tuple<C...> parts;

  template <class... Folder>
  struct folder_type {
    std::tuple<Folder...> parts;
    template <class T>
    void consume(T&& item) {
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        (std::get<I>(parts).consume(std::get<I>(std::forward<T>(item))), ...);
      }(index{});
    }
    [[nodiscard]] bool full() const {
      return std::apply([](const Folder&... part) { return (part.full() && ...); }, parts);
    }
    result_type complete() && {
      return std::apply([](Folder&... part) { return result_type(std::move(part).complete()...); }, parts);
    }
  };
  struct reducer_type {
    std::tuple<decltype(std::declval<const C&>().to_reducer())...> parts;
    result_type combine(result_type left, result_type right) {
      return [&]<std::size_t... I>(std::index_sequence<I...>) {
        return result_type(
            std::get<I>(parts).combine(std::get<I>(std::move(left)), std::get<I>(std::move(right)))...);
      }(index{});
    }
  };
  fan_consumer split_off_left()
    requires(splits_anywhere<C> && ...)
  {
    return {std::apply([](C&... part) { return std::tuple<C...>(part.split_off_left()...); }, parts)};
  }
  fan_consumer split_off_left(std::size_t n) {
    return {std::apply([n](C&... part) { return std::tuple<C...>(split_consumer(part, n)...); }, parts)};
  }
  auto into_folder() && {
    return std::apply(
        [](C&... part) {
          return folder_type<decltype(std::move(part).into_folder())...>{{std::move(part).into_folder()...}};
        },
        parts);
  }
  [[nodiscard]] reducer_type to_reducer() const {
    return std::apply([](const C&... part) { return reducer_type{{part.to_reducer()...}}; }, parts);
  }
  [[nodiscard]] bool full() const {
    return std::apply([](const C&... part) { return (part.full() && ...); }, parts);
  }
};

template <class Item, std::size_t I>
using part_t = decltype(std::get<I>(std::declval<Item>()));

template <class>
constexpr std::size_t length_of(std::size_t n) {
  return n;
}

template <class Out, class Item, bool Indexed, class... C>
struct fan_collector {
  using index = std::index_sequence_for<C...>;
  template <class>
  struct make;
  template <std::size_t... I>
  struct make<std::index_sequence<I...>> {
    using type = std::tuple<collector<C, part_t<Item, I>, Indexed>...>;
  };
  typename make<index>::type parts;

  explicit fan_collector(std::size_t n) : parts(length_of<C>(n)...) {}
  auto consumer() {
    return std::apply(
        [](auto&... part) { return fan_consumer<decltype(part.consumer())...>{{part.consumer()...}}; },
        parts);
  }
  template <class Result>
  Out finish(Result gathered) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      return Out(std::get<I>(parts).finish(std::get<I>(std::move(gathered)))...);
    }(index{});
  }
};
template <class A, class B, class Item, bool Indexed>
struct collector<std::pair<A, B>, Item, Indexed> : fan_collector<std::pair<A, B>, Item, Indexed, A, B> {
  using fan_collector<std::pair<A, B>, Item, Indexed, A, B>::fan_collector;
};
template <class... C, class Item, bool Indexed>
struct collector<std::tuple<C...>, Item, Indexed> : fan_collector<std::tuple<C...>, Item, Indexed, C...> {
  using fan_collector<std::tuple<C...>, Item, Indexed, C...>::fan_collector;
};

// ---- a collection unless an item failed

/// The first failing item that anybody saw; it stops everybody.
template <class R>
struct failure_slot {
  std::atomic<bool> taken{false};
  std::optional<R> failure{};
  one_way_flag failed{};
  template <class T, class Next>
  void pass(T&& item, Next&& next) {
    if (try_traits<R>::succeeded(item)) {
      next(try_traits<R>::take(R(std::forward<T>(item))));
      return;
    }
    // ORD relaxed: one exchange sees false, and only its thread writes; the reader has joined it.
    if (!taken.exchange(true, std::memory_order_relaxed)) failure.emplace(std::forward<T>(item));
    failed.raise();
  }
  [[nodiscard]] bool ended() const noexcept { return failed.is_up(); }
};

/// A failure of one type as a failure of another with the same kind of error.
template <class To, class From>
To convert_failure(From&& from) {
  if constexpr (requires {
                  { try_traits<To>::failed_like(from) } -> std::convertible_to<To>;
                }) {
    return try_traits<To>::failed_like(std::forward<From>(from));
  } else if constexpr (requires { To(from.reason()); }) {
    return To(std::forward<From>(from).reason());
  } else if constexpr (requires {
                         typename To::unexpected_type;
                         from.error();
                       }) {
    return To(typename To::unexpected_type(std::forward<From>(from).error()));
  } else {
    return To();  // an empty optional
  }
}

template <class C>
concept fallible_collection = try_type<C> && !std::is_same_v<C, bool>;

}  // namespace detail

template <class Out, parallel_range R>
auto collect_chain(R range) {
  using item = item_t<R>;
  if constexpr (detail::fallible_collection<Out>) {
    using failing = std::remove_cvref_t<item>;
    using inside = typename try_traits<Out>::value_type;
    using value = typename try_traits<failing>::value_type;
    static_assert(try_type<failing>,
                  "par::collect: the items must be optional or expected, as the result is");
    detail::collector<inside, value&&, false> builder(0);
    detail::failure_slot<failing> slot;
    auto consumer = builder.consumer();
    auto gathered =
        std::move(range).drive(detail::relay_consumer<decltype(consumer), detail::failure_slot<failing>>{
            std::move(consumer), &slot});
    if (slot.failure) return detail::convert_failure<Out>(std::move(*slot.failure));
    return try_traits<Out>::wrap(builder.finish(std::move(gathered)));
  } else {
    constexpr bool indexed = indexed_parallel_range<R>;
    std::size_t n = 0;
    if constexpr (indexed) n = range.len();
    detail::collector<Out, item, indexed> builder(n);
    auto gathered = std::move(range).drive(builder.consumer());
    return builder.finish(std::move(gathered));
  }
}

/// `collect<C>()`: all items in a container, in order where C has one.
///
/// An indexed chain builds a vector in place: one allocation, no copies. Others gather a vector in each leaf
/// and move the items once, after one exact reservation. C may be an optional or expected of a container, for
/// items that may fail: some failure is then the result. C may be a pair or tuple of containers, for
/// tuple-like items. Throws: `std::logic_error` when a producer of the user's made more or fewer items than
/// its length; whatever an item threw, after everything built was destroyed.
template <class Out>
[[nodiscard]] auto collect() {
  return detail::closure{
      []<class R>(R&& range) { return collect_chain<Out>(as_parallel(std::forward<R>(range))); }};
}
template <class Out, parallel_source R>
[[nodiscard]] auto collect(R&& range) {
  return collect_chain<Out>(as_parallel(std::forward<R>(range)));
}
/// `collect<std::vector>()`: as `collect<std::vector<T>>()`, T being the type of the items without
/// references.
template <template <class...> class Out>
[[nodiscard]] auto collect() {
  return detail::closure{[]<class R>(R&& range) {
    return collect_chain<Out<std::remove_cvref_t<item_t<all_t<R>>>>>(as_parallel(std::forward<R>(range)));
  }};
}
template <template <class...> class Out, parallel_source R>
[[nodiscard]] auto collect(R&& range) {
  return collect_chain<Out<std::remove_cvref_t<item_t<all_t<R>>>>>(as_parallel(std::forward<R>(range)));
}

}  // namespace twill::par
