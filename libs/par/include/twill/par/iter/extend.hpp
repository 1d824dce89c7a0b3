// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/collect.hpp"

#include <utility>
#include <vector>

namespace twill::par {

namespace detail {
template <class Container, class R>
void extend_by(Container& to, R range) {
  using item = item_t<R>;
  if constexpr (builds_in_place<Container> && indexed_parallel_range<R>) {
    using value = typename Container::value_type;
    vector_room<value, typename Container::allocator_type> room(to, range.len());
    placed<value> built = std::move(range).drive(place_consumer<value>{room.data(), room.size()});
    check_placed(built, room.size());
    built.release();
    room.commit();
  } else {
    append_chunks(to, std::move(range).drive(chunk_list_consumer<std::remove_cvref_t<item>>{}));
  }
}
}  // namespace detail

/// `extend(c)`: adds all items to a vector, string, deque, list, set, map or queue, at the end where there is
/// one. Throws: as `collect`; a sequence then holds what it held.
template <class Container>
[[nodiscard]] auto extend(Container& c) {
  return detail::closure{
      [to = &c]<class R>(R&& range) { detail::extend_by(*to, as_parallel(std::forward<R>(range))); }};
}
template <parallel_source R, class Container>
void extend(R&& range, Container& c) {
  detail::extend_by(c, as_parallel(std::forward<R>(range)));
}

}  // namespace twill::par
