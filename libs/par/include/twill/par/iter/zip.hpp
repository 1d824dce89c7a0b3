// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

#include "twill/par/iter/adaptor.hpp"
#include "twill/par/iter/detail/closure.hpp"
#include "twill/par/iter/detail/held.hpp"

namespace twill::par {

namespace detail {

template <class... P>
class zip_producer {
 public:
  using item_type = std::tuple<element_t<typename P::item_type>...>;
  explicit zip_producer(P... parts) : parts_(std::move(parts)...) {}
  [[nodiscard]] zip_producer split_at(std::size_t n) {
    return std::apply([n](P&... part) { return zip_producer(part.split_at(n)...); }, parts_);
  }
  struct cursor {
    std::tuple<decltype(std::declval<P>().leaf())...> parts;
    item_type operator()(std::size_t i) {
      return std::apply([i](auto&... part) { return item_type(part(i)...); }, parts);
    }
  };
  [[nodiscard]] cursor leaf() && {
    return std::apply([](P&... part) { return cursor{{std::move(part).leaf()...}}; }, parts_);
  }

 private:
  std::tuple<P...> parts_;
};

/// Opens the producers of several chains one inside of the other, then calls `finish(producers...)`.
template <class Result, class Finish>
Result open_producers(Finish&& finish) {
  return finish();
}
template <class Result, class Finish, class R, class... Rest>
Result open_producers(Finish&& finish, R&& first, Rest&&... rest) {
  return std::move(first).with_producer(on_producer<Result>([&](auto p) -> Result {
    return open_producers<Result>(
        [&](auto... more) -> Result { return finish(std::move(p), std::move(more)...); }, std::move(rest)...);
  }));
}

}  // namespace detail

/// The i-th items of several chains as one tuple; as long as the shortest.
template <indexed_parallel_range... R>
class zip_range {
 public:
  using item_type = std::tuple<detail::element_t<item_t<R>>...>;
  static constexpr chain_traits traits = merge_traits({traits_of<R>()...});

  explicit zip_range(R... parts) : parts_(std::move(parts)...) {}
  [[nodiscard]] std::size_t len() const {
    return std::apply([](const R&... part) { return std::min({part.len()...}); }, parts_);
  }
  [[nodiscard]] std::optional<std::size_t> opt_len() const { return len(); }
  [[nodiscard]] chain_options options() const {
    chain_options merged;
    std::apply([&](const R&... part) { (merged.merge(options_of(part)), ...); }, parts_);
    return merged;
  }
  [[nodiscard]] std::string describe() const {
    std::string text = "zip(";
    std::apply([&](const R&... part) { ((text += par::describe(part) + ", "), ...); }, parts_);
    text.resize(text.size() - 2);
    return text + ")";
  }
  template <class C>
  typename C::result_type drive(C c) && {
    return drive_indexed(std::move(*this), std::move(c));
  }
  template <class Callback>
  typename Callback::result_type with_producer(Callback callback) && {
    using result = typename Callback::result_type;
    return std::apply(
        [&](R&... part) -> result {
          return detail::open_producers<result>(
              [&](auto... p) -> result { return callback(detail::zip_producer<decltype(p)...>(std::move(p)...)); },
              std::move(part)...);
        },
        parts_);
  }

 private:
  std::tuple<R...> parts_;
};

/// Zips 2 to 12 chains or ranges: tuples of their i-th items, as many as the shortest has.
template <parallel_source A, parallel_source B, parallel_source... Rest>
  requires(sizeof...(Rest) <= 10)
[[nodiscard]] auto zip(A&& a, B&& b, Rest&&... rest) {
  static_assert(indexed_parallel_range<all_t<A>> && indexed_parallel_range<all_t<B>> &&
                    (indexed_parallel_range<all_t<Rest>> && ...),
                "par::zip: every range must be indexed");
  return zip_range<all_t<A>, all_t<B>, all_t<Rest>...>(as_parallel(std::forward<A>(a)), as_parallel(std::forward<B>(b)),
                                                       as_parallel(std::forward<Rest>(rest))...);
}

/// Pairs each item with the item of `b` at the same position; as long as the shorter one.
template <parallel_source B>
[[nodiscard]] auto zip(B&& b) {
  return detail::closure{[b = as_parallel(std::forward<B>(b))]<class R>(R&& range) mutable {
    return par::zip(std::forward<R>(range), std::move(b));
  }};
}

/// As `zip`. Throws: `std::invalid_argument` naming both lengths where they differ, before any item is made.
template <parallel_source A, parallel_source B>
[[nodiscard]] auto zip_eq(A&& a, B&& b) {
  all_t<A> left = as_parallel(std::forward<A>(a));
  all_t<B> right = as_parallel(std::forward<B>(b));
  static_assert(indexed_parallel_range<all_t<A>> && indexed_parallel_range<all_t<B>>,
                "par::zip_eq: both ranges must be indexed");
  if (left.len() != right.len()) {
    throw std::invalid_argument("par::zip_eq: the lengths differ: " + std::to_string(left.len()) + " and " +
                                std::to_string(right.len()));
  }
  return par::zip(std::move(left), std::move(right));
}
template <parallel_source B>
[[nodiscard]] auto zip_eq(B&& b) {
  return detail::closure{[b = as_parallel(std::forward<B>(b))]<class R>(R&& range) mutable {
    return par::zip_eq(std::forward<R>(range), std::move(b));
  }};
}

}  // namespace twill::par
