// SPDX-License-Identifier: Apache-2.0
// Reductions in a fixed shape: chunks of 3072, in a chunk 16 interleaved partial results (element i goes to i
// mod 16) folded pairwise, chunks pairwise in the order of their indices.
#include "exec/kernels.hpp"
#include "ops/chunks.hpp"
#include "twill/lanes/ops.hpp"

#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

namespace twill::lanes::ops::detail {
namespace {

constexpr std::size_t partials = 16;

template <class T>
constexpr bool real = std::is_floating_point_v<T>;

// Integers wrap: their sums are taken in the unsigned type.
template <class T>
struct sum_step {
  static constexpr T identity = T{0};
  static T combine(T a, T b) {
    if constexpr (real<T>) {
      return a + b;
    } else {
      return static_cast<T>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
    }
  }
};
template <class T>
struct product_step {
  static constexpr T identity = T{1};
  static T combine(T a, T b) {
    if constexpr (real<T>) {
      return a * b;
    } else {
      return static_cast<T>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
    }
  }
};
// NaN loses against numbers: the result is NaN where all elements are.
template <class T>
struct min_step {
  static constexpr T identity = real<T> ? std::numeric_limits<T>::quiet_NaN() : std::numeric_limits<T>::max();
  static T combine(T a, T b) { return b < a || a != a ? b : a; }
};
template <class T>
struct max_step {
  static constexpr T identity = real<T> ? std::numeric_limits<T>::quiet_NaN() : std::numeric_limits<T>::min();
  static T combine(T a, T b) { return b > a || a != a ? b : a; }
};

template <class T, class Step, class Get>
T chunk_of(std::size_t begin, std::size_t end, const Get& get) {
  std::array<T, partials> acc;
  acc.fill(Step::identity);
  std::size_t i = begin;
  for (; i + partials <= end; i += partials) {
    for (std::size_t k = 0; k < partials; ++k) acc[k] = Step::combine(acc[k], get(i + k));
  }
  for (std::size_t k = 0; k < partials && i + k < end; ++k) acc[k] = Step::combine(acc[k], get(i + k));
  for (std::size_t step = partials / 2; step > 0; step /= 2) {
    for (std::size_t k = 0; k < step; ++k) acc[k] = Step::combine(acc[k], acc[k + step]);
  }
  return acc[0];
}

template <class T, class Step, class Get>
T whole(std::size_t n, executor* par, const Get& get) {
  const std::size_t chunks = chunk_count(n);
  if (chunks <= 1) return chunk_of<T, Step>(0, n, get);
  std::vector<T> parts(chunks);
  for_chunks(par, n, [&](std::size_t begin, std::size_t end) {
    parts[begin / parallel_chunk_size] = chunk_of<T, Step>(begin, end, get);
  });
  for (std::size_t step = 1; step < chunks; step *= 2) {
    for (std::size_t i = 0; i + step < chunks; i += 2 * step)
      parts[i] = Step::combine(parts[i], parts[i + step]);
  }
  return parts[0];
}

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

// The lowest index of the least (greatest) element; NaN loses.
template <class T, class Better>
std::uint64_t best_index(const T* x, std::size_t n, Better better) {
  std::uint64_t at = 0;
  for (std::size_t i = 1; i < n; ++i) {
    if (better(x[i], x[at]) || (x[at] != x[at] && x[i] == x[i])) at = i;
  }
  return at;
}

// t ln p, where t = 0 contributes nothing whatever p is.
template <class T>
T weighted_log(T t, T p) {
  return t == T{0} ? T{0} : t * std::log(p);
}

template <class T>
reduced real_only(reduction what, const T* x, const T* y, std::size_t n, executor* par) {
  const T count = static_cast<T>(n);
  switch (what) {
    case reduction::dot:
      return answer(whole<T, sum_step<T>>(n, par, [=](std::size_t i) { return x[i] * y[i]; }));
    case reduction::squares:
      return answer(whole<T, sum_step<T>>(n, par, [=](std::size_t i) { return x[i] * x[i]; }));
    case reduction::mse:
      return answer(
          whole<T, sum_step<T>>(n, par, [=](std::size_t i) { return (x[i] - y[i]) * (x[i] - y[i]); }) /
          count);
    case reduction::cross_entropy:
      return answer(-whole<T, sum_step<T>>(n, par, [=](std::size_t i) { return weighted_log(y[i], x[i]); }) /
                    count);
    default:
      return answer(-whole<T, sum_step<T>>(n, par, [=](std::size_t i) {
        if (!(x[i] >= T{0} && x[i] <= T{1})) return std::numeric_limits<T>::quiet_NaN();
        return weighted_log(y[i], x[i]) + weighted_log(T{1} - y[i], T{1} - x[i]);
      }) / count);
  }
}

template <class T>
reduced run_reduction(reduction what, const void* a, const void* b, std::size_t n, executor* par) {
  const auto* const x = static_cast<const T*>(a);
  const auto element = [x](std::size_t i) { return x[i]; };
  // No element at all: the identity, which for real minima and maxima is the infinity that loses against all.
  const bool none = n == 0 && real<T>;
  constexpr T inf = real<T> ? std::numeric_limits<T>::infinity() : T{0};
  switch (what) {
    case reduction::sum: return answer(whole<T, sum_step<T>>(n, par, element));
    case reduction::product: return answer(whole<T, product_step<T>>(n, par, element));
    case reduction::min: return answer(none ? inf : whole<T, min_step<T>>(n, par, element));
    case reduction::max:
      if constexpr (real<T>) {
        if (none) return answer(-inf);
      }
      return answer(whole<T, max_step<T>>(n, par, element));
    case reduction::argmin: return {.bits = best_index(x, n, [](T p, T q) { return p < q; })};
    case reduction::argmax: return {.bits = best_index(x, n, [](T p, T q) { return p > q; })};
    default: break;
  }
  if constexpr (real<T>) return real_only(what, x, static_cast<const T*>(b), n, par);
  return {};
}

}  // namespace

reduced reduce(std::string_view name, reduction what, type t, erased a, erased b, std::size_t n,
               executor* par) {
  const bool two = what == reduction::dot || what >= reduction::mse;
  const std::array in{a, b};
  const std::array needs{n, n};
  check_operands(name, std::span(in).first(two ? 2 : 1), std::span(needs).first(two ? 2 : 1), nullptr, 0, 0,
                 0, true);
  const bool index = what == reduction::argmin || what == reduction::argmax;
  if (n == 0 && (index || what >= reduction::mse)) {
    throw fault(errc::invalid_argument, std::string(name) + " of no elements");
  }
  switch (t) {
    case type::i8: return run_reduction<std::int8_t>(what, a.data, b.data, n, par);
    case type::i16: return run_reduction<std::int16_t>(what, a.data, b.data, n, par);
    case type::i32: return run_reduction<std::int32_t>(what, a.data, b.data, n, par);
    case type::i64: return run_reduction<std::int64_t>(what, a.data, b.data, n, par);
    case type::u8: return run_reduction<std::uint8_t>(what, a.data, b.data, n, par);
    case type::u16: return run_reduction<std::uint16_t>(what, a.data, b.data, n, par);
    case type::u32: return run_reduction<std::uint32_t>(what, a.data, b.data, n, par);
    case type::u64: return run_reduction<std::uint64_t>(what, a.data, b.data, n, par);
    case type::f32: return run_reduction<float>(what, a.data, b.data, n, par);
    default: return run_reduction<double>(what, a.data, b.data, n, par);
  }
}

namespace {

template <class T>
void softmax_row(const T* x, T* y, std::size_t n, type t, executor* par) {
  const T most = whole<T, max_step<T>>(n, par, [x](std::size_t i) { return x[i]; });
  const auto exp =
      lanes::detail::kernels().alu[static_cast<std::size_t>(opcode::exp)][static_cast<std::size_t>(t)];
  for_chunks(par, n, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) y[i] = x[i] - most;
    exp(y + begin, y + begin, nullptr, nullptr, end - begin);
  });
  const T total = whole<T, sum_step<T>>(n, par, [y](std::size_t i) { return y[i]; });
  for_chunks(par, n, [&](std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) y[i] /= total;
  });
}

}  // namespace

void softmax(type t, erased a, void* out, std::size_t out_len, std::size_t rows, std::size_t cols,
             executor* par) {
  if (cols != 0 && rows > (std::size_t{1} << 56) / cols)
    throw fault(errc::invalid_argument, "softmax: too many elements");
  const std::size_t n = rows * cols;
  const std::array<std::size_t, 1> needs{n};
  check_operands("softmax", std::span(&a, 1), needs, out, out_len, n, n * size_bytes(t), true);
  for (std::size_t r = 0; r < rows && cols != 0; ++r) {
    if (t == type::f32) {
      softmax_row(static_cast<const float*>(a.data) + r * cols, static_cast<float*>(out) + r * cols, cols, t,
                  par);
    } else {
      softmax_row(static_cast<const double*>(a.data) + r * cols, static_cast<double*>(out) + r * cols, cols,
                  t, par);
    }
  }
}

}  // namespace twill::lanes::ops::detail
