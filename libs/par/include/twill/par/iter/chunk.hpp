// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/detail/closure.hpp"
#include "twill/par/iter/detail/pieces.hpp"
#include "twill/par/iter/fold_chunks.hpp"
#include "twill/par/iter/generate.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace twill::par {

namespace detail {

/// Piece i of a slice that is cut every n elements, from its front or from its back.
template <class It, bool FromBack>
struct chunk_at {
  It first;
  std::size_t size;
  std::size_t n;
  piece_t<It> operator()(std::size_t i) const {
    if constexpr (FromBack) {
      const std::size_t end = size - i * n;
      const std::size_t begin = end > n ? end - n : 0;
      return piece_of(advanced(first, begin), end - begin);
    } else {
      return piece_of(advanced(first, i * n), std::min(n, size - i * n));
    }
  }
};

}  // namespace detail

/// Pieces of exactly n elements; what is left over is the `remainder()`.
template <class It, bool FromBack>
class chunk_exact_range : public generate_range<detail::chunk_at<It, FromBack>> {
  using base = generate_range<detail::chunk_at<It, FromBack>>;

 public:
  chunk_exact_range(It first, std::size_t size, std::size_t n)
      : base(size / n, {cut(first, size, n), size - size % n, n}) {
    remainder_first_ = FromBack ? first : detail::advanced(first, size - size % n);
    remainder_size_ = size % n;
  }
  /// The elements that fill no piece: at the end, or, for `rchunk_exact`, at the front.
  [[nodiscard]] detail::piece_t<It> remainder() const {
    return detail::piece_of(remainder_first_, remainder_size_);
  }

 private:
  static It cut(It first, std::size_t size, std::size_t n) {
    return FromBack ? detail::advanced(first, size % n) : first;
  }
  It remainder_first_{};
  std::size_t remainder_size_ = 0;
};

namespace detail {

template <bool FromBack>
struct chunk_impl {
  template <class R>
  auto operator()(R range, item_count n) const {
    static_assert(
        is_slice<R>,
        "par::chunk, par::rchunk: pieces are views, so the data must be borrowed and have random access");
    require_positive(FromBack ? "par::rchunk" : "par::chunk", n);
    using at = chunk_at<decltype(range.begin()), FromBack>;
    const std::size_t size = range.len();
    return generate_range<at>(size / n + (size % n != 0 ? 1 : 0), at{range.begin(), size, n});
  }
};
template <bool FromBack>
struct chunk_exact_impl {
  template <class R>
  auto operator()(R range, item_count n) const {
    static_assert(is_slice<R>,
                  "par::chunk_exact, par::rchunk_exact: the data must be borrowed and have random access");
    require_positive(FromBack ? "par::rchunk_exact" : "par::chunk_exact", n);
    return chunk_exact_range<decltype(range.begin()), FromBack>(range.begin(), range.len(), n);
  }
};
}  // namespace detail

/// `chunk(n)`: spans of n neighbours, the last one shorter; mutable where the data is. They never overlap.
/// Throws, as the three below: `std::invalid_argument` when n is 0.
inline constexpr detail::pipeable<detail::chunk_impl<false>, 1> chunk{};
/// `chunk_exact(n)`: spans of exactly n; the rest is in `remainder()`.
inline constexpr detail::pipeable<detail::chunk_exact_impl<false>, 1> chunk_exact{};
/// `rchunk(n)`: spans of n from the back, the last one, at the front, shorter.
inline constexpr detail::pipeable<detail::chunk_impl<true>, 1> rchunk{};
/// `rchunk_exact(n)`: spans of exactly n from the back.
inline constexpr detail::pipeable<detail::chunk_exact_impl<true>, 1> rchunk_exact{};

}  // namespace twill::par
