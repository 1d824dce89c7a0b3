// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/chain.hpp"
#include "twill/par/iter/collect_chunks.hpp"
#include "twill/par/iter/sequence.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace twill::par {

namespace detail {

/// Items and copies of a separator in turn.
template <class P, class X, class Item>
class intersperse_producer {
 public:
  using item_type = Item;
  intersperse_producer(P base, const X* separator, bool separator_first)
      : base_(std::move(base)), separator_(separator), separator_first_(separator_first) {}
  [[nodiscard]] intersperse_producer split_at(std::size_t n) {
    const std::size_t items = separator_first_ ? n / 2 : n - n / 2;
    return {base_.split_at(items), separator_, (n % 2 == 0) == separator_first_};
  }
  struct cursor {
    decltype(std::declval<P>().leaf()) base;
    const X* separator;
    bool separator_first;
    Item operator()(std::size_t i) {
      if ((i % 2 == 0) == separator_first) return static_cast<Item>(*separator);
      return static_cast<Item>(base(i / 2));
    }
  };
  [[nodiscard]] cursor leaf() && { return {std::move(base_).leaf(), separator_, separator_first_}; }

 private:
  P base_;
  const X* separator_;
  bool separator_first_;
};

template <class X, class Item>
struct make_intersperse {
  const X* separator;
  template <class P>
  intersperse_producer<P, X, Item> operator()(P p) const {
    return intersperse_producer<P, X, Item>(std::move(p), separator, false);
  }
};

}  // namespace detail

/// The items of a chain with copies of a separator between neighbours.
template <parallel_range R, class X>
class intersperse_range {
 public:
  using item_type = std::remove_cvref_t<item_t<R>>;
  static constexpr chain_traits traits = costly_traits_of<R>();
  static constexpr std::string_view name = "intersperse";
  intersperse_range(R base, X separator) : base_(std::move(base)), separator_(std::move(separator)) {}
  [[nodiscard]] const R& base() const noexcept { return base_; }
  [[nodiscard]] chain_options options() const { return options_of(base_); }
  [[nodiscard]] std::size_t len() const
    requires indexed_parallel_range<R>
  {
    return twice(base_.len());
  }
  [[nodiscard]] std::optional<std::size_t> opt_len() const {
    const auto n = base_.opt_len();
    return n ? std::optional<std::size_t>(twice(*n)) : std::nullopt;
  }
  template <class C>
  typename C::result_type drive(C c) && {
    if constexpr (indexed_parallel_range<R>) {
      return drive_indexed(std::move(*this), std::move(c));
    } else {
      // Whether a separator stands before an item is known only when the items before it are: they are
      // gathered first.
      std::vector<item_type> items =
          detail::flatten_chunks<item_type>(std::move(base_).drive(detail::chunk_list_consumer<item_type>{}));
      using producer = detail::intersperse_producer<sequence_producer<item_type*, item_type&&>, X, item_type>;
      return bridge_producer_consumer(
          twice(items.size()),
          producer(sequence_producer<item_type*, item_type&&>(items.data(), items.size()), &separator_,
                   false),
          std::move(c));
    }
  }
  template <class Callback>
  typename Callback::result_type with_producer(Callback callback) &&
    requires indexed_parallel_range<R>
  {
    return detail::with_adapted_producer(std::move(base_), std::move(callback),
                                         detail::make_intersperse<X, item_type>{&separator_});
  }

 private:
  static std::size_t twice(std::size_t n) {
    if (n > std::numeric_limits<std::size_t>::max() / 2) {
      throw std::length_error("par::intersperse: twice " + std::to_string(n) +
                              " items do not fit std::size_t");
    }
    return n == 0 ? 0 : 2 * n - 1;
  }
  R base_;
  X separator_;
};

namespace detail {
struct intersperse_impl {
  template <class R, class X>
  auto operator()(R range, X separator) const {
    static_assert(std::is_constructible_v<std::remove_cvref_t<item_t<R>>, const X&>,
                  "par::intersperse: the separator cannot be turned into an item");
    return intersperse_range<R, X>(std::move(range), std::move(separator));
  }
};
}  // namespace detail

/// `intersperse(x)`: a copy of x between any two neighbours: 2n - 1 items.
inline constexpr detail::pipeable<detail::intersperse_impl, 1> intersperse{};

}  // namespace twill::par
