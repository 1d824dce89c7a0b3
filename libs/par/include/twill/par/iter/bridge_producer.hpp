// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/splitter.hpp"
#include "twill/par/iter/detail/leaf.hpp"
#include "twill/par/iter/detail/probe.hpp"
#include "twill/par/iter/plumbing.hpp"
#include "twill/par/join.hpp"
#include "twill/par/thread.hpp"

#include <bit>
#include <cstddef>
#include <optional>
#include <utility>

namespace twill::par {

/// The block of the fixed tree for a source of this length: 1024, and shorter where that would leave less
/// than 64 blocks of items that may each be expensive. A function of its arguments alone, so the bits of a
/// result are too.
[[nodiscard]] constexpr std::size_t deterministic_block(std::size_t len, bool cheap_items) noexcept {
  if (cheap_items || len >= 65536) return 1024;
  return len <= 64 ? 1 : std::bit_ceil((len + 63) / 64);
}

namespace detail {

// ---- free splitting: about one leaf a thread, more where thieves appear

template <class P, class C>
typename C::result_type run_leaf(std::size_t len, P p, C c, const chain_options& options) {
  auto cursor = std::move(p).leaf();
  return fold_items(std::move(c), cursor, 0, len, options);
}

template <class P, class C>
typename C::result_type split_freely(std::size_t len, length_splitter split, bool migrated, P p, C c,
                                     const chain_options& options) {
  if (c.full()) return std::move(c).into_folder().complete();
  if (!split.try_split(len, migrated)) return run_leaf(len, std::move(p), std::move(c), options);
  const std::size_t mid = len / 2;
  P right = p.split_at(mid);
  C left_consumer = split_consumer(c, mid);
  auto merger = left_consumer.to_reducer();
  auto both = join_context(
      [&](fn_context x) {
        return split_freely(mid, split, x.migrated(), std::move(p), std::move(left_consumer), options);
      },
      [&](fn_context x) {
        return split_freely(len - mid, split, x.migrated(), std::move(right), std::move(c), options);
      });
  return merger.combine(std::move(both.first), std::move(both.second));
}

/// The items from `done` on of a loop of `len`, cut where the whole loop would be: how much of the front was
/// looked at differs from run to run, and items that change their thread with it change caches.
template <class P, class C>
typename C::result_type finish_freely(std::size_t len, std::size_t done, length_splitter split, P p, C c,
                                      const chain_options& options) {
  const std::size_t mid = len / 2;
  if (mid <= done) return split_freely(len - done, split, false, std::move(p), std::move(c), options);
  if (c.full()) return std::move(c).into_folder().complete();
  if (!split.try_split(len, false)) return run_leaf(len - done, std::move(p), std::move(c), options);
  P right = p.split_at(mid - done);
  C left_consumer = split_consumer(c, mid - done);
  auto merger = left_consumer.to_reducer();
  auto both = join_context(
      [&](fn_context) {
        return finish_freely(mid, done, split, std::move(p), std::move(left_consumer), options);
      },
      [&](fn_context x) {
        return split_freely(len - mid, split, x.migrated(), std::move(right), std::move(c), options);
      });
  return merger.combine(std::move(both.first), std::move(both.second));
}

/// Where help costs: the caller runs the front of the loop to see whether the rest is worth waking a worker.
template <class P, class C>
typename C::result_type probe_freely(std::size_t len, P p, C c, const chain_options& options) {
  auto merger = c.to_reducer();
  loop_probe probe;
  std::optional<typename C::result_type> front;
  std::size_t done = 0;
  for (std::size_t step = loop_probe::first_step(len); done < len; step *= 4) {
    if (probe.known()) step = len;
    const std::size_t n = std::min(step, len - done);
    P rest = p.split_at(n);
    C piece = split_consumer(c, n);
    auto part = run_leaf(n, std::move(p), std::move(piece), options);
    if (front) {
      front.emplace(merger.combine(std::move(*front), std::move(part)));
    } else {
      front.emplace(std::move(part));
    }
    done += n;
    p = std::move(rest);
    if (!probe.known() && probe.measured(done) && !probe.worth_inline(done, len)) break;
  }
  if (done == len) return std::move(*front);
  const length_splitter split = probe.splitter(len, options);
  return merger.combine(std::move(*front),
                        finish_freely(len, done, split, std::move(p), std::move(c), options));
}

// ---- the fixed tree: node m holds the largest power of two of blocks below m on its left (as
// twill/base/sum.hpp)

struct tree_shape {
  std::size_t len;
  std::size_t block;
  // Kept, because a division at each node costs a tenth of what summing a block does.
  std::size_t blocks;
  [[nodiscard]] static tree_shape of(std::size_t len, std::size_t block) noexcept {
    return {len, block, len / block + (len % block != 0 ? 1 : 0)};
  }
  [[nodiscard]] tree_shape left(std::size_t blocks_left) const noexcept {
    return {blocks_left * block, block, blocks_left};
  }
  [[nodiscard]] tree_shape right(std::size_t blocks_left) const noexcept {
    return {len - blocks_left * block, block, blocks - blocks_left};
  }
};

/// One worker runs a whole subtree. The cursor is made once; a folder is made for each block. What does not
/// change on the way down stands here, so that a node passes only registers.
template <class Cursor, class C>
struct serial_tree {
  using result_type = typename C::result_type;
  Cursor* cursor;
  const chain_options* options;
  std::size_t block;

