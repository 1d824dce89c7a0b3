// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/collect.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace twill::par {

namespace detail {

/// Builds into a cleared vector and keeps its capacity. Left empty by an exception.
template <class R, class T, class A>
void collect_over(R range, std::vector<T, A>& out) {
  static_assert(indexed_parallel_range<R>, "par::collect_into: the chain must be indexed; see extend");
  out.clear();
  vector_room<T, A> room(out, range.len());
  placed<T> built = std::move(range).drive(place_consumer<T>{room.data(), room.size()});
  check_placed(built, room.size());
  built.release();
  room.commit();
}

template <class R, class T, class A, class U, class B>
void unzip_over(R range, std::vector<T, A>& left, std::vector<U, B>& right) {
  static_assert(indexed_parallel_range<R>, "par::unzip_into: the chain must be indexed; see unzip");
  left.clear();
  right.clear();
  const std::size_t n = range.len();
  vector_room<T, A> left_room(left, n);
  vector_room<U, B> right_room(right, n);
  using consumer = fan_consumer<place_consumer<T>, place_consumer<U>>;
  auto built = std::move(range).drive(consumer{
      std::make_tuple(place_consumer<T>{left_room.data(), n}, place_consumer<U>{right_room.data(), n})});
  check_placed(std::get<0>(built), n);
  check_placed(std::get<1>(built), n);
  std::get<0>(built).release();
  std::get<1>(built).release();
  left_room.commit();
  right_room.commit();
}

}  // namespace detail

/// `collect_into(v)`: replaces the content of `v` by the items, in its old memory where that suffices.
/// Throws: as `collect`; `v` is then empty.
template <class T, class A>
  requires detail::builds_in_place<std::vector<T, A>>
[[nodiscard]] auto collect_into(std::vector<T, A>& v) {
  return detail::closure{
      [out = &v]<class R>(R&& range) { detail::collect_over(as_parallel(std::forward<R>(range)), *out); }};
}
template <parallel_source R, class T, class A>
  requires detail::builds_in_place<std::vector<T, A>>
void collect_into(R&& range, std::vector<T, A>& v) {
  detail::collect_over(as_parallel(std::forward<R>(range)), v);
}

/// `unzip_into(left, right)`: as `collect_into`, for pairs, into two vectors.
template <class T, class A, class U, class B>
  requires detail::builds_in_place<std::vector<T, A>> && detail::builds_in_place<std::vector<U, B>>
[[nodiscard]] auto unzip_into(std::vector<T, A>& left, std::vector<U, B>& right) {
  return detail::closure{[l = &left, r = &right]<class R>(R&& range) {
    detail::unzip_over(as_parallel(std::forward<R>(range)), *l, *r);
  }};
}
template <parallel_source R, class T, class A, class U, class B>
void unzip_into(R&& range, std::vector<T, A>& left, std::vector<U, B>& right) {
  detail::unzip_over(as_parallel(std::forward<R>(range)), left, right);
}

}  // namespace twill::par
