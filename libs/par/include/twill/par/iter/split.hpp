// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/detail/closure.hpp"
#include "twill/par/iter/detail/pieces.hpp"
#include "twill/par/iter/split_source.hpp"
#include "twill/par/iter/split_text.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace twill::par {

namespace detail {

template <class It, class F, bool Inclusive>
class split_slice_producer {
 public:
  using item_type = piece_t<It>;
  split_slice_producer(It first, std::size_t size, const F* separates)
      : first_(first), size_(size), separates_(separates) {}

  /// At the separator nearest to the middle.
  [[nodiscard]] std::optional<split_slice_producer> split() {
    const std::size_t middle = size_ / 2;
    for (std::size_t i = middle; i < size_; ++i) {
      if (separator(i)) return cut(i);
    }
    for (std::size_t i = middle; i > 0; --i) {
      if (separator(i - 1)) return cut(i - 1);
    }
    return std::nullopt;
  }
  template <class Folder>
  void fold_into(Folder& folder) && {
    std::size_t begin = 0;
    for (std::size_t i = 0; i < size_ && !folder.full(); ++i) {
      if (!separator(i)) continue;
      folder.consume(piece_of(advanced(first_, begin), i - begin + (Inclusive ? 1 : 0)));
      begin = i + 1;
    }
    if (folder.full() || (Inclusive && begin == size_)) return;
    folder.consume(piece_of(advanced(first_, begin), size_ - begin));
  }

 private:
  [[nodiscard]] bool separator(std::size_t i) const { return (*separates_)(element(first_, i)); }
  split_slice_producer cut(std::size_t at) {
    split_slice_producer right(advanced(first_, at + 1), size_ - at - 1, separates_);
    size_ = Inclusive ? at + 1 : at;
    return right;
  }
  It first_;
  std::size_t size_;
  const F* separates_;
};

}  // namespace detail

/// The pieces of a slice between its separators.
template <class It, class F, bool Inclusive>
class split_slice_range {
 public:
  using item_type = detail::piece_t<It>;
  static constexpr std::string_view name =
      Inclusive ? std::string_view("split_inclusive") : std::string_view("split");
  split_slice_range(It first, std::size_t size, F separates)
      : first_(first), size_(size), separates_(std::move(separates)) {}
  [[nodiscard]] std::optional<std::size_t> opt_len() const { return std::nullopt; }
  template <class C>
  typename C::result_type drive(C c) && {
    return bridge_unindexed(detail::split_slice_producer<It, F, Inclusive>(first_, size_, &separates_),
                            std::move(c));
  }

 private:
  It first_;
  std::size_t size_;
  F separates_;
};

namespace detail {

template <bool Inclusive, class R, class Separator>
auto split_anything(R&& range, Separator separator) {
  if constexpr (text_like<R>) {
    return split_text_by<Inclusive ? split_mode::inclusive : split_mode::between>(std::forward<R>(range),
                                                                                  std::move(separator));
  } else {
    auto slice = as_parallel(std::forward<R>(range));
    using slice_type = decltype(slice);
    static_assert(is_slice<slice_type>,
                  "par::split, par::split_inclusive: the data must be borrowed and have random access");
    using it = decltype(slice.begin());
    static_assert(
        std::is_invocable_r_v<bool, const Separator&, std::iter_reference_t<it>>,
        "par::split, par::split_inclusive: the predicate cannot be called with an element when const");
    return split_slice_range<it, Separator, Inclusive>(slice.begin(), slice.len(), std::move(separator));
  }
}

struct split_name {
  template <class Separator>
  auto operator()(Separator separator) const {
    return closure{[separator = std::move(separator)]<class R>(R&& range) mutable {
      return split_anything<false>(std::forward<R>(range), std::move(separator));
    }};
  }
  template <class Data, class F>
  auto operator()(Data&& data, F f) const {
    if constexpr (data_splitter<F, std::remove_cvref_t<Data>>) {
      return split_data_range<std::remove_cvref_t<Data>, F>(std::forward<Data>(data), std::move(f));
    } else {
      return split_anything<false>(std::forward<Data>(data), std::move(f));
    }
  }
};
struct split_inclusive_name {
  template <class Separator>
  auto operator()(Separator separator) const {
    return closure{[separator = std::move(separator)]<class R>(R&& range) mutable {
      return split_anything<true>(std::forward<R>(range), std::move(separator));
    }};
  }
  template <class Data, class Separator>
  auto operator()(Data&& data, Separator separator) const {
    return split_anything<true>(std::forward<Data>(data), std::move(separator));
  }
};

}  // namespace detail

/// `data | split(p)`: the pieces of a slice between the elements with `p(x)`, as spans; of a text between the
/// matches of a pattern, see `split_text.hpp`. `split(data, splitter)`: the source that cuts `data` until
/// `splitter(d) -> pair<D, optional<D>>` gives no second part.
inline constexpr detail::split_name split{};
/// `split_inclusive(p)`: as `split`, each separator at the end of its piece; no empty piece at the end.
inline constexpr detail::split_inclusive_name split_inclusive{};

}  // namespace twill::par
