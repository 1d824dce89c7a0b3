// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/adaptor.hpp"
#include "twill/par/iter/detail/closure.hpp"
#include "twill/par/iter/detail/guard.hpp"

#include <concepts>
#include <string_view>
#include <utility>

namespace twill::par {

namespace detail {
/// `std::stop_token` and whatever else answers its question. A concept, so that loops without a token do not
/// pay for its header.
template <class T>
concept stop_asking = std::copyable<T> && requires(const T& token) {
  { token.stop_requested() } noexcept -> std::same_as<bool>;
};
}  // namespace detail

/// A chain that ends with `cancelled` when a stop is requested before it is through.
template <parallel_range R, detail::stop_asking Token>
class stop_range : public adaptor<R> {
 public:
  using item_type = item_t<R>;
  static constexpr chain_traits traits = traits_of<R>();
  static constexpr std::string_view name = "with_stop";
  stop_range(R base, Token token) : adaptor<R>(std::move(base)), token_(std::move(token)) {}

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
    return {.tripped =
                [](const void* token) noexcept { return static_cast<const Token*>(token)->stop_requested(); },
            .object = &token_,
            .cancels = true};
  }
  Token token_;
};

namespace detail {
struct with_stop_impl {
  template <class R, stop_asking Token>
  auto operator()(R range, Token token) const {
    return stop_range<R, Token>(std::move(range), std::move(token));
  }
};
}  // namespace detail

/// `with_stop(token)`: looks at the token (`std::stop_token` or alike) before each leaf, and between items at
/// least every 50 microseconds plus one item. A stop that leaves work undone ends the loop with `cancelled`;
/// the `try_` consumers return it as a failure where their type can say so (false, nullopt).
inline constexpr detail::pipeable<detail::with_stop_impl, 1> with_stop{};

}  // namespace twill::par
