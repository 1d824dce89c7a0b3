// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/bridge_producer.hpp"

#include <cstddef>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

namespace twill::par {

namespace detail {

/// Owns one T for its items: all but the last are copies, the last one is T itself. A cut copies it once
/// more, which makes up for one leaf's last item, so n items cost n - 1 copies however the source is cut.
template <class T>
class repeat_producer {
 public:
  using item_type = T;
  repeat_producer(std::optional<T> value, std::size_t size) : value_(std::move(value)), size_(size) {}
  [[nodiscard]] repeat_producer split_at(std::size_t n) {
    const std::size_t right = size_ - n;
    size_ = n;
    if (right == 0) return {std::nullopt, 0};
    if (n == 0) return {std::exchange(value_, std::nullopt), right};
    return {value_, right};
  }
  struct cursor {
    std::optional<T> value;
    std::size_t left;
    // Items may be asked for in any order, so the last one is told by counting.
    T operator()(std::size_t) {
      if (--left == 0) return std::move(*value);
      return *value;
    }
  };
  [[nodiscard]] cursor leaf() && { return {std::move(value_), size_}; }

 private:
  std::optional<T> value_;
  std::size_t size_;
};

}  // namespace detail

/// The same item `len()` times.
template <class T>
class repeat_range {
 public:
  using item_type = T;
  static constexpr std::string_view name = "repeat_n";

  repeat_range(T x, std::size_t n) : value_(std::move(x)), size_(n) {}
  [[nodiscard]] std::size_t len() const noexcept { return size_; }
  [[nodiscard]] std::optional<std::size_t> opt_len() const noexcept {
    return size_ == unbounded ? std::nullopt : std::optional<std::size_t>(size_);
  }
  template <class C>
  typename C::result_type drive(C c) && {
    return drive_indexed(std::move(*this), std::move(c));
  }
  template <class Callback>
  typename Callback::result_type with_producer(Callback callback) && {
    return callback(detail::repeat_producer<T>(std::optional<T>(std::move(value_)), size_));
  }

  static constexpr std::size_t unbounded = std::numeric_limits<std::size_t>::max();

 private:
  T value_;
  std::size_t size_;
};

/// `x` for ever: for `take`, for `zip`, and for searches that end. Its length is the largest size_t.
template <class T>
[[nodiscard]] auto repeat(T x) {
  return repeat_range<T>(std::move(x), repeat_range<T>::unbounded);
}

/// `x` n times: n - 1 copies and a move.
template <class T>
[[nodiscard]] auto repeat_n(T x, std::size_t n) {
  return repeat_range<T>(std::move(x), n);
}

}  // namespace twill::par
