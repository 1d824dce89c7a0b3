// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/adaptor.hpp"
#include "twill/par/iter/detail/closure.hpp"
#include "twill/par/iter/detail/relay.hpp"
#include "twill/par/iter/take_any_while.hpp"

#include <string_view>
#include <type_traits>
#include <utility>

namespace twill::par {

namespace detail {
struct while_some_state {
  one_way_flag stopped{};
  template <class T, class Next>
  void pass(T&& item, Next&& next) {
    if (item) {
      next(*std::forward<T>(item));
    } else {
      stopped.raise();
    }
  }
  [[nodiscard]] bool ended() const noexcept { return stopped.is_up(); }
};
}  // namespace detail

/// The values of optionals, until an empty one is seen anywhere.
template <parallel_range R>
class while_some_range : public unindexed_adaptor<R> {
 public:
  using item_type = decltype(*std::declval<item_t<R>>());
  static constexpr std::string_view name = "while_some";
  using unindexed_adaptor<R>::unindexed_adaptor;
  template <class C>
  typename C::result_type drive(C c) && {
    detail::while_some_state state;
    return std::move(this->base_)
        .drive(detail::relay_consumer<C, detail::while_some_state>{std::move(c), &state});
  }
};

namespace detail {
struct while_some_impl {
  template <class R>
  auto operator()(R range) const {
    static_assert(
        requires(item_t<R> m) {
          *m;
          static_cast<bool>(m);
        }, "par::while_some: the items of this chain are no optionals");
    return while_some_range<R>(std::move(range));
  }
};
}  // namespace detail

/// `while_some()`: the values inside of optionals; the whole loop ends at the first empty one that anybody
/// sees.
inline constexpr detail::pipeable<detail::while_some_impl, 0> while_some{};

}  // namespace twill::par
