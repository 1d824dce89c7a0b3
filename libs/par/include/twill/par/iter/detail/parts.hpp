// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/broadcast_call.hpp"
#include "twill/par/iter/bridge_producer.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace twill::par {

/// Remembers which worker ran which part of a loop, so that the next loop over the same data finds it in that
/// worker's caches. One partitioner serves one loop at a time.
class affinity_partitioner {
 public:
  affinity_partitioner() = default;
  affinity_partitioner(const affinity_partitioner&) = delete;
  affinity_partitioner& operator=(const affinity_partitioner&) = delete;

  /// The worker of each part in the last loop.
  [[nodiscard]] const std::vector<std::size_t>& owners() const noexcept { return owner_; }
  [[nodiscard]] std::vector<std::size_t>& owners() noexcept { return owner_; }

 private:
  std::vector<std::size_t> owner_;
};

namespace detail {

/// The items of one part, or of one block of it, and the consumer that takes them.
template <class P, class C>
struct loop_part {
  P producer;
  C consumer;
  std::size_t first_block;
  tree_shape shape;
};

/// The result of a node of the fixed tree from those of its blocks.
template <class Result, class Reducer>
Result combine_blocks(std::vector<std::optional<Result>>& blocks, std::size_t first, std::size_t n,
                      Reducer& merger) {
  if (n == 1) return std::move(*blocks[first]);
  const std::size_t half = std::bit_floor(n - 1);
  auto left = combine_blocks(blocks, first, half, merger);
  auto right = combine_blocks(blocks, first + half, n - half, merger);
  return merger.combine(std::move(left), std::move(right));
}

/// Runs one part. Under the fixed tree each block gives a result of its own, since a part need not be a node
/// of the tree.
template <bool Tree, class P, class C>
void run_part(loop_part<P, C>& part, std::vector<std::optional<typename C::result_type>>& results,
              std::size_t index, const chain_options& options) {
  if constexpr (Tree) {
    auto cursor = std::move(part.producer).leaf();
    const std::size_t blocks = part.shape.blocks();
    for (std::size_t b = 0; b < blocks; ++b) {
      const std::size_t first = b * part.shape.block;
      const std::size_t n = std::min(part.shape.block, part.shape.len - first);
      C piece = b + 1 == blocks ? std::move(part.consumer) : split_consumer(part.consumer, n);
      results[part.first_block + b].emplace(
          tree_serially(cursor, first, tree_shape{n, part.shape.block}, std::move(piece), options));
    }
  } else {
    results[index].emplace(
        run_leaf(part.shape.len, std::move(part.producer), std::move(part.consumer), options));
  }
}

/// Cuts the loop into parts beforehand and gives them to workers: part i to worker i, or, with a partitioner,
/// where it ran last, and what nobody claimed to whoever is free.
template <bool Remembered, bool Tree, class P, class C>
typename C::result_type drive_in_parts(std::bool_constant<Remembered>, std::bool_constant<Tree>,
                                       tree_shape shape, P p, C c, const chain_options& options) {
  using result = typename C::result_type;
  if (!Tree) shape.block = 1;
  const std::size_t threads = current_num_threads();
  const std::size_t blocks = shape.blocks();
  const std::size_t parts = std::max<std::size_t>(1, std::min(blocks, Remembered ? 4 * threads : threads));
  auto merger = c.to_reducer();
  std::vector<std::optional<result>> results(Tree ? std::max<std::size_t>(blocks, 1) : parts);
  std::vector<loop_part<P, C>> pieces;
  pieces.reserve(parts);
  std::size_t first = 0;
  for (std::size_t i = 0; i < parts; ++i) {
    const std::size_t last =
        i + 1 == parts ? blocks : (blocks / parts) * (i + 1) + (blocks % parts) * (i + 1) / parts;
    const std::size_t len = std::min(last * shape.block, shape.len) - first * shape.block;
    P rest = p.split_at(len);
    C piece = i + 1 == parts ? std::move(c) : split_consumer(c, len);
    pieces.push_back({std::move(p), std::move(piece), first, tree_shape{len, shape.block}});
    p = std::move(rest);
    first = last;
  }
  if constexpr (Tree) {
    if (blocks == 0)
      return run_leaf(0, std::move(pieces[0].producer), std::move(pieces[0].consumer), options);
  }

  if constexpr (Remembered) {
    auto& owners = options.partitioner->owners();
    if (owners.size() != parts) {
      owners.resize(parts);
      for (std::size_t i = 0; i < parts; ++i) owners[i] = i * threads / parts;
    }
    // Workers read the old owners while others take parts over, so the new ones are written elsewhere, each
    // by the one worker that claimed the part.
    std::vector<std::size_t> ran_by = owners;
    const auto claimed = std::make_unique<std::atomic<bool>[]>(parts);
    auto claim = [&](broadcast_context x) {
      for (const bool mine : {true, false}) {
        for (std::size_t i = 0; i < parts; ++i) {
          // ORD relaxed: exactly one exchange sees false; the results are published by the end of the
          // broadcast.
          if (mine && claimed[i].load(std::memory_order_relaxed)) continue;
          if (mine && owners[i] != x.index()) continue;
          // ORD relaxed: as above.
          if (claimed[i].exchange(true, std::memory_order_relaxed)) continue;
          run_part<Tree>(pieces[i], results, i, options);
          if (!mine) ran_by[i] = x.index();
        }
      }
    };
    broadcast_each(claim);
    owners = std::move(ran_by);
  } else {
    auto own_part = [&](broadcast_context x) {
      if (x.index() < parts) run_part<Tree>(pieces[x.index()], results, x.index(), options);
    };
    broadcast_each(own_part);
  }

  if constexpr (Tree) {
    return combine_blocks(results, 0, blocks, merger);
  } else {
    result sum = std::move(*results[0]);
    for (std::size_t i = 1; i < parts; ++i) sum = merger.combine(std::move(sum), std::move(*results[i]));
    return sum;
  }
}

}  // namespace detail
}  // namespace twill::par
