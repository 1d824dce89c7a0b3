// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/adaptor.hpp"
#include "twill/par/iter/detail/closure.hpp"

#include <cstddef>
#include <optional>
#include <stdexcept>
#include <utility>

namespace twill::par {

namespace detail {

struct count_consumer {
  using result_type = std::size_t;
  struct folder_type {
    std::size_t n = 0;
    template <class T>
    void consume(T&&) {
      ++n;
    }
    [[nodiscard]] static constexpr bool full() { return false; }
    std::size_t complete() && { return n; }
  };
  struct reducer_type {
    std::size_t combine(std::size_t a, std::size_t b) const { return a + b; }
  };
  count_consumer split_off_left() { return {}; }
  folder_type into_folder() && { return {}; }
  [[nodiscard]] reducer_type to_reducer() const { return {}; }
  [[nodiscard]] static constexpr bool full() { return false; }
};

struct count_impl {
  template <class R>
  std::size_t operator()(R range) const {
    if constexpr (indexed_parallel_range<R>) {
      return range.len();
    } else {
      if (const auto n = range.opt_len()) return *n;
      return std::move(range).drive(count_consumer{});
    }
  }
};
struct len_impl {
  template <class R>
  std::size_t operator()(const R& range) const {
    static_assert(indexed_parallel_range<R>, "par::len: the chain must be indexed; see opt_len and count");
    return range.len();
  }
};
struct opt_len_impl {
  template <class R>
  std::optional<std::size_t> operator()(const R& range) const {
    return range.opt_len();
  }
};
}  // namespace detail

/// `count()`: how many items there are. None is made where the chain knows its length.
inline constexpr detail::pipeable<detail::count_impl, 0> count{};
/// `len()`: the length of an indexed chain. Throws: `std::length_error` where it does not fit size_t.
inline constexpr detail::pipeable<detail::len_impl, 0> len{};
/// `opt_len()`: the length of a chain, where it is known without running it.
inline constexpr detail::pipeable<detail::opt_len_impl, 0> opt_len{};

}  // namespace twill::par
