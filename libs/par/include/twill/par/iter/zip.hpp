// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/adaptor.hpp"
#include "twill/par/iter/detail/closure.hpp"
#include "twill/par/iter/detail/held.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

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

/// Opens the producers of several chains one inside of the other, then makes one of them all.
template <class Callback, class Make, class Ranges, class... Opened>
struct producer_opener {
  using result_type = typename Callback::result_type;
  Callback* callback;
  const Make* make;
  Ranges* ranges;
  std::tuple<Opened...> opened;

  template <class P>
  result_type operator()(P p) {
    return next(std::tuple_cat(std::move(opened), std::tuple<P>(std::move(p))));
  }
  template <class... All>
  result_type next(std::tuple<All...> all) {
    constexpr std::size_t n = sizeof...(All);
    if constexpr (n == std::tuple_size_v<std::remove_const_t<Ranges>>) {
      return (*callback)(std::apply([this](All&... p) { return (*make)(std::move(p)...); }, all));
    } else {
      return std::move(std::get<n>(*ranges))
          .with_producer(
              producer_opener<Callback, Make, Ranges, All...>{callback, make, ranges, std::move(all)});
    }
  }
};
template <class Callback, class Make, class Ranges>
typename Callback::result_type with_opened_producers(Ranges& ranges, Callback& callback, const Make& make) {
  return producer_opener<Callback, Make, Ranges>{&callback, &make, &ranges, {}}.next(std::tuple<>());
}

struct make_zip {
  template <class... P>
  zip_producer<P...> operator()(P... p) const {
    return zip_producer<P...>(std::move(p)...);
  }
};

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
    return detail::with_opened_producers(parts_, callback, detail::make_zip{});
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
  return zip_range<all_t<A>, all_t<B>, all_t<Rest>...>(as_parallel(std::forward<A>(a)),
                                                       as_parallel(std::forward<B>(b)),
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
