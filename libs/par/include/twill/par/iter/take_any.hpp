// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/adaptor.hpp"
#include "twill/par/iter/detail/closure.hpp"
#include "twill/par/iter/detail/relay.hpp"

#include <atomic>
#include <cstddef>
#include <string_view>
#include <utility>

namespace twill::par {

namespace detail {

/// Hands out n tickets, to whichever items come first in time.
class ticket_office {
 public:
  explicit ticket_office(std::size_t n) noexcept : left_(n) {}
  [[nodiscard]] bool take() noexcept {
    // ORD relaxed: the count is all that is shared; every access is to this one variable.
    std::size_t left = left_.load(std::memory_order_relaxed);
    while (left != 0) {
      // ORD relaxed: as above; the modification order alone makes the tickets n.
      if (left_.compare_exchange_weak(left, left - 1, std::memory_order_relaxed, std::memory_order_relaxed))
        return true;
    }
    return false;
  }
  [[nodiscard]] bool sold_out() const noexcept {
    // ORD relaxed: zero is final, and a stale value only costs an item looked at.
    return left_.load(std::memory_order_relaxed) == 0;
  }

 private:
  std::atomic<std::size_t> left_;
};

struct take_any_state {
  ticket_office tickets;
  template <class T, class Next>
  void pass(T&& item, Next&& next) {
    if (tickets.take()) next(std::forward<T>(item));
  }
  [[nodiscard]] bool ended() const noexcept { return tickets.sold_out(); }
};
struct skip_any_state {
  ticket_office tickets;
  template <class T, class Next>
  void pass(T&& item, Next&& next) {
    if (!tickets.take()) next(std::forward<T>(item));
  }
  [[nodiscard]] static constexpr bool ended() noexcept { return false; }
};

}  // namespace detail

/// A given number of items from anywhere, or all but them.
template <parallel_range R, class State>
class any_count_range : public unindexed_adaptor<R> {
 public:
  using item_type = item_t<R>;
  static constexpr std::string_view name = std::is_same_v<State, detail::take_any_state>
                                               ? std::string_view("take_any")
                                               : std::string_view("skip_any");
  any_count_range(R base, std::size_t n) : unindexed_adaptor<R>(std::move(base)), n_(n) {}
  template <class C>
  typename C::result_type drive(C c) && {
    State state{detail::ticket_office(n_)};
    return std::move(this->base_).drive(detail::relay_consumer<C, State>{std::move(c), &state});
  }

 private:
  std::size_t n_;
};

namespace detail {
template <class State>
struct any_count_impl {
  template <class R>
  auto operator()(R range, item_count n) const {
    return any_count_range<R, State>(std::move(range), n);
  }
};
}  // namespace detail

/// `take_any(n)`: n items, whichever come first in time; those that pass keep their order.
inline constexpr detail::pipeable<detail::any_count_impl<detail::take_any_state>, 1> take_any{};
/// `skip_any(n)`: all items but n, whichever come first in time.
inline constexpr detail::pipeable<detail::any_count_impl<detail::skip_any_state>, 1> skip_any{};

}  // namespace twill::par
