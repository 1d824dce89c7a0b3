// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/ops/operand.hpp"

namespace twill::lanes::ops {
namespace detail {

void convert(type from, type to, erased a, void* out, std::size_t out_len, std::size_t n, executor* par);
void gather(std::size_t size, erased a, erased index, void* out, std::size_t out_len, std::size_t n,
            executor* par);
void scatter(std::size_t size, erased a, erased index, void* out, std::size_t out_len, std::size_t n,
             executor* par);
void fill(type t, const void* value, void* out, std::size_t n, executor* par);
/// out[i] = start + i * step, both of the type; integers wrap.
void iota(type t, const void* start, const void* step, void* out, std::size_t n, executor* par);

template <class A, class C>
void cast(executor* ex, const A& a, C&& c) {
  convert(type_for<std::ranges::range_value_t<A>>, type_for<std::ranges::range_value_t<C>>, erase(a),
          std::ranges::data(c), std::ranges::size(c), std::ranges::size(c), ex);
}
template <class A, class C>
void copy(executor* ex, const A& a, C&& c) {
  if (std::ranges::size(a) != std::ranges::size(c))
    throw fault(errc::invalid_argument, "copy: the lengths differ");
  cast(ex, a, c);
}

}  // namespace detail

/// c[i] = a[i] by the rule of CVT: any element type to any.
template <operand_range A, operand_range C>
void cast(const A& a, C&& c) {
  detail::cast(nullptr, a, c);
}
/// As cast, on the threads of an executor.
template <operand_range A, operand_range C>
void cast_par(executor& ex, const A& a, C&& c) {
  detail::cast(&ex, a, c);
}

/// c[i] = a[i]. Throws: InvalidArgument when the lengths differ.
template <operand_range A, operand_range C>
  requires operand_of<A, std::ranges::range_value_t<C>>
void copy(const A& a, C&& c) {
  detail::copy(nullptr, a, c);
}
/// As copy, on the threads of an executor.
template <operand_range A, operand_range C>
  requires operand_of<A, std::ranges::range_value_t<C>>
void copy_par(executor& ex, const A& a, C&& c) {
  detail::copy(&ex, a, c);
}

/// c[i] = v.
template <operand_range C>
void fill(C&& c, std::ranges::range_value_t<C> v) {
  detail::fill(detail::type_for<std::ranges::range_value_t<C>>, &v, std::ranges::data(c),
               std::ranges::size(c), nullptr);
}
template <operand_range C>
void fill_par(executor& ex, C&& c, std::ranges::range_value_t<C> v) {
  detail::fill(detail::type_for<std::ranges::range_value_t<C>>, &v, std::ranges::data(c),
               std::ranges::size(c), &ex);
}

/// c[i] = start + i * step; integers wrap, of floats i is rounded to the type first.
template <operand_range C>
void iota(C&& c, std::ranges::range_value_t<C> start = {}, std::ranges::range_value_t<C> step = 1) {
  detail::iota(detail::type_for<std::ranges::range_value_t<C>>, &start, &step, std::ranges::data(c),
               std::ranges::size(c), nullptr);
}
template <operand_range C>
void iota_par(executor& ex, C&& c, std::ranges::range_value_t<C> start = {},
              std::ranges::range_value_t<C> step = 1) {
  detail::iota(detail::type_for<std::ranges::range_value_t<C>>, &start, &step, std::ranges::data(c),
               std::ranges::size(c), &ex);
}

/// c[i] = a[index[i]]. Throws, before anything is written: BufferOutOfBounds for an index outside.
template <operand_range A, operand_of<std::uint32_t> I, operand_range C>
  requires operand_of<A, std::ranges::range_value_t<C>>
void gather(const A& a, const I& index, C&& c) {
  detail::gather(sizeof(std::ranges::range_value_t<C>), detail::erase(a), detail::erase(index),
                 std::ranges::data(c), std::ranges::size(c), std::ranges::size(c), nullptr);
}
/// As gather, on the threads of an executor.
template <operand_range A, operand_of<std::uint32_t> I, operand_range C>
  requires operand_of<A, std::ranges::range_value_t<C>>
void gather_par(executor& ex, const A& a, const I& index, C&& c) {
  detail::gather(sizeof(std::ranges::range_value_t<C>), detail::erase(a), detail::erase(index),
                 std::ranges::data(c), std::ranges::size(c), std::ranges::size(c), &ex);
}

/// c[index[i]] = a[i] for every element of a; of equal indices the last counts. Throws as `gather`.
template <operand_range A, operand_of<std::uint32_t> I, operand_range C>
  requires operand_of<A, std::ranges::range_value_t<C>>
void scatter(const A& a, const I& index, C&& c) {
  detail::scatter(sizeof(std::ranges::range_value_t<C>), detail::erase(a), detail::erase(index),
                  std::ranges::data(c), std::ranges::size(c), std::ranges::size(a), nullptr);
}
/// As scatter, on the threads of an executor.
template <operand_range A, operand_of<std::uint32_t> I, operand_range C>
  requires operand_of<A, std::ranges::range_value_t<C>>
void scatter_par(executor& ex, const A& a, const I& index, C&& c) {
  detail::scatter(sizeof(std::ranges::range_value_t<C>), detail::erase(a), detail::erase(index),
                  std::ranges::data(c), std::ranges::size(c), std::ranges::size(a), &ex);
}

}  // namespace twill::lanes::ops
