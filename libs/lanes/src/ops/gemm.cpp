// SPDX-License-Identifier: Apache-2.0
#include "ops/gemm.hpp"

#include "ops/chunks.hpp"
#include "ops/folded.hpp"
#include "twill/base/cpu.hpp"
#include "twill/base/memory.hpp"
#include "twill/lanes/ops/matrix.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

namespace twill::lanes::ops::detail {
namespace {

constexpr std::size_t block_rows = 96;
constexpr std::size_t block_cols = 1536;

const gemm_kernels& chosen() {
  static const std::array all{gemm_baseline(), gemm_avx2(), gemm_avx512()};
  return all.at(static_cast<std::size_t>(active_simd_level()));
}

std::size_t rounded(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

// A matrix by the distances from one row, and from one column, to the next: transposed ones swap the two.
template <class T>
struct strided {
  const T* data;
  std::size_t row;
  std::size_t column;
  [[nodiscard]] strided at(std::size_t i, std::size_t j) const {
    return {data + i * row + j * column, row, column};
  }
};

// A block of B as panels of `cols` columns, zeros beyond the edge.
template <class T>
void pack_b(const strided<T>& b, std::size_t depth, std::size_t width, std::size_t cols, T* out) {
  for (std::size_t j = 0; j < width; j += cols) {
    const std::size_t n = std::min(cols, width - j);
    for (std::size_t k = 0; k < depth; ++k) {
      const T* const from = b.data + k * b.row + j * b.column;
      if (b.column == 1 && n == cols) {
        std::memcpy(out, from, cols * sizeof(T));
      } else {
        for (std::size_t i = 0; i < n; ++i) out[i] = from[i * b.column];
        for (std::size_t i = n; i < cols; ++i) out[i] = T{0};
      }
      out += cols;
    }
  }
}

template <class T>
void pack_a(const strided<T>& a, T alpha, std::size_t depth, std::size_t height, std::size_t rows, T* out) {
  for (std::size_t i = 0; i < height; i += rows) {
    const std::size_t n = std::min(rows, height - i);
    for (std::size_t k = 0; k < depth; ++k) {
      const T* const from = a.data + i * a.row + k * a.column;
      for (std::size_t r = 0; r < n; ++r) out[r] = from[r * a.row];
      for (std::size_t r = n; r < rows; ++r) out[r] = T{0};
      out += rows;
    }
  }
  if (alpha == T{1}) return;
  const std::size_t all = (height + rows - 1) / rows * rows * depth;
  for (T* p = out - all; p != out; ++p) *p *= alpha;
}

template <class T>
struct product {
  gemm_kernel<T> kernel;
  strided<T> a;
  strided<T> b;
  T* c;
  std::size_t ldc;
  std::size_t k;
  std::size_t n;
  T alpha;
  T beta;

  // One packed block of A times one of B.
  void block(const T* pa, const T* pb, std::size_t i0, std::size_t height, std::size_t j0, std::size_t width,
             std::size_t depth, bool add) const {
    const std::size_t rows = kernel.rows;
    const std::size_t cols = kernel.cols;
    std::array<T, 1024> edge;  // larger than any tile
    for (std::size_t j = 0; j < width; j += cols) {
      for (std::size_t i = 0; i < height; i += rows) {
        T* const to = c + (i0 + i) * ldc + j0 + j;
        const T* const left = pa + i * depth;
        const T* const right = pb + j * depth;
        if (i + rows <= height && j + cols <= width) {
          kernel.run(left, right, to, depth, ldc, add);
          continue;
        }
        kernel.run(left, right, edge.data(), depth, cols, false);
        for (std::size_t r = 0; r < std::min(rows, height - i); ++r) {
          for (std::size_t q = 0; q < std::min(cols, width - j); ++q) {
            const T v = edge[r * cols + q];
            to[r * ldc + q] = add ? to[r * ldc + q] + v : v;
          }
        }
      }
    }
  }

  // What C holds before anything is added: nothing is read where beta is 0.
  void scale(std::size_t begin, std::size_t end) const {
    if (beta == T{1}) return;
    for (std::size_t i = begin; i < end; ++i) {
      T* const row = c + i * ldc;
      for (std::size_t j = 0; j < n; ++j) row[j] = beta == T{0} ? T{0} : row[j] * beta;
    }
  }

  void strip(std::size_t begin, std::size_t end) const {
    const bool nothing = k == 0 || alpha == T{0};
    if (nothing || beta != T{0}) scale(begin, end);
    if (nothing) return;
    aligned_buffer<T> pb(rounded(std::min(block_cols, n), kernel.cols) * std::min(gemm_depth, k));
    aligned_buffer<T> pa(rounded(block_rows, kernel.rows) * std::min(gemm_depth, k));
    for (std::size_t j0 = 0; j0 < n; j0 += block_cols) {
      const std::size_t width = std::min(block_cols, n - j0);
      for (std::size_t k0 = 0; k0 < k; k0 += gemm_depth) {
        const std::size_t depth = std::min(gemm_depth, k - k0);
        pack_b(b.at(k0, j0), depth, width, kernel.cols, pb.data());
        for (std::size_t i0 = begin; i0 < end; i0 += block_rows) {
          const std::size_t height = std::min(block_rows, end - i0);
          pack_a(a.at(i0, k0), alpha, depth, height, kernel.rows, pa.data());
          block(pa.data(), pb.data(), i0, height, j0, width, depth, k0 != 0 || beta != T{0});
        }
      }
    }
  }
};

template <class T>
T scalar_or(const void* at, T otherwise) {
  if (at != nullptr) std::memcpy(&otherwise, at, sizeof(T));
  return otherwise;
}

// How a matrix of `rows` x `cols`, transposed or not, is stored.
struct storage {
  std::size_t need;
  std::size_t stride;
};
storage stored(std::string_view which, std::size_t rows, std::size_t cols, bool transposed, std::size_t ld) {
  if (transposed) std::swap(rows, cols);
  if (ld == 0) ld = std::max<std::size_t>(cols, 1);
  if (ld < cols) {
    throw fault(errc::invalid_argument,
                "gemm: the leading dimension of " + std::string(which) + " is below the length of a row");
  }
  static_cast<void>(size_of("gemm", {rows, ld}));
  return {rows == 0 || cols == 0 ? 0 : (rows - 1) * ld + cols, ld};
}

template <class T>
void multiply(const gemm_kernel<T>& kernel, const gemm_call& g, std::size_t lda, std::size_t ldb,
              std::size_t ldc) {
  const auto view = [](const void* data, std::size_t ld, bool transposed) {
    return strided<T>{static_cast<const T*>(data), transposed ? 1 : ld, transposed ? ld : 1};
  };
  const product<T> p{.kernel = kernel,
                     .a = view(g.a.data, lda, g.transpose_a),
                     .b = view(g.b.data, ldb, g.transpose_b),
                     .c = static_cast<T*>(g.c),
                     .ldc = ldc,
                     .k = g.k,
                     .n = g.n,
                     .alpha = scalar_or(g.alpha, T{1}),
                     .beta = scalar_or(g.beta, T{0})};
  if (g.par == nullptr || g.m < parallel_rows_threshold) {
    p.strip(0, g.m);
    return;
  }
  // Each strip computes its elements as the whole would: where the cuts are changes no bit.
  const std::size_t strips = std::min(g.par->threads(), g.m / parallel_rows_threshold + 1);
  const std::size_t height = rounded((g.m + strips - 1) / strips, kernel.rows);
  g.par->for_each_chunk((g.m + height - 1) / height,
                        [&](std::size_t i) { p.strip(i * height, std::min(g.m, (i + 1) * height)); });
}

template <class T>
void transpose_block(const T* from, T* to, std::size_t rows, std::size_t cols, std::size_t begin,
                     std::size_t end) {
  constexpr std::size_t tile = 16;
  for (std::size_t j0 = begin; j0 < end; j0 += tile) {
    for (std::size_t i0 = 0; i0 < rows; i0 += tile) {
      for (std::size_t j = j0; j < std::min(end, j0 + tile); ++j) {
        for (std::size_t i = i0; i < std::min(rows, i0 + tile); ++i) to[j * rows + i] = from[i * cols + j];
      }
    }
  }
}

}  // namespace

void gemm(const gemm_call& g) {
  const storage a = stored("A", g.m, g.k, g.transpose_a, g.lda);
  const storage b = stored("B", g.k, g.n, g.transpose_b, g.ldb);
  const storage c = stored("C", g.m, g.n, false, g.ldc);
  const std::size_t size = size_bytes(g.ty);
  const std::array in{wanted{g.a, a.need, size}, wanted{g.b, b.need, size}};
  check_operands("gemm", in, {{g.c, g.c_len}, c.need, size}, false);
  if (g.m == 0 || g.n == 0) return;
  const gemm_kernels& k = chosen();
  switch (g.ty) {
    case type::f32: return multiply(k.f32, g, a.stride, b.stride, c.stride);
    case type::f64: return multiply(k.f64, g, a.stride, b.stride, c.stride);
    default: return multiply(k.i32, g, a.stride, b.stride, c.stride);
  }
}

void matvec(type t, erased a, erased x, void* y, std::size_t y_len, std::size_t m, std::size_t n,
            executor* par) {
  const std::size_t size = size_bytes(t);
  const std::array in{wanted{a, size_of("matvec", {m, n}), size}, wanted{x, n, size}};
  check_operands("matvec", in, {{y, y_len}, m, size}, false);
  const auto rows = [&]<class T>(std::type_identity<T>) {
    const auto* const matrix = static_cast<const T*>(a.data);
    const auto* const right = static_cast<const T*>(x.data);
    auto* const out = static_cast<T*>(y);
    const auto some = [&](std::size_t begin, std::size_t end, executor* on) {
      for (std::size_t i = begin; i < end; ++i)
        out[i] = folded<T>(fold_kind::dot, {matrix + i * n, n}, right, on);
    };
    if (m < parallel_rows_threshold) return some(0, m, par);  // long rows are shared out themselves
    for_rows(par, m, n, [&](std::size_t begin, std::size_t end) { some(begin, end, nullptr); });
  };
  switch (t) {
    case type::f32: return rows(std::type_identity<float>{});
    case type::f64: return rows(std::type_identity<double>{});
    default: return rows(std::type_identity<std::int32_t>{});
  }
}

void transpose(std::size_t size, erased a, void* out, std::size_t out_len, std::size_t rows, std::size_t cols,
               executor* par) {
  const std::size_t n = size_of("transpose2d", {rows, cols});
  const std::array in{wanted{a, n, size}};
  check_operands("transpose2d", in, {{out, out_len}, n, size}, false);
  if (n == 0) return;
  const auto each = [&]<class T>(std::type_identity<T>) {
    for_rows(par, cols, rows, [&](std::size_t begin, std::size_t end) {
      transpose_block(static_cast<const T*>(a.data), static_cast<T*>(out), rows, cols, begin, end);
    });
  };
  switch (size) {
    case 1: return each(std::type_identity<std::uint8_t>{});
    case 2: return each(std::type_identity<std::uint16_t>{});
    case 4: return each(std::type_identity<std::uint32_t>{});
    default: return each(std::type_identity<std::uint64_t>{});
  }
}

}  // namespace twill::lanes::ops::detail
