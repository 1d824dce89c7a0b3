// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/plumbing.hpp"

#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace twill::par::detail {

/// Elements that one or several neighbouring leaves have built. Destroys them unless they are released.
template <class T>
class placed {
 public:
  explicit placed(T* start) noexcept : start_(start) {}
  placed(placed&& other) noexcept
      : start_(other.start_), built_(std::exchange(other.built_, 0)), made_(std::exchange(other.made_, 0)) {}
  placed& operator=(placed&& other) noexcept {
    std::swap(start_, other.start_);
    std::swap(built_, other.built_);
    std::swap(made_, other.made_);
    return *this;
  }
  ~placed() { std::destroy_n(start_, built_); }

  template <class X>
  void build(X&& item) {
    ::new (static_cast<void*>(start_ + built_)) T(std::forward<X>(item));
    ++built_;
    ++made_;
  }
  [[nodiscard]] T* end() const noexcept { return start_ + built_; }
  void count(std::size_t n) noexcept {
    built_ += n;
    made_ += n;
  }
  void count_dropped() noexcept { ++made_; }
  [[nodiscard]] std::size_t built() const noexcept { return built_; }
  /// Items that arrived, those for which there was no room included.
  [[nodiscard]] std::size_t made() const noexcept { return made_; }
  void release() noexcept { built_ = 0; }
  /// Takes over the neighbour on the right. One that does not join on is destroyed; its items count all the
  /// same.
  void append(placed&& right) noexcept {
    made_ += right.made_;
    if (end() == right.start_) built_ += std::exchange(right.built_, 0);
  }

 private:
  T* start_;
  std::size_t built_ = 0;
  std::size_t made_ = 0;
};

/// Builds the items of one leaf where they stay.
template <class T>
struct place_folder {
  placed<T> out;
  std::size_t room;

  template <class X>
  void consume(X&& item) {
    if (out.built() == room) {
      out.count_dropped();
    } else {
      out.build(std::forward<X>(item));
    }
  }
  template <class Cursor>
  void consume_leaf(Cursor& cursor, std::size_t first, std::size_t last) {
    if constexpr (std::is_trivially_destructible_v<T>) {
      if (last - first <= room - out.built()) {
        // Nothing to destroy if an item throws, so no count is kept and the loop can be vectorised.
        T* const to = out.end();
        const std::size_t n = last - first;
        for (std::size_t i = 0; i < n; ++i) ::new (static_cast<void*>(to + i)) T(cursor(first + i));
        out.count(n);
        return;
      }
    }
    for (; first < last; ++first) consume(cursor(first));
  }
  [[nodiscard]] static constexpr bool full() { return false; }
  placed<T> complete() && { return std::move(out); }
};

/// Writes by position into memory for `room` elements.
template <class T>
struct place_consumer {
  using result_type = placed<T>;
  T* start;
  std::size_t room;

  struct reducer_type {
    result_type combine(result_type left, result_type right) const {
      left.append(std::move(right));
      return left;
    }
  };
  place_consumer split_off_left(std::size_t n) {
    const place_consumer left{start, n};
    start += n;
    room -= n;
    return left;
  }
  place_folder<T> into_folder() && { return {placed<T>(start), room}; }
  [[nodiscard]] reducer_type to_reducer() const { return {}; }
  [[nodiscard]] static constexpr bool full() { return false; }
};

/// Throws: `std::logic_error` when a producer made another number of items than its length said.
template <class T>
void check_placed(const placed<T>& all, std::size_t expected) {
  if (all.built() == expected && all.made() == expected) return;
  throw std::logic_error("par::collect: the producer announced " + std::to_string(expected) +
                         " items and made " + std::to_string(all.made()));
}

}  // namespace twill::par::detail
