// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/executor.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

namespace twill::lanes::ops {

/// Elements of a chunk, from how many elements on chunks run in parallel (of both an executor may have
/// others, `executor_options`), and from how many rows on matrix operations do.
inline constexpr std::size_t parallel_chunk_size = 3072;
/// From how many elements on chunks run in parallel.
inline constexpr std::size_t parallel_threshold = 10'000;
/// From how many rows on matrix operations run in parallel.
inline constexpr std::size_t parallel_rows_threshold = 100;
static_assert(executor_options{}.parallel_chunk == parallel_chunk_size &&
              executor_options{}.parallel_threshold == parallel_threshold);
/// Chunks of n elements.
[[nodiscard]] constexpr std::size_t chunk_count(std::size_t n) noexcept {
  return n / parallel_chunk_size + (n % parallel_chunk_size != 0 ? 1 : 0);
}

namespace detail {

/// Calls `task(begin, end)` for pieces of `n` items of `weight` elements: on the executor's threads from its
/// threshold on, else (also where there is no executor) one after another. A piece is a chunk of the
/// executor's, or one item where that is more.
template <class F>
void for_pieces(executor* par, std::size_t n, std::size_t weight, const F& task) {
  const std::size_t chunk = par == nullptr ? parallel_chunk_size : par->options().parallel_chunk;
  const std::size_t size = std::max<std::size_t>(1, chunk / std::max<std::size_t>(1, weight));
  const std::size_t tasks = n / size + (n % size != 0 ? 1 : 0);
  const auto run = [&](std::size_t i) { task(i * size, i + 1 == tasks ? n : (i + 1) * size); };
  if (par != nullptr && n * weight >= par->options().parallel_threshold) {
    par->for_each_chunk(tasks, run);
  } else {
    for (std::size_t i = 0; i < tasks; ++i) run(i);
  }
}

inline void need_elements(std::string_view name, std::size_t index, std::size_t len, std::size_t need) {
  if (len < need)
    throw fault({.code = errc::buffer_too_small, .numbers = {index, len, need}, .name = std::string(name)});
}

/// Chunks are folded on their own, their results combined pairwise by a tree that depends on n alone.
template <class T, class R, class Fold, class Combine>
[[nodiscard]] R reduce_chunks(executor* par, std::span<const T> in, R identity, const Fold& fold,
                              const Combine& combine) {
  const std::size_t chunks = chunk_count(in.size());
  if (chunks == 0) return identity;
  if (chunks == 1) return fold(in);
  std::vector<R> parts(chunks, identity);
  const auto some = [&](std::size_t first, std::size_t last) {
    for (std::size_t i = first; i < last; ++i) {
      const std::size_t begin = i * parallel_chunk_size;
      parts[i] = fold(in.subspan(begin, std::min(parallel_chunk_size, in.size() - begin)));
    }
  };
  if (par != nullptr && in.size() < par->options().parallel_threshold) par = nullptr;
  for_pieces(par, chunks, parallel_chunk_size, some);
  for (std::size_t step = 1; step < chunks; step *= 2) {
    for (std::size_t i = 0; i + step < chunks; i += 2 * step) parts[i] = combine(parts[i], parts[i + step]);
  }
  return parts[0];
}

}  // namespace detail

/// The generic forms: a callable over elements, or over chunks of them, on the executor's threads. Every
/// `_par` operation on elements is one of these.
///
/// `f(x)` gives an element, or `f(chunk, out)` writes the elements of a chunk. Throws: `fault`
/// (BufferTooSmall) where the input is shorter than the output; what `f` throws.
template <class T, class U, class F>
  requires std::invocable<const F&, const T&> || std::invocable<const F&, std::span<const T>, std::span<U>>
void parallel_unary_op(executor& ex, std::span<const T> in, std::span<U> out, const F& f) {
  detail::need_elements("parallel_unary_op", 0, in.size(), out.size());
  detail::for_pieces(&ex, out.size(), 1, [&](std::size_t begin, std::size_t end) {
    if constexpr (std::invocable<const F&, const T&>) {
      for (std::size_t i = begin; i < end; ++i) out[i] = f(in[i]);
    } else {
      f(in.subspan(begin, end - begin), out.subspan(begin, end - begin));
    }
  });
}

/// `f(x, y)` gives an element, or `f(chunk, chunk, out)` writes the elements of a chunk. Throws: as above.
template <class T, class U, class V, class F>
  requires std::invocable<const F&, const T&, const U&> ||
           std::invocable<const F&, std::span<const T>, std::span<const U>, std::span<V>>
void parallel_binary_op(executor& ex, std::span<const T> a, std::span<const U> b, std::span<V> out,
                        const F& f) {
  detail::need_elements("parallel_binary_op", 0, a.size(), out.size());
  detail::need_elements("parallel_binary_op", 1, b.size(), out.size());
  detail::for_pieces(&ex, out.size(), 1, [&](std::size_t begin, std::size_t end) {
    if constexpr (std::invocable<const F&, const T&, const U&>) {
      for (std::size_t i = begin; i < end; ++i) out[i] = f(a[i], b[i]);
    } else {
      const std::size_t n = end - begin;
      f(a.subspan(begin, n), b.subspan(begin, n), out.subspan(begin, n));
    }
  });
}

/// `fold(chunk)` gives a chunk's result, `combine(x, y)` that of two neighbours: the same tree for any number
/// of threads. Gives the identity for no elements.
template <class T, class R, class Fold, class Combine>
  requires std::invocable<const Fold&, std::span<const T>> && std::invocable<const Combine&, R, R>
[[nodiscard]] R parallel_reduce(executor& ex, std::span<const T> in, R identity, const Fold& fold,
                                const Combine& combine) {
  return detail::reduce_chunks(&ex, in, identity, fold, combine);
}
/// Elements of a chunk are combined by `f` from the identity on in order, chunks as above.
template <class T, class F>
  requires std::invocable<const F&, const T&, const T&>
[[nodiscard]] T parallel_reduce(executor& ex, std::span<const T> in, T identity, const F& f) {
  const auto fold = [&](std::span<const T> chunk) {
    T acc = identity;
    for (const T& x : chunk) acc = f(acc, x);
    return acc;
  };
  return parallel_reduce(ex, in, identity, fold, f);
}

}  // namespace twill::lanes::ops