  result_type run(std::size_t first, std::size_t last, std::size_t blocks, C c) {
    if (blocks <= 1) return fold_items(std::move(c), *cursor, first, last, *options);
    if (c.full()) return std::move(c).into_folder().complete();
    const std::size_t half = std::bit_floor(blocks - 1);
    const std::size_t middle = first + half * block;
    auto merger = c.to_reducer();
    C left_consumer = split_consumer(c, half * block);
    auto left = run(first, middle, half, std::move(left_consumer));
    auto right = run(middle, last, blocks - half, std::move(c));
    return merger.combine(std::move(left), std::move(right));
  }
};
template <class Cursor, class C>
typename C::result_type tree_serially(Cursor& cursor, std::size_t first, tree_shape shape, C c,
                                      const chain_options& options) {
  return serial_tree<Cursor, C>{&cursor, &options, shape.block}.run(first, first + shape.len, shape.blocks,
                                                                    std::move(c));
}

template <class P, class C>
typename C::result_type tree_in_parallel(tree_shape shape, length_splitter split, bool migrated, P p, C c,
                                         const chain_options& options) {
  const std::size_t blocks = shape.blocks;
  if (blocks <= 1 || !split.try_split(shape.len, migrated)) {
    auto cursor = std::move(p).leaf();
    return tree_serially(cursor, 0, shape, std::move(c), options);
  }
  if (c.full()) return std::move(c).into_folder().complete();
  const std::size_t half = std::bit_floor(blocks - 1);
  P right = p.split_at(half * shape.block);
  C left_consumer = split_consumer(c, half * shape.block);
  auto merger = left_consumer.to_reducer();
  auto both = join_context(
      [&](fn_context x) {
        return tree_in_parallel(shape.left(half), split, x.migrated(), std::move(p), std::move(left_consumer),
                                options);
      },
      [&](fn_context x) {
        return tree_in_parallel(shape.right(half), split, x.migrated(), std::move(right), std::move(c),
                                options);
      });
  return merger.combine(std::move(both.first), std::move(both.second));
}

/// The rest of a tree whose leftmost `done` blocks, a node of it, are summed up in `front`.
template <class P, class C>
typename C::result_type finish_tree(tree_shape shape, std::size_t done, length_splitter split,
                                    typename C::result_type& front, P p, C c, const chain_options& options) {
  const std::size_t blocks = shape.blocks;
  if (blocks == done) return std::move(front);
  const std::size_t half = std::bit_floor(blocks - 1);
  P right = p.split_at((half - done) * shape.block);
  C left_consumer = split_consumer(c, (half - done) * shape.block);
  auto merger = c.to_reducer();
  auto both = join_context(
      [&](fn_context) {
        return finish_tree(shape.left(half), done, split, front, std::move(p), std::move(left_consumer),
                           options);
      },
      [&](fn_context x) {
        return tree_in_parallel(shape.right(half), split, x.migrated(), std::move(right), std::move(c),
                                options);
      });
  return merger.combine(std::move(both.first), std::move(both.second));
}

/// As `probe_freely`: the front is grown along the left spine of the tree, so the shape is that of every
/// other run.
template <class P, class C>
typename C::result_type probe_tree(tree_shape shape, P p, C c, const chain_options& options) {
  const std::size_t blocks = shape.blocks;
  auto merger = c.to_reducer();
  loop_probe probe;
  std::optional<typename C::result_type> front;
  std::size_t done = 0;
  while (done < blocks) {
    // A left spine node of 2^k blocks has a parent of min(2^(k+1), blocks).
    const std::size_t next = done == 0 ? 1 : std::min(2 * done, blocks);
    const tree_shape piece{std::min(next * shape.block, shape.len) - done * shape.block, shape.block,
                           next - done};
    P rest = p.split_at(piece.len);
    C piece_consumer = split_consumer(c, piece.len);
    auto cursor = std::move(p).leaf();
    auto part = tree_serially(cursor, 0, piece, std::move(piece_consumer), options);
    if (front) {
      front.emplace(merger.combine(std::move(*front), std::move(part)));
    } else {
      front.emplace(std::move(part));
    }
    done = next;
    p = std::move(rest);
    if (!probe.known() && probe.measured(done) && !probe.worth_inline(done, blocks)) break;
  }
  if (done == blocks) return std::move(*front);
  const length_splitter split = probe.splitter(shape.len, options);
  return finish_tree(shape, done, split, *front, std::move(p), std::move(c), options);
}

template <class P>
inline constexpr bool assignable_producer = std::is_move_assignable_v<P>;

template <class P, class C>
typename C::result_type bridge_freely(std::size_t len, P p, C c, const chain_options& options) {
  if (len <= 1 && !c.full()) return run_leaf(len, std::move(p), std::move(c), options);
  if constexpr (assignable_producer<P>) {
    if (loop_probe::wanted(len, options)) return probe_freely(len, std::move(p), std::move(c), options);
  }
  const length_splitter split(current_num_threads(), len, options.min_len, options.max_len);
  return split_freely(len, split, false, std::move(p), std::move(c), options);
}

template <class P, class C>
typename C::result_type bridge_tree(tree_shape shape, P p, C c, const chain_options& options) {
  if (shape.blocks <= 1) {
    auto cursor = std::move(p).leaf();
    return tree_serially(cursor, 0, shape, std::move(c), options);
  }
  if constexpr (assignable_producer<P>) {
    if (loop_probe::wanted(shape.len, options)) return probe_tree(shape, std::move(p), std::move(c), options);
  }
  const length_splitter split(current_num_threads(), shape.len, options.min_len, options.max_len);
  return tree_in_parallel(shape, split, false, std::move(p), std::move(c), options);
}

template <class P, class C>
typename C::result_type split_unindexed(splitter split, bool migrated, P p, C c) {
  if (c.full()) return std::move(c).into_folder().complete();
  if (split.try_split(migrated)) {
    if (std::optional<P> right = p.split()) {
      C left_consumer = c.split_off_left();
      auto merger = left_consumer.to_reducer();
      auto both = join_context(
          [&](fn_context x) {
            return split_unindexed(split, x.migrated(), std::move(p), std::move(left_consumer));
          },
          [&](fn_context x) {
            return split_unindexed(split, x.migrated(), std::move(*right), std::move(c));
          });
      return merger.combine(std::move(both.first), std::move(both.second));
    }
  }
  auto folder = std::move(c).into_folder();
  std::move(p).fold_into(folder);
  return std::move(folder).complete();
}

}  // namespace detail

/// Runs `c` over the `len` items of `p`, in parallel, split by position.
template <indexed_producer P, consumer<typename P::item_type> C>
typename C::result_type bridge_producer_consumer(std::size_t len, P p, C c,
                                                 const chain_options& options = {}) {
  if constexpr (wants_fixed_tree<C>) {
    const std::size_t block = options.block != 0 ? options.block : deterministic_block(len, false);
    return detail::bridge_tree(detail::tree_shape::of(len, block), std::move(p), std::move(c), options);
  } else {
    return detail::bridge_freely(len, std::move(p), std::move(c), options);
  }
}

/// Runs `c` over the items of `p`, in parallel, split wherever `p` agrees to be.
template <producer P, consumer<typename P::item_type> C>
typename C::result_type bridge_unindexed(P p, C c) {
  return detail::split_unindexed(detail::splitter(current_num_threads()), false, std::move(p), std::move(c));
}

namespace detail {
template <class C, chain_traits Traits>
struct chain_driver {
  using result_type = typename C::result_type;
  C consumer;
  std::size_t len;
  const chain_options* options;

