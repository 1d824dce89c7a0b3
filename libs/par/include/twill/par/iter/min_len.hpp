// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/adaptor.hpp"
#include "twill/par/iter/detail/closure.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

namespace twill::par {

namespace detail {

/// An adaptor that changes nothing but the options of the chain below.
template <class R, class Change>
class option_range : public adaptor<R> {
 public:
  using item_type = item_t<R>;
  static constexpr chain_traits traits = Change::traits(traits_of<R>());
  static constexpr std::string_view name = Change::name;
  option_range(R base, Change change) : adaptor<R>(std::move(base)), change_(std::move(change)) {}
  [[nodiscard]] chain_options options() const {
    chain_options options = options_of(this->base_);
    change_.apply(options);
    return options;
  }
  template <class C>
  typename C::result_type drive(C c) && {
    if constexpr (indexed_parallel_range<R>) {
      return drive_indexed(std::move(*this), std::move(c));
    } else {
      return std::move(this->base_).drive(std::move(c));
    }
  }
  template <class Callback>
  typename Callback::result_type with_producer(Callback callback) &&
    requires indexed_parallel_range<R>
  {
    return std::move(this->base_).with_producer(std::move(callback));
  }

 private:
  Change change_;
};

struct set_min_len {
  static constexpr std::string_view name = "with_min_len";
  static consteval chain_traits traits(chain_traits t) { return t; }
  std::size_t n;
  void apply(chain_options& o) const { o.min_len = std::max({o.min_len, n, std::size_t{1}}); }
};
struct set_max_len {
  static constexpr std::string_view name = "with_max_len";
  static consteval chain_traits traits(chain_traits t) { return t; }
  std::size_t n;
  void apply(chain_options& o) const { o.max_len = std::min(o.max_len, std::max<std::size_t>(n, 1)); }
};
template <class Change>
struct set_len_impl {
  template <class R>
  auto operator()(R range, item_count n) const {
    static_assert(indexed_parallel_range<R>,
                  "par::with_min_len, par::with_max_len: the chain must be indexed");
    return option_range<R, Change>(std::move(range), Change{n});
  }
};

}  // namespace detail

/// `with_min_len(n)`: no piece of fewer than n items, except a source that is shorter. It wins over
/// `with_max_len`.
inline constexpr detail::pipeable<detail::set_len_impl<detail::set_min_len>, 1> with_min_len{};
/// `with_max_len(n)`: pieces are cut until they have about n items at most. 0 is read as 1.
inline constexpr detail::pipeable<detail::set_len_impl<detail::set_max_len>, 1> with_max_len{};

}  // namespace twill::par
