// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/fold_chunks.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

namespace twill::par {

namespace detail {

template <class P>
class step_by_producer {
 public:
  using item_type = typename P::item_type;
  step_by_producer(P base, std::size_t size, std::size_t step)
      : base_(std::move(base)), size_(size), step_(step) {}
  [[nodiscard]] step_by_producer split_at(std::size_t n) {
    // The items behind the last kept one may be fewer than a step.
    const std::size_t left = std::min(n * step_, size_);
    step_by_producer right(base_.split_at(left), size_ - left, step_);
    size_ = left;
    return right;
  }
  struct cursor {
    decltype(std::declval<P>().leaf()) base;
    std::size_t step;
    item_type operator()(std::size_t i) { return base(i * step); }
  };
  [[nodiscard]] cursor leaf() && { return {std::move(base_).leaf(), step_}; }

 private:
  P base_;
  std::size_t size_;
  std::size_t step_;
};

struct make_step_by {
  std::size_t items;
  std::size_t step;
  template <class P>
  step_by_producer<P> operator()(P p) const {
    return step_by_producer<P>(std::move(p), items, step);
  }
};

}  // namespace detail

/// Every k-th item of a chain.
template <indexed_parallel_range R>
class step_by_range {
 public:
  using item_type = item_t<R>;
  static constexpr chain_traits traits = traits_of<R>();
  static constexpr std::string_view name = "step_by";
  step_by_range(R base, std::size_t step) : base_(std::move(base)), step_(step) {}
  [[nodiscard]] const R& base() const noexcept { return base_; }
  [[nodiscard]] chain_options options() const { return detail::grouped_options(options_of(base_), step_); }
  [[nodiscard]] std::size_t len() const {
    const std::size_t items = base_.len();
    return items / step_ + (items % step_ != 0 ? 1 : 0);
  }
  [[nodiscard]] std::optional<std::size_t> opt_len() const { return len(); }
  template <class C>
  typename C::result_type drive(C c) && {
    return drive_indexed(std::move(*this), std::move(c));
  }
  template <class Callback>
  typename Callback::result_type with_producer(Callback callback) && {
    const std::size_t items = base_.len();
    return detail::with_adapted_producer(std::move(base_), std::move(callback),
                                         detail::make_step_by{items, step_});
  }

 private:
  R base_;
  std::size_t step_;
};

namespace detail {
struct step_by_impl {
  template <class R>
  auto operator()(R range, item_count step) const {
    static_assert(indexed_parallel_range<R>, "par::step_by: the chain must be indexed");
    require_positive("par::step_by", step);
    return step_by_range<R>(std::move(range), step);
  }
};
}  // namespace detail

/// `step_by(k)`: items 0, k, 2k, ...; the others are not made. Throws: `std::invalid_argument` when k is 0.
inline constexpr detail::pipeable<detail::step_by_impl, 1> step_by{};

}  // namespace twill::par
