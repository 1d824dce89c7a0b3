// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/install.hpp"
#include "twill/par/iter/adaptor.hpp"
#include "twill/par/iter/detail/closure.hpp"

#include <string_view>
#include <utility>

namespace twill::par {

/// A chain that runs in a given pool.
template <parallel_range R>
class on_range : public adaptor<R> {
 public:
  using item_type = item_t<R>;
  static constexpr chain_traits traits = traits_of<R>();
  static constexpr std::string_view name = "on";
  on_range(R base, const thread_pool* pool) : adaptor<R>(std::move(base)), pool_(pool) {}
  template <class C>
  typename C::result_type drive(C c) && {
    auto body = [&]() -> typename C::result_type {
      if constexpr (indexed_parallel_range<R>) {
        return drive_indexed(std::move(*this), std::move(c));
      } else {
        return std::move(this->base_).drive(std::move(c));
      }
    };
    return detail::install_in(detail::registry_of(*pool_), body);
  }
  template <class Callback>
  typename Callback::result_type with_producer(Callback callback) &&
    requires indexed_parallel_range<R>
  {
    // A plain call when `drive` has entered the pool already.
    auto body = [&]() ->
        typename Callback::result_type { return std::move(this->base_).with_producer(std::move(callback)); };
    return detail::install_in(detail::registry_of(*pool_), body);
  }

 private:
  const thread_pool* pool_;
};

/// `on(pool)`: runs the loop in `pool` instead of the caller's pool or the global one. Requires: the pool
/// outlives it.
[[nodiscard]] inline auto on(const thread_pool& pool) {
  return detail::closure{
      [p = &pool]<class R>(R&& range) { return on_range(as_parallel(std::forward<R>(range)), p); }};
}
auto on(const thread_pool&& pool) = delete;

}  // namespace twill::par
