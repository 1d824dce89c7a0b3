// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/collect_chunks.hpp"

#include <cstddef>
#include <iterator>
#include <utility>

namespace twill::par::detail {

template <class Container, class T>
void append_one(Container& to, T&& item) {
  if constexpr (requires { to.emplace_back(std::forward<T>(item)); }) {
    to.emplace_back(std::forward<T>(item));
  } else if constexpr (requires { to.push_back(std::forward<T>(item)); }) {
    to.push_back(std::forward<T>(item));
  } else if constexpr (requires { to.push(std::forward<T>(item)); }) {
    to.push(std::forward<T>(item));
  } else if constexpr (requires { to.emplace(std::forward<T>(item)); }) {
    to.emplace(std::forward<T>(item));
  } else {
    to.insert(std::forward<T>(item));
  }
}

/// Moves the items of the leaves to the end of a container, with one exact reservation where it has one.
template <class Container, class T>
void append_chunks(Container& to, chunk_list<T> list) {
  if constexpr (requires {
                  to.reserve(std::size_t{});
                  to.size();
                })
    to.reserve(to.size() + count_items(list));
  for (auto& chunk : list) {
    for (auto&& item : chunk) {
      if constexpr (std::is_same_v<T, bool>) {
        append_one(to, static_cast<bool>(item));
      } else {
        append_one(to, std::move(item));
      }
    }
    // Frees each leaf as soon as it is moved, so that the peak is not twice the result.
    std::vector<T>().swap(chunk);
  }
}

}  // namespace twill::par::detail
