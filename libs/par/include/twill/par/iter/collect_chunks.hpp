// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/adaptor.hpp"
#include "twill/par/iter/detail/closure.hpp"

#include <cstddef>
#include <iterator>
#include <list>
#include <type_traits>
#include <utility>
#include <vector>

namespace twill::par {

namespace detail {

template <class T>
using chunk_list = std::list<std::vector<T>>;

template <class T>
struct chunk_folder {
  std::vector<T> items{};
  template <class X>
  void consume(X&& item) {
    items.emplace_back(std::forward<X>(item));
  }
  [[nodiscard]] static constexpr bool full() { return false; }
  chunk_list<T> complete() && {
    chunk_list<T> list;
    if (!items.empty()) list.push_back(std::move(items));
    return list;
  }
};

/// Gathers each leaf into a vector and strings the vectors up in order.
template <class T>
struct chunk_list_consumer {
  using result_type = chunk_list<T>;
  struct reducer_type {
    result_type combine(result_type left, result_type right) const {
      left.splice(left.end(), right);
      return left;
    }
  };
  chunk_list_consumer split_off_left() { return {}; }
  chunk_folder<T> into_folder() && { return {}; }
  [[nodiscard]] reducer_type to_reducer() const { return {}; }
  [[nodiscard]] static constexpr bool full() { return false; }
};

template <class T>
std::size_t count_items(const chunk_list<T>& list) {
  std::size_t n = 0;
  for (const auto& chunk : list) n += chunk.size();
  return n;
}

/// One vector of all items, with one exact allocation.
template <class T>
std::vector<T> flatten_chunks(chunk_list<T> list) {
  if (list.size() == 1) return std::move(list.front());
  std::vector<T> joined;
  joined.reserve(count_items(list));
  for (auto& chunk : list) {
    joined.insert(joined.end(), std::make_move_iterator(chunk.begin()), std::make_move_iterator(chunk.end()));
  }
  return joined;
}

struct collect_chunks_impl {
  template <class R>
  auto operator()(R range) const {
    return std::move(range).drive(chunk_list_consumer<std::remove_cvref_t<item_t<R>>>{});
  }
};
}  // namespace detail

/// `collect_chunks()`: a list of vectors, one for each leaf that has items, in order.
inline constexpr detail::pipeable<detail::collect_chunks_impl, 0> collect_chunks{};

}  // namespace twill::par