  template <class P>
  result_type operator()(P p) {
    constexpr bool tree = wants_fixed_tree<C> && !Traits.unordered;
    const std::size_t block =
        options->block != 0 ? options->block : deterministic_block(len, Traits.cheap_items);
    if constexpr (Traits.pinned || Traits.remembered) {
      // Found by argument-dependent look-up in iter/detail/parts.hpp, which those adaptors include.
      return drive_in_parts(std::bool_constant<Traits.remembered>{}, std::bool_constant<tree>{},
                            tree_shape::of(len, block), std::move(p), std::move(consumer), *options);
    } else if constexpr (tree) {
      return bridge_tree(tree_shape::of(len, block), std::move(p), std::move(consumer), *options);
    } else {
      return bridge_freely(len, std::move(p), std::move(consumer), *options);
    }
  }
};
}  // namespace detail

/// Runs `c` over an indexed chain as its traits and options say: what `drive` of an indexed range calls.
template <class R, class C>
typename C::result_type drive_indexed(R&& range, C c) {
  static_assert(!std::is_lvalue_reference_v<R>, "par::drive_indexed: the chain is consumed, so move it in");
  const chain_options options = options_of(range);
  const std::size_t len = range.len();
  return std::move(range).with_producer(detail::chain_driver<C, traits_of<R>()>{std::move(c), len, &options});
}

}  // namespace twill::par
