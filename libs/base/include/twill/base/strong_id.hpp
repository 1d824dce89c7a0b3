// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <compare>
#include <concepts>
#include <cstddef>
#include <functional>

namespace twill {

/// An integer that names one thing: a rank, a stage, a block. Two ids of different tags never meet by
/// accident: there is no arithmetic, no conversion from or to integers without saying so, no comparison
/// across tags.
template <class Tag, std::integral Int = int>
class strong_id {
 public:
  using tag = Tag;
  using integer = Int;

  constexpr strong_id() noexcept = default;
  constexpr explicit strong_id(Int value) noexcept : value_(value) {}

  [[nodiscard]] constexpr Int value() const noexcept { return value_; }
  /// For use as a subscript. Requires: the value is not negative.
  [[nodiscard]] constexpr std::size_t index() const noexcept { return static_cast<std::size_t>(value_); }
  /// The id after this one.
  [[nodiscard]] constexpr strong_id next() const noexcept { return strong_id(static_cast<Int>(value_ + 1)); }

  friend constexpr bool operator==(strong_id, strong_id) noexcept = default;
  friend constexpr auto operator<=>(strong_id, strong_id) noexcept = default;

 private:
  Int value_{};
};

}  // namespace twill

template <class Tag, class Int>
struct std::hash<twill::strong_id<Tag, Int>> {
  [[nodiscard]] std::size_t operator()(twill::strong_id<Tag, Int> id) const noexcept {
    return std::hash<Int>{}(id.value());
  }
};
