// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/error.hpp"

#include <system_error>
#include <utility>
#include <variant>

namespace twill {

/// Why an operation that may ordinarily fail did not give a value.
struct failure {
  std::error_code code{};
  diagnosis details{};

  /// Throws: the `error` that this describes, always.
  [[noreturn]] void raise() const { throw error(code, details); }
};

/// A value, or the failure that took its place: for probes and per-item checks, where failing is no
/// exception.
///
/// The alternatives are told apart by type, so `T` itself cannot be `failure`.
template <class T>
class [[nodiscard]] result {
 public:
  using value_type = T;

  result(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  result(failure f) : state_(std::in_place_index<1>, std::move(f)) {}
  result(errc code, diagnosis d) : result(failure{make_error_code(code), std::move(d)}) {}

  [[nodiscard]] bool has_value() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return has_value(); }

  /// Throws: the failure as an `error` when there is no value.
  [[nodiscard]] T& value() & {
    if (const auto* f = std::get_if<1>(&state_)) f->raise();
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] const T& value() const& {
    if (const auto* f = std::get_if<1>(&state_)) f->raise();
    return *std::get_if<0>(&state_);
  }
  [[nodiscard]] T&& value() && { return std::move(value()); }
  [[nodiscard]] T value_or(T other) && { return has_value() ? std::move(value()) : std::move(other); }

  /// Requires: a value is there.
  [[nodiscard]] T& operator*() & noexcept { return *std::get_if<0>(&state_); }
  [[nodiscard]] const T& operator*() const& noexcept { return *std::get_if<0>(&state_); }
  [[nodiscard]] T* operator->() noexcept { return std::get_if<0>(&state_); }
  [[nodiscard]] const T* operator->() const noexcept { return std::get_if<0>(&state_); }

  /// Requires: no value is there.
  [[nodiscard]] const failure& reason() const noexcept { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, failure> state_;
};

}  // namespace twill
