// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/detail/consumer_pieces.hpp"
#include "twill/par/iter/fold_chunks.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

namespace twill::par {

namespace detail {

struct uniform_sizes {
  static constexpr std::string_view name = "by_uniform_blocks";
  std::size_t size;
  [[nodiscard]] std::size_t first(bool) const noexcept { return size; }
  [[nodiscard]] static std::size_t after(std::size_t n) noexcept { return n; }
};
struct doubling_sizes {
  static constexpr std::string_view name = "by_exponential_blocks";
  // Sums must not depend on the number of threads, so theirs start at a fixed size.
  [[nodiscard]] static std::size_t first(bool fixed) { return fixed ? 16 : current_num_threads(); }
  [[nodiscard]] static std::size_t after(std::size_t n) noexcept {
    return n > std::numeric_limits<std::size_t>::max() / 2 ? n : 2 * n;
  }
};

}  // namespace detail

/// Blocks of a chain one after another, each in parallel.
template <indexed_parallel_range R, class Sizes>
class block_range {
 public:
  using item_type = item_t<R>;
  static constexpr chain_traits traits = costly_traits_of<R>();
  static constexpr std::string_view name = Sizes::name;
  block_range(R base, Sizes sizes) : base_(std::move(base)), sizes_(sizes) {}
  [[nodiscard]] const R& base() const noexcept { return base_; }
  [[nodiscard]] chain_options options() const { return options_of(base_); }
  [[nodiscard]] std::optional<std::size_t> opt_len() const { return base_.opt_len(); }

  template <class C>
  typename C::result_type drive(C c) && {
    using result = typename C::result_type;
    const chain_options options = options_of(base_);
    std::size_t left = base_.len();
    return std::move(base_).with_producer(detail::on_producer<result>([&](auto p) -> result {
      auto merger = c.to_reducer();
      detail::consumer_pieces<C> pieces(std::move(c));
      std::optional<result> sum;
      std::size_t block = sizes_.first(wants_fixed_tree<C>);
      while (left != 0 && !pieces.full()) {
        const std::size_t n = std::min(block, left);
        auto rest = p.split_at(n);
        C piece = pieces.next(n);
        auto part = bridge_producer_consumer(n, std::move(p), std::move(piece), options);
        if (sum) {
          sum.emplace(merger.combine(std::move(*sum), std::move(part)));
        } else {
          sum.emplace(std::move(part));
        }
        p = std::move(rest);
        left -= n;
        block = sizes_.after(block);
      }
      if (sum) return std::move(*sum);
      return pieces.next(0).into_folder().complete();
    }));
  }

 private:
  R base_;
  Sizes sizes_;
};

namespace detail {
struct uniform_blocks_impl {
  template <class R>
  auto operator()(R range, item_count n) const {
    static_assert(indexed_parallel_range<R>, "par::by_uniform_blocks: the chain must be indexed");
    require_positive("par::by_uniform_blocks", n);
    return block_range<R, uniform_sizes>(std::move(range), {n});
  }
};
struct exponential_blocks_impl {
  template <class R>
  auto operator()(R range) const {
    static_assert(indexed_parallel_range<R>, "par::by_exponential_blocks: the chain must be indexed");
    return block_range<R, doubling_sizes>(std::move(range), {});
  }
};
}  // namespace detail

/// `by_uniform_blocks(n)`: blocks of n items one after another, each in parallel.
/// Throws: `std::invalid_argument` when n is 0.
inline constexpr detail::pipeable<detail::uniform_blocks_impl, 1> by_uniform_blocks{};
/// `by_exponential_blocks()`: blocks of p, 2p, 4p ... items for p threads, so that a search that ends near
/// the front has looked at few items beyond.
inline constexpr detail::pipeable<detail::exponential_blocks_impl, 0> by_exponential_blocks{};

}  // namespace twill::par
