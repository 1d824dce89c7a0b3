// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/bridge_producer.hpp"
#include "twill/par/iter/detail/callable.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace twill::par {

namespace detail {

template <class F, class Item>
class generate_producer {
 public:
  using item_type = Item;
  generate_producer(const F* f, std::size_t first) : function_(f), first_(first) {}
  [[nodiscard]] generate_producer split_at(std::size_t n) { return {function_, first_ + n}; }
  struct cursor {
    leaf_function<F> function;
    std::size_t first;
    Item operator()(std::size_t i) const { return (*function)(first + i); }
  };
  [[nodiscard]] cursor leaf() && { return {leaf_function<F>(*function_), first_}; }

 private:
  const F* function_;
  std::size_t first_;
};

}  // namespace detail

/// `f(0), f(1), ... f(n - 1)`.
template <class F>
class generate_range {
 public:
  using item_type = std::invoke_result_t<const F&, std::size_t>;
  static constexpr std::string_view name = "generate";

  generate_range(std::size_t n, F f) : size_(n), function_(std::move(f)) {}
  [[nodiscard]] std::size_t len() const noexcept { return size_; }
  [[nodiscard]] std::optional<std::size_t> opt_len() const noexcept { return size_; }
  [[nodiscard]] const F& function() const noexcept { return function_; }

  template <class C>
  typename C::result_type drive(C c) && {
    return drive_indexed(std::move(*this), std::move(c));
  }
  template <class Callback>
  typename Callback::result_type with_producer(Callback callback) && {
    return callback(detail::generate_producer<F, item_type>(&function_, 0));
  }

 private:
  std::size_t size_;
  F function_;
};

/// The chain of `f(i)` for i below `n`.
template <class F>
[[nodiscard]] auto generate(std::size_t n, F f) {
  TWILL_PAR_CALLABLE("par::generate", F, std::size_t);
  return generate_range<F>(n, std::move(f));
}

}  // namespace twill::par
