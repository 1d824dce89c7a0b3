// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/result.hpp"
#include "twill/par/error.hpp"

#include <concepts>
#include <optional>
#include <type_traits>
#include <utility>

namespace twill::par {

/// How the `try_` forms read a type: `bool`, `std::optional`, and everything shaped like `std::expected`
/// (`has_value()`, `operator*` and a constructor from the value). Specialise it for a type of your own.
template <class R>
struct try_traits {};

template <>
struct try_traits<bool> {
  using value_type = unit;
  static bool succeeded(bool r) noexcept { return r; }
  static unit take(bool) noexcept { return {}; }
  static bool wrap(unit) noexcept { return true; }
  static bool cancelled() noexcept { return false; }
};

template <class T>
struct try_traits<std::optional<T>> {
  using value_type = T;
  static bool succeeded(const std::optional<T>& r) noexcept { return r.has_value(); }
  static T take(std::optional<T>&& r) { return *std::move(r); }
  static std::optional<T> wrap(T value) { return std::optional<T>(std::move(value)); }
  static std::optional<T> cancelled() noexcept { return std::nullopt; }
};

template <class R>
  requires requires(R& r, const R& c) {
    typename R::value_type;
    { c.has_value() } -> std::convertible_to<bool>;
    *r;
  }
struct try_traits<R> {
  using value_type = std::conditional_t<std::is_void_v<typename R::value_type>, unit, typename R::value_type>;
  static bool succeeded(const R& r) { return r.has_value(); }
  static value_type take(R&& r) { return value_type(std::move(*r)); }
  static R wrap(value_type value) { return R(std::move(value)); }
};

/// Whether the `try_` forms understand R.
template <class R>
concept try_type = requires(R r) {
  typename try_traits<R>::value_type;
  { try_traits<R>::succeeded(r) } -> std::convertible_to<bool>;
};

}  // namespace twill::par
