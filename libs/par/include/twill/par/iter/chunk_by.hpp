// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/detail/closure.hpp"
#include "twill/par/iter/detail/pieces.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

namespace twill::par {

namespace detail {

template <class It, class F>
class chunk_by_producer {
 public:
  using item_type = piece_t<It>;
  chunk_by_producer(It first, std::size_t size, const F* together)
      : first_(first), size_(size), together_(together) {}

  /// At the run boundary nearest to the middle.
  [[nodiscard]] std::optional<chunk_by_producer> split() {
    if (size_ < 2) return std::nullopt;
    const std::size_t middle = size_ / 2;
    for (std::size_t distance = 0; distance <= size_; ++distance) {
      if (middle + distance < size_ && boundary(middle + distance)) return cut(middle + distance);
      if (distance < middle && boundary(middle - distance)) return cut(middle - distance);
    }
    return std::nullopt;
  }
  template <class Folder>
  void fold_into(Folder& folder) && {
    std::size_t begin = 0;
    for (std::size_t i = 1; i <= size_ && !folder.full(); ++i) {
      if (i < size_ && !boundary(i)) continue;
      folder.consume(piece_of(advanced(first_, begin), i - begin));
      begin = i;
    }
  }

 private:
  /// Whether a run ends before element i. Requires: 0 < i < size.
  [[nodiscard]] bool boundary(std::size_t i) const {
    return i != 0 && !(*together_)(element(first_, i - 1), element(first_, i));
  }
  chunk_by_producer cut(std::size_t at) {
    chunk_by_producer right(advanced(first_, at), size_ - at, together_);
    size_ = at;
    return right;
  }
  It first_;
  std::size_t size_;
  const F* together_;
};

}  // namespace detail

/// Maximal runs of neighbours that belong together.
template <class It, class F>
class chunk_by_range {
 public:
  using item_type = detail::piece_t<It>;
  static constexpr std::string_view name = "chunk_by";
  chunk_by_range(It first, std::size_t size, F together)
      : first_(first), size_(size), together_(std::move(together)) {}
  [[nodiscard]] std::optional<std::size_t> opt_len() const { return std::nullopt; }
  template <class C>
  typename C::result_type drive(C c) && {
    return bridge_unindexed(detail::chunk_by_producer<It, F>(first_, size_, &together_), std::move(c));
  }

 private:
  It first_;
  std::size_t size_;
  F together_;
};

namespace detail {
struct chunk_by_impl {
  template <class R, class F>
  auto operator()(R range, F together) const {
    static_assert(is_slice<R>, "par::chunk_by: the data must be borrowed and have random access");
    using it = decltype(range.begin());
    using reference = std::iter_reference_t<it>;
    static_assert(std::is_invocable_r_v<bool, const F&, reference, reference>,
                  "par::chunk_by: the callable must take two neighbours when const and return bool");
    return chunk_by_range<it, F>(range.begin(), range.len(), std::move(together));
  }
};
}  // namespace detail

/// `chunk_by(together)`: the maximal runs in which `together(x[i], x[i + 1])` holds, as spans.
inline constexpr detail::pipeable<detail::chunk_by_impl, 1> chunk_by{};

}  // namespace twill::par
