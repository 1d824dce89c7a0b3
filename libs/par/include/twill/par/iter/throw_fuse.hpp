// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/adaptor.hpp"
#include "twill/par/iter/detail/closure.hpp"
#include "twill/par/iter/detail/guard.hpp"
#include "twill/par/iter/take_any_while.hpp"

#include <string_view>
#include <utility>

namespace twill::par {

/// A chain whose leaves all stop at the next item once an exception left one of them.
template <parallel_range R>
class throw_fuse_range : public adaptor<R> {
 public:
  using item_type = item_t<R>;
  static constexpr chain_traits traits = traits_of<R>();
  static constexpr std::string_view name = "throw_fuse";
  using adaptor<R>::adaptor;
  // A chain is copied before it runs, so a copy starts with a fuse of its own.
  throw_fuse_range(const throw_fuse_range& other) : adaptor<R>(other) {}
  throw_fuse_range(throw_fuse_range&& other) noexcept(std::is_nothrow_move_constructible_v<R>)
      : adaptor<R>(std::move(other)) {}

  [[nodiscard]] chain_options options() const {
    chain_options options = options_of(this->base_);
    options.guards.push_back(guard());
    return options;
  }
  template <class C>
  typename C::result_type drive(C c) && {
    if constexpr (indexed_parallel_range<R>) {
      return drive_indexed(std::move(*this), std::move(c));
    } else {
      const chain_guard mine = guard();
      return std::move(this->base_).drive(detail::guard_consumer<C>{std::move(c), &mine});
    }
  }
  template <class Callback>
  typename Callback::result_type with_producer(Callback callback) &&
    requires indexed_parallel_range<R>
  {
    return std::move(this->base_).with_producer(std::move(callback));
  }

 private:
  [[nodiscard]] chain_guard guard() const {
    return {
        .tripped =
            [](const void* fuse) noexcept { return static_cast<const detail::one_way_flag*>(fuse)->is_up(); },
        .on_exception =
            [](const void* fuse) noexcept { static_cast<const detail::one_way_flag*>(fuse)->raise(); },
        .object = &blown_,
        .cancels = false};
  }
  detail::one_way_flag blown_;
};

namespace detail {
struct throw_fuse_impl {
  template <class R>
  auto operator()(R range) const {
    return throw_fuse_range<R>(std::move(range));
  }
};
}  // namespace detail

/// `throw_fuse()`: once an exception leaves a leaf, every other leaf stops at its next item.
inline constexpr detail::pipeable<detail::throw_fuse_impl, 0> throw_fuse{};

}  // namespace twill::par
