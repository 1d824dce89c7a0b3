// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/adaptor.hpp"
#include "twill/par/iter/detail/callable.hpp"
#include "twill/par/iter/detail/closure.hpp"
#include "twill/par/iter/detail/relay.hpp"

#include <atomic>
#include <string_view>
#include <type_traits>
#include <utility>

namespace twill::par {

namespace detail {

/// A flag that goes up once. Items that race with it may see either state.
class one_way_flag {
 public:
  void raise() const noexcept {
    // ORD relaxed: a hint to stop early; nothing is published by it.
    up_.store(true, std::memory_order_relaxed);
  }
  [[nodiscard]] bool is_up() const noexcept {
    // ORD relaxed: as above.
    return up_.load(std::memory_order_relaxed);
  }

 private:
  mutable std::atomic<bool> up_{false};
};

template <class F>
struct take_any_while_state {
  const F* predicate;
  one_way_flag stopped{};
  template <class T, class Next>
  void pass(T&& item, Next&& next) {
    if (stopped.is_up()) return;
    if (call(*predicate, static_cast<peek_t<T&&>>(item))) {
      next(std::forward<T>(item));
    } else {
      stopped.raise();
    }
  }
  [[nodiscard]] bool ended() const noexcept { return stopped.is_up(); }
};
template <class F>
struct skip_any_while_state {
  const F* predicate;
  one_way_flag started{};
  template <class T, class Next>
  void pass(T&& item, Next&& next) {
    if (!started.is_up()) {
      if (call(*predicate, static_cast<peek_t<T&&>>(item))) return;
      started.raise();
    }
    next(std::forward<T>(item));
  }
  [[nodiscard]] static constexpr bool ended() noexcept { return false; }
};

}  // namespace detail

/// Items until, or from, the first time that a predicate fails anywhere.
template <parallel_range R, class F, template <class> class State>
class any_while_range : public unindexed_adaptor<R> {
 public:
  using item_type = item_t<R>;
  static constexpr std::string_view name = std::is_same_v<State<F>, detail::take_any_while_state<F>>
                                               ? std::string_view("take_any_while")
                                               : std::string_view("skip_any_while");
  any_while_range(R base, F p) : unindexed_adaptor<R>(std::move(base)), predicate_(std::move(p)) {}
  template <class C>
  typename C::result_type drive(C c) && {
    State<F> state{&predicate_};
    return std::move(this->base_).drive(detail::relay_consumer<C, State<F>>{std::move(c), &state});
  }

 private:
  F predicate_;
};

namespace detail {
template <template <class> class State>
struct any_while_impl {
  template <class R, class F>
  auto operator()(R range, F p) const {
    TWILL_PAR_CALLABLE("par::take_any_while, par::skip_any_while", F, peek_t<item_t<R>>);
    return any_while_range<R, F, State>(std::move(range), std::move(p));
  }
};
}  // namespace detail

/// `take_any_while(p)`: items until `p(item)` fails anywhere; items that race with that may pass.
inline constexpr detail::pipeable<detail::any_while_impl<detail::take_any_while_state>, 1> take_any_while{};
/// `skip_any_while(p)`: items from when `p(item)` first fails anywhere; items that race with that may be
/// dropped.
inline constexpr detail::pipeable<detail::any_while_impl<detail::skip_any_while_state>, 1> skip_any_while{};

}  // namespace twill::par
