// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/bridge_producer.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>

namespace twill::par {

/// The integers of 128 bits that the compiler has.
__extension__ typedef __int128 int128_t;
__extension__ typedef unsigned __int128 uint128_t;

/// What `range` counts with.
template <class T>
concept countable =
    (std::integral<T> && !std::same_as<T, bool>) || std::same_as<T, int128_t> || std::same_as<T, uint128_t>;

namespace detail {

template <class T>
inline constexpr bool is_wide = sizeof(T) > sizeof(std::size_t);
template <class T>
inline constexpr bool is_scalar_value = std::same_as<T, char32_t>;

/// Position i of a range of T. Unicode scalar values leave out the surrogates U+D800 to U+DFFF.
template <class T>
constexpr T count_from(T first, std::size_t i) noexcept {
  if constexpr (is_scalar_value<T>) {
    const std::size_t value = static_cast<std::size_t>(first) + i;
    return static_cast<T>(first < 0xD800 && value >= 0xD800 ? value + 0x800 : value);
  } else {
    // Through unsigned, where wrapping is defined: first + i is in range whenever i is a position.
    using u = std::make_unsigned_t<T>;
    return static_cast<T>(static_cast<u>(static_cast<u>(first) + static_cast<u>(i)));
  }
}

template <class T>
class integer_producer {
 public:
  using item_type = T;
  integer_producer(T first, std::size_t size) : first_(first), size_(size) {}
  [[nodiscard]] integer_producer split_at(std::size_t n) {
    integer_producer right(n == size_ ? first_ : count_from(first_, n), size_ - n);
    size_ = n;
    return right;
  }
  struct cursor {
    T first;
    T operator()(std::size_t i) const noexcept { return count_from(first, i); }
  };
  [[nodiscard]] cursor leaf() && { return {first_}; }

 private:
  T first_;
  std::size_t size_;
};

/// `last + 1` numbers from `first` on, where that count need not fit size_t.
template <class T>
class wide_integer_producer {
 public:
  using item_type = T;
  wide_integer_producer(T first, uint128_t last) : first_(first), last_(last) {}
  [[nodiscard]] std::optional<wide_integer_producer> split() {
    if (last_ == 0) return std::nullopt;
    const uint128_t left = last_ / 2;
    wide_integer_producer right(at(left + 1), last_ - left - 1);
    last_ = left;
    return right;
  }
  template <class F>
  void fold_into(F& folder) && {
    for (uint128_t i = 0; !folder.full(); ++i) {
      folder.consume(at(i));
      if (i == last_) return;
    }
  }

 private:
  [[nodiscard]] T at(uint128_t i) const { return static_cast<T>(static_cast<uint128_t>(first_) + i); }
  T first_;
  uint128_t last_;
};

}  // namespace detail

/// Integers one after another. Indexed up to 64 bits; those of 128 bits can be cut but have no positions.
template <countable T>
class integer_range {
 public:
  using item_type = T;
  static constexpr chain_traits traits{.cheap_items = true};
  static constexpr std::string_view name = "range";

  /// `last_plus` numbers more than the first one; `empty` overrides.
  integer_range(T first, uint128_t last_offset, bool empty)
      : first_(first), last_(last_offset), empty_(empty) {}

  [[nodiscard]] std::optional<std::size_t> opt_len() const {
    if (empty_) return 0;
    if (last_ >= std::numeric_limits<std::size_t>::max()) return std::nullopt;
    return static_cast<std::size_t>(last_) + 1;
  }
  /// Throws: `std::length_error` when the count does not fit size_t.
  [[nodiscard]] std::size_t len() const
    requires(!detail::is_wide<T>)
  {
    const auto n = opt_len();
    if (!n) throw std::length_error("par::range: the number of items does not fit std::size_t");
    return *n;
  }
  template <class C>
  typename C::result_type drive(C c) && {
    if constexpr (!detail::is_wide<T>) {
      if (opt_len()) return drive_indexed(std::move(*this), std::move(c));
    }
    if constexpr (requires { c.split_off_left(); }) {
      if (empty_) return std::move(c).into_folder().complete();
      return bridge_unindexed(detail::wide_integer_producer<T>(first_, last_), std::move(c));
    } else {
      throw std::length_error("par::range: the number of items does not fit std::size_t");
    }
  }
 template <class Callback>
     typename Callback::result_type with_producer(Callback callback) &&
     requires(!detail::is_wide<T>) { return callback(detail::integer_producer<T>(first_, len())); }

     private : T first_;
  uint128_t last_;
  bool empty_;
};

namespace detail {

template <countable T>
integer_range<T> count_up(T first, T last, bool closed) {
  if (last < first || (!closed && last == first)) return {first, 0, true};
  uint128_t offset = static_cast<uint128_t>(last) - static_cast<uint128_t>(first);
  if constexpr (is_scalar_value<T>) {
    if (first >= 0xD800 && first < 0xE000)
      throw std::invalid_argument("par::range: the first char32_t is a surrogate");
    if (first < 0xD800 && last >= 0xE000) {
      offset -= 0x800;
    } else if (last >= 0xD800 && last < 0xE000) {
      // Only as the open end: the last value before it is U+D7FF.
      if (closed || last != 0xD800)
        throw std::invalid_argument("par::range: the last char32_t is a surrogate");
    }
  }
  return {first, closed ? offset : offset - 1, false};
}

}  // namespace detail

/// The integers from `first` up to but not including `last`; none when `last <= first`.
///
/// For `char32_t`, Unicode scalar values: surrogates are left out.
template <countable T>
[[nodiscard]] integer_range<T> range(T first, std::type_identity_t<T> last) {
  return detail::count_up<T>(first, last, false);
}
/// The integers from zero.
template <countable T>
[[nodiscard]] integer_range<T> range(T last) {
  return detail::count_up<T>(T{0}, last, false);
}
/// The integers from `first` up to and including `last`; none when `last < first`.
template <countable T>
[[nodiscard]] integer_range<T> range_inclusive(T first, std::type_identity_t<T> last) {
  return detail::count_up<T>(first, last, true);
}

}  // namespace twill::par
