// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/all.hpp"

#include <cstddef>
#include <iterator>
#include <memory>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace twill::par {

/// Elements of a vector, string or deque that are moved out and then erased, whatever becomes of the chain.
template <class Container>
class drain_range {
 public:
  using item_type = typename Container::value_type&&;
  static constexpr std::string_view name = "drain";

  drain_range(Container& c, std::size_t first, std::size_t last)
      : container_(std::addressof(c)), first_(first), last_(last) {}
  drain_range(drain_range&& other) noexcept
      : container_(std::exchange(other.container_, nullptr)), first_(other.first_), last_(other.last_) {}
  drain_range& operator=(drain_range&&) = delete;
  // Erasing moves the tail down; an element whose move assignment throws here ends the process.
  ~drain_range() {
    if (container_ == nullptr) return;
    container_->erase(at(first_), at(last_));
  }

  [[nodiscard]] std::size_t len() const noexcept { return last_ - first_; }
  [[nodiscard]] std::optional<std::size_t> opt_len() const noexcept { return len(); }
  template <class C>
  typename C::result_type drive(C c) && {
    return drive_indexed(std::move(*this), std::move(c));
  }
  template <class Callback>
  typename Callback::result_type with_producer(Callback callback) && {
    return callback(sequence_producer<typename Container::iterator, item_type>(at(first_), len()));
  }

 private:
  [[nodiscard]] auto at(std::size_t i) const {
    return container_->begin() + static_cast<typename Container::difference_type>(i);
  }
  Container* container_;
  std::size_t first_;
  std::size_t last_;
};

/// Moves the elements at positions `first` to `last` (not included) out of a vector, string or deque.
///
/// Exactly these are removed when the chain ends, also when the consumer stops early or throws, or when it
/// never ran; the rest keeps its order. Throws: `std::out_of_range` before anything is touched.
template <class Container>
  requires std::ranges::random_access_range<Container>
[[nodiscard]] auto drain(Container& c, std::size_t first, std::size_t last) {
  if (first > last || last > c.size()) {
    throw std::out_of_range("par::drain: positions " + std::to_string(first) + " to " + std::to_string(last) +
                            " of a container of " + std::to_string(c.size()) + " items");
  }
  return drain_range<Container>(c, first, last);
}

/// Moves every element out of any container and leaves it empty.
template <class Container>
  requires(!std::is_const_v<Container>)
[[nodiscard]] auto drain(Container& c) {
  if constexpr (std::ranges::random_access_range<Container>) {
    return drain_range<Container>(c, 0, c.size());
  } else {
    return as_parallel(std::exchange(c, Container{}));
  }
}

}  // namespace twill::par
