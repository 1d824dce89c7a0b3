// SPDX-License-Identifier: Apache-2.0
// Reductions in a fixed shape: chunks of 3072, in a chunk 16 interleaved partial results (element i goes to i
// mod 16) folded pairwise, chunks pairwise in the order of their indices.
#include "exec/kernels.hpp"
#include "ops/chunks.hpp"
#include "ops/fold.hpp"
#include "ops/folded.hpp"
#include "twill/base/sum.hpp"
#include "twill/lanes/ops/reductions.hpp"

#include <cmath>

namespace twill::lanes::ops::detail {
namespace {

using lanes::detail::kernels;

template <class T>
reduced answer(T v) {
  reduced out;
  if constexpr (real<T>) {
    out.real = static_cast<double>(v);
  } else {
    out.bits = static_cast<std::uint64_t>(v);
  }
  return out;
}

// The lowest index of the least (greatest) element; NaN loses. The best chunk is found by its value, its
// index by a second look at it.
template <class T>
std::uint64_t best_index(fold_kind kind, std::span<const T> x, executor* par) {
  struct best {
    T value;
    std::size_t begin;
  };
  const fold_fn fn = fold_of<T>(kind);
  const auto fold = [&](std::span<const T> chunk) {
    best b{{}, static_cast<std::size_t>(chunk.data() - x.data())};
    fn(chunk.data(), nullptr, chunk.size(), &b.value);
    return b;
  };
  const auto combine = [kind](const best& a, const best& b) {
    const bool better = kind == fold_kind::min ? b.value < a.value : b.value > a.value;
    return better || (a.value != a.value && b.value == b.value) ? b : a;
  };
  const best found = reduce_over(par, x, best{{}, 0}, fold, combine);
  std::size_t i = found.begin;
  if (found.value == found.value) {  // not all of them are NaN
    while (x[i] != found.value) ++i;
  }
  return i;
}

// A sum with what rounding took away (Neumaier 1974).
template <class T>
struct carried {
  T sum{};
  T carry{};
  void add(T x) {
    const T t = sum + x;
    carry += std::fabs(sum) >= std::fabs(x) ? (sum - t) + x : (x - t) + sum;
    sum = t;
  }
  // Infinities make the carry NaN while the sum says which.
  [[nodiscard]] T value() const {
    const T v = sum + carry;
    return v == v ? v : sum;
  }
};

template <class T>
T kahan(std::span<const T> x, executor* par) {
  const auto fold = [](std::span<const T> chunk) {
    carried<T> c;
    for (const T v : chunk) c.add(v);
    return c;
  };
  const auto combine = [](carried<T> a, const carried<T>& b) {
    a.add(b.sum);
    a.carry += b.carry;
    return a;
  };
  return reduce_over(par, x, carried<T>{}, fold, combine).value();
}

template <class T>
T exact(std::span<const T> x, executor* par) {
  const auto fold = [](std::span<const T> chunk) {
    reproducible_accumulator sum;
    sum.add(chunk);
    return sum;
  };
  const auto merge = [](reproducible_accumulator a, const reproducible_accumulator& b) {
    a.merge(b);
    return a;
  };
  // The exact sum does not depend on how it is cut.
  const reproducible_accumulator sum =
      par == nullptr ? fold(x) : parallel_reduce(*par, x, reproducible_accumulator{}, fold, merge);
  if constexpr (std::is_same_v<T, float>) {
    return sum.value_as_float();
  } else {
    return sum.value();
  }
}

// -sum of t ln p (and of (1 - t) ln(1 - p)); where t = 0 nothing is added whatever p is.
template <class T>
T entropy(bool binary, std::span<const T> p, const T* t, executor* par) {
  const auto log =
      kernels().alu[static_cast<std::size_t>(opcode::log)][static_cast<std::size_t>(type_for<T>)];
  const fold_fn sum = fold_of<T>(fold_kind::sum);
  const auto fold = [&](std::span<const T> chunk) {
    const std::size_t n = chunk.size();
    const T* const target = t + (chunk.data() - p.data());
    std::array<T, parallel_chunk_size> terms;
    log(terms.data(), chunk.data(), nullptr, nullptr, n);
    for (std::size_t i = 0; i < n; ++i) terms[i] = target[i] == T{0} ? T{0} : target[i] * terms[i];
    if (binary) {
      std::array<T, parallel_chunk_size> rest;
      for (std::size_t i = 0; i < n; ++i) rest[i] = T{1} - chunk[i];
      log(rest.data(), rest.data(), nullptr, nullptr, n);
      for (std::size_t i = 0; i < n; ++i) {
        const T other = T{1} - target[i];
        terms[i] += other == T{0} ? T{0} : other * rest[i];
        if (!(chunk[i] >= T{0} && chunk[i] <= T{1})) terms[i] = std::numeric_limits<T>::quiet_NaN();
      }
    }
    T total{};
    sum(terms.data(), nullptr, n, &total);
    return total;
  };
  return -reduce_over(par, p, T{0}, fold, [](T a, T b) { return a + b; });
}

template <class T>
reduced real_only(reduction what, std::span<const T> x, const T* y, executor* par) {
  const T count = static_cast<T>(x.size());  // of losses and the mean
  switch (what) {
    case reduction::dot: return answer(folded(fold_kind::dot, x, y, par));
    case reduction::squares: return answer(std::sqrt(folded(fold_kind::squares, x, y, par)));
    case reduction::kahan: return answer(kahan(x, par));
    case reduction::exact: return answer(exact(x, par));
    case reduction::mean: return answer(folded(fold_kind::sum, x, y, par) / count);
    case reduction::mse: return answer(folded(fold_kind::differences, x, y, par) / count);
    default: return answer(entropy(what == reduction::binary_cross_entropy, x, y, par) / count);
  }
}

template <class T>
reduced truth_of(fold_kind kind, std::span<const T> x, executor* par) {
  const fold_fn fn = fold_of<T>(kind);
  const auto fold = [fn](std::span<const T> chunk) {
    std::uint8_t out = 0;
    fn(chunk.data(), nullptr, chunk.size(), &out);
    return out;
  };
  const bool every = kind == fold_kind::all;
  const auto combine = [every](std::uint8_t a, std::uint8_t b) -> std::uint8_t {
    return every ? a & b : a | b;
  };
  return {.bits = reduce_over(par, x, static_cast<std::uint8_t>(every), fold, combine)};
}

template <class T>
reduced run_reduction(reduction what, std::span<const T> x, const T* y, executor* par) {
  switch (what) {
    case reduction::sum: return answer(folded(fold_kind::sum, x, y, par));
    case reduction::product: return answer(folded(fold_kind::product, x, y, par));
    case reduction::min: return answer(folded(fold_kind::min, x, y, par));
    case reduction::max: return answer(folded(fold_kind::max, x, y, par));
    case reduction::any: return truth_of(fold_kind::any, x, par);
    case reduction::all: return truth_of(fold_kind::all, x, par);
    case reduction::argmin: return {.bits = best_index(fold_kind::min, x, par)};
    case reduction::argmax: return {.bits = best_index(fold_kind::max, x, par)};
    default: break;
  }
  if constexpr (real<T>) return real_only(what, x, y, par);
  return {};
}

}  // namespace

reduced reduce(std::string_view name, reduction what, type t, erased a, erased b, std::size_t n,
               executor* par) {
  need_elements(name, 0, a.len, n);
  if (takes_two(what)) need_elements(name, 1, b.len, n);
  const bool index = what == reduction::argmin || what == reduction::argmax;
  if (n == 0 && (index || what >= reduction::mean)) {
    throw fault(errc::invalid_argument, std::string(name) + " of no elements");
  }
  return with_type(t, [&]<class T>(std::type_identity<T>) {
    return run_reduction<T>(what, {static_cast<const T*>(a.data), n}, static_cast<const T*>(b.data), par);
  });
}

namespace {

// Two passes over the row after its maximum is known: exponentials with their sum, and the division.
template <class T>
void softmax_row(std::span<const T> x, std::span<T> y, executor* par) {
  const auto ty = static_cast<std::size_t>(type_for<T>);
  const T most = folded<T>(fold_kind::max, x, nullptr, par);
  const auto exp = kernels().alu[static_cast<std::size_t>(opcode::exp)][ty];
  const auto subtract = folds().scalar[1][ty];
  const auto divide = folds().scalar[3][ty];
  const fold_fn sum = fold_of<T>(fold_kind::sum);
  const auto fold = [&](std::span<const T> chunk) {
    T* const to = y.data() + (chunk.data() - x.data());
    subtract(to, chunk.data(), &most, nullptr, chunk.size());
    exp(to, to, nullptr, nullptr, chunk.size());
    T part{};
    sum(to, nullptr, chunk.size(), &part);
    return part;
  };
  const T total = reduce_over(par, x, T{0}, fold, [](T a, T b) { return a + b; });
  map_over(par, std::span<const T>(y), y, [&](std::span<const T> from, std::span<T> to) {
    divide(to.data(), from.data(), &total, nullptr, to.size());
  });
}

}  // namespace

void softmax(type t, erased a, void* out, std::size_t out_len, std::size_t rows, std::size_t cols,
             executor* par) {
  const std::size_t n = size_of("softmax", {rows, cols});
  const std::array in{wanted{a, n, size_bytes(t)}};
  check_operands("softmax", in, {{out, out_len}, n, size_bytes(t)}, true);
  if (n == 0) return;
  const auto each = [&]<class T>(std::type_identity<T>) {
    const auto* const x = static_cast<const T*>(a.data);
    auto* const y = static_cast<T*>(out);
    const auto row = [&](std::size_t r, executor* on) {
      softmax_row<T>({x + r * cols, cols}, {y + r * cols, cols}, on);
    };
    if (par != nullptr &&
        cols >= par->options().parallel_threshold) {  // rows one after the other, each by all threads
      for (std::size_t r = 0; r < rows; ++r) row(r, par);
      return;
    }
    for_rows(par, rows, cols, [&](std::size_t begin, std::size_t end) {
      for (std::size_t r = begin; r < end; ++r) row(r, nullptr);
    });
  };
  if (t == type::f32) {
    each(std::type_identity<float>{});
  } else {
    each(std::type_identity<double>{});
  }
}

}  // namespace twill::lanes::ops::detail
