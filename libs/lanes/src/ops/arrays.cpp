// SPDX-License-Identifier: Apache-2.0
#include "twill/lanes/ops/arrays.hpp"

#include "exec/kernels.hpp"
#include "ops/chunks.hpp"

#include <cstring>

namespace twill::lanes::ops::detail {
namespace {

// Calls `f` with an unsigned integer as wide as the elements.
template <class F>
void with_width(std::size_t size, const F& f) {
  switch (size) {
    case 1: return f(std::type_identity<std::uint8_t>{});
    case 2: return f(std::type_identity<std::uint16_t>{});
    case 4: return f(std::type_identity<std::uint32_t>{});
    default: return f(std::type_identity<std::uint64_t>{});
  }
}

// Every index is checked before anything is written; the lowest place counts.
void check_indices(const std::uint32_t* at, std::size_t n, std::size_t limit, std::size_t size,
                   executor* par) {
  const auto outside = [&](std::span<const std::uint32_t> chunk) {
    unsigned found = 0;
    for (const std::uint32_t i : chunk) found |= static_cast<unsigned>(i >= limit);
    return found;
  };
  const std::span<const std::uint32_t> all(at, n);
  if (reduce_over(par, all, 0U, outside, [](unsigned a, unsigned b) { return a | b; }) == 0) return;
  for (const std::uint32_t i : all) {
    if (i >= limit)
      throw fault({.code = errc::buffer_out_of_bounds, .numbers = {i * size, size, limit * size}});
  }
}

}  // namespace

void convert(type from, type to, erased a, void* out, std::size_t out_len, std::size_t n, executor* par) {
  const std::array in{wanted{a, n, size_bytes(from)}};
  check_operands("cast", in, {{out, out_len}, n, size_bytes(to)}, from == to);
  const lanes::detail::vector_fn fn =
      lanes::detail::kernels().convert[static_cast<std::size_t>(to)][static_cast<std::size_t>(from)];
  if (n == 0) return;
  with_type(from, [&]<class A>(std::type_identity<A>) {
    with_width(size_bytes(to), [&]<class C>(std::type_identity<C>) {
      const std::span<const A> x(static_cast<const A*>(a.data), n);
      const std::span<C> y(static_cast<C*>(out), n);
      const auto chunk = [&](std::span<const A> p, std::span<C> q) {
        fn(q.data(), p.data(), nullptr, nullptr, q.size());
      };
      if (par != nullptr) {
        parallel_unary_op(*par, x, y, chunk);
      } else {
        chunk(x, y);
      }
    });
  });
}

void gather(std::size_t size, erased a, erased index, void* out, std::size_t out_len, std::size_t n,
            executor* par) {
  const std::array in{wanted{a, a.len, size}, wanted{index, n, sizeof(std::uint32_t)}};
  check_operands("gather", in, {{out, out_len}, n, size}, false);
  if (n == 0) return;
  const auto* const at = static_cast<const std::uint32_t*>(index.data);
  check_indices(at, n, a.len, size, par);
  with_width(size, [&]<class T>(std::type_identity<T>) {
    const auto* const from = static_cast<const T*>(a.data);
    const std::span<const std::uint32_t> places(at, n);
    const std::span<T> to(static_cast<T*>(out), n);
    const auto chunk = [from](std::span<const std::uint32_t> i, std::span<T> y) {
      for (std::size_t k = 0; k < y.size(); ++k) y[k] = from[i[k]];
    };
    if (par != nullptr) {
      parallel_unary_op(*par, places, to, chunk);
    } else {
      chunk(places, to);
    }
  });
}

void scatter(std::size_t size, erased a, erased index, void* out, std::size_t out_len, std::size_t n,
             executor* par) {
  const std::array in{wanted{a, n, size}, wanted{index, n, sizeof(std::uint32_t)}};
  check_operands("scatter", in, {{out, out_len}, out_len, size}, false);
  if (n == 0) return;
  const auto* const at = static_cast<const std::uint32_t*>(index.data);
  check_indices(at, n, out_len, size, par);
  with_width(size, [&]<class T>(std::type_identity<T>) {
    const auto* const from = static_cast<const T*>(a.data);
    auto* const to = static_cast<T*>(out);
    // Each task writes a piece of the output and reads all indices, so that the last of equal ones stays.
    const std::size_t tasks = par != nullptr && n >= par->options().parallel_threshold ? par->threads() : 1;
    const std::size_t piece = (out_len + tasks - 1) / tasks;
    const auto task = [&](std::size_t t) {
      const std::size_t begin = t * piece;
      for (std::size_t i = 0; i < n; ++i) {
        if (at[i] - begin < piece) to[at[i]] = from[i];
      }
    };
    if (tasks == 1) {
      task(0);
    } else {
      par->for_each_chunk(tasks, task);
    }
  });
}

void fill(type t, const void* value, void* out, std::size_t n, executor* par) {
  with_width(size_bytes(t), [&]<class T>(std::type_identity<T>) {
    T v;
    std::memcpy(&v, value, sizeof(T));
    auto* const to = static_cast<T*>(out);
    for_pieces(par, n, 1, [=](std::size_t begin, std::size_t end) { std::fill(to + begin, to + end, v); });
  });
}

void iota(type t, const void* start, const void* step, void* out, std::size_t n, executor* par) {
  with_type(t, [&]<class T>(std::type_identity<T>) {
    const T first = *static_cast<const T*>(start);
    const T by = *static_cast<const T*>(step);
    auto* const to = static_cast<T*>(out);
    for_pieces(par, n, 1, [=](std::size_t begin, std::size_t end) {
      for (std::size_t i = begin; i < end; ++i) {
        if constexpr (std::is_floating_point_v<T>) {
          to[i] = first + static_cast<T>(i) * by;
        } else {
          to[i] = static_cast<T>(static_cast<std::uint64_t>(first) + i * static_cast<std::uint64_t>(by));
        }
      }
    });
  });
}

}  // namespace twill::lanes::ops::detail
