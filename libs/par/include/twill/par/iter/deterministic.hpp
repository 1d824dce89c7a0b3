// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/iter/fold_chunks.hpp"
#include "twill/par/iter/min_len.hpp"

#include <cstddef>
#include <string_view>
#include <utility>

namespace twill::par {

namespace detail {

struct set_block {
  static constexpr std::string_view name = "with_deterministic_tree";
  static consteval chain_traits traits(chain_traits t) {
    t.unordered = false;
    return t;
  }
  std::size_t block;
  void apply(chain_options& o) const { o.block = block; }
};
struct set_unordered {
  static constexpr std::string_view name = "unordered";
  static consteval chain_traits traits(chain_traits t) {
    t.unordered = true;
    return t;
  }
  void apply(chain_options&) const {}
};

struct deterministic_impl {
  template <class R>
  auto operator()(R range, item_count block) const {
    require_positive("par::with_deterministic_tree", block);
    return option_range<R, set_block>(std::move(range), set_block{block});
  }
};
struct unordered_impl {
  template <class R>
  auto operator()(R range) const {
    return option_range<R, set_unordered>(std::move(range), set_unordered{});
  }
};
struct deterministic_name : pipeable<deterministic_impl, 1> {
  using pipeable<deterministic_impl, 1>::operator();
  constexpr auto operator()() const { return (*this)(std::size_t{1024}); }
};

}  // namespace detail

/// `with_deterministic_tree(block = 1024)`: the block of the fixed tree over which sums, reductions and folds
/// run.
///
/// Their leaves end at multiples of `block`, and the tree above is a function of the number of blocks, so
/// results have the same bits for any number of threads. This is the default; only the block is set here.
/// Throws: `std::invalid_argument` when block is 0.
inline constexpr detail::deterministic_name with_deterministic_tree{};

/// `unordered()`: gives up the fixed tree. Floating-point results may then differ from run to run in their
/// last bits.
inline constexpr detail::pipeable<detail::unordered_impl, 0> unordered{};

}  // namespace twill::par
