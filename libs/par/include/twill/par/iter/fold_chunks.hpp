// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/fold.hpp"

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace twill::par {

namespace detail {

/// How a producer of items becomes one of groups of n items, the last group shorter.
template <class P, class Group>
class grouped_producer {
 public:
  using base_cursor = decltype(std::declval<P>().leaf());
  using item_type = std::invoke_result_t<const Group&, base_cursor&, std::size_t, std::size_t>;
  grouped_producer(P base, std::size_t size, std::size_t n, const Group* group)
      : base_(std::move(base)), size_(size), n_(n), group_(group) {}

  [[nodiscard]] grouped_producer split_at(std::size_t groups) {
    // The last group may be short: a cut behind it leaves nothing on the right.
    const std::size_t left = std::min(groups * n_, size_);
    grouped_producer right(base_.split_at(left), size_ - left, n_, group_);
    size_ = left;
    return right;
  }
  struct cursor {
    base_cursor base;
    std::size_t size;
    std::size_t n;
    const Group* group;
    item_type operator()(std::size_t i) { return (*group)(base, i * n, std::min(size, (i + 1) * n)); }
  };
  [[nodiscard]] cursor leaf() && { return {std::move(base_).leaf(), size_, n_, group_}; }

 private:
  P base_;
  std::size_t size_;
  std::size_t n_;
  const Group* group_;
};

inline void require_positive(const char* who, std::size_t n) {
  if (n == 0) throw std::invalid_argument(std::string(who) + ": the size is 0, expected at least 1");
}

/// Bounds on pieces of items as bounds on pieces of groups.
inline chain_options grouped_options(chain_options options, std::size_t n) {
  options.min_len = options.min_len / n + (options.min_len % n != 0 ? 1 : 0);
  options.max_len = std::max<std::size_t>(options.max_len / n, 1);
  return options;
}

template <class Group>
struct make_grouped {
  std::size_t items;
  std::size_t n;
  const Group* group;
  template <class P>
  grouped_producer<P, Group> operator()(P p) const {
    return grouped_producer<P, Group>(std::move(p), items, n, group);
  }
};

}  // namespace detail

/// One value for each n items: what `Group{}(cursor, first, last)` makes of them.
template <indexed_parallel_range R, class Group>
class grouped_range {
 public:
  static constexpr chain_traits traits = costly_traits_of<R>();
  static constexpr std::string_view name = Group::name;

  grouped_range(R base, std::size_t n, Group group)
      : base_(std::move(base)), n_(n), group_(std::move(group)) {}
  using item_type = typename Group::template result<item_t<R>>;

  [[nodiscard]] const R& base() const noexcept { return base_; }
  [[nodiscard]] chain_options options() const { return detail::grouped_options(options_of(base_), n_); }
  [[nodiscard]] std::size_t len() const {
    const std::size_t items = base_.len();
    return items / n_ + (items % n_ != 0 ? 1 : 0);
  }
  [[nodiscard]] std::optional<std::size_t> opt_len() const { return len(); }
  template <class C>
  typename C::result_type drive(C c) && {
    return drive_indexed(std::move(*this), std::move(c));
  }
  template <class Callback>
  typename Callback::result_type with_producer(Callback callback) && {
    return detail::with_adapted_producer(std::move(base_), std::move(callback),
                                         detail::make_grouped<Group>{base_.len(), n_, &group_});
  }

 private:
  R base_;
  std::size_t n_;
  Group group_;
};

namespace detail {

template <class Id, class F>
struct fold_group {
  static constexpr std::string_view name = "fold_chunks";
  template <class Item>
  using result = start_t<Id>;
  Id identity;
  F function;
  template <class Cursor>
  start_t<Id> operator()(Cursor& cursor, std::size_t first, std::size_t last) const {
    start_t<Id> accumulator = start_from(identity);
    for (std::size_t i = first; i < last; ++i) fold_item(function, accumulator, cursor(i));
    return accumulator;
  }
};

struct fold_chunks_impl {
  template <class R, class Id, class F>
  auto operator()(R range, item_count n, Id identity, F f) const {
    static_assert(indexed_parallel_range<R>, "par::fold_chunks: the chain must be indexed");
    static_assert(
        folds<F, start_t<Id>, item_t<R>>,
        "par::fold_chunks: f(accumulator, item) must be callable when const and return the accumulator");
    require_positive("par::fold_chunks", n);
    return grouped_range<R, fold_group<Id, F>>(std::move(range), n, {std::move(identity), std::move(f)});
  }
};
struct fold_chunks_with_impl {
  template <class R, class T, class F>
  auto operator()(R range, item_count n, T init, F f) const {
    return fold_chunks_impl{}(std::move(range), n, copied_start<T>{std::move(init)}, std::move(f));
  }
};
}  // namespace detail

/// `fold_chunks(n, identity, f)`: one accumulator for each n items, the last for fewer: independent of
/// threads. Throws: `std::invalid_argument` when n is 0.
inline constexpr detail::pipeable<detail::fold_chunks_impl, 3> fold_chunks{};
/// `fold_chunks_with(n, init, f)`: as `fold_chunks`, from copies of `init`.
inline constexpr detail::pipeable<detail::fold_chunks_with_impl, 3> fold_chunks_with{};

}  // namespace twill::par
