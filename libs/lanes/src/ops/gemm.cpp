// SPDX-License-Identifier: Apache-2.0
#include "ops/gemm.hpp"

#include "ops/chunks.hpp"
#include "twill/base/cpu.hpp"
#include "twill/base/memory.hpp"

#include <algorithm>
#include <array>

namespace twill::lanes::ops::detail {
namespace {

constexpr std::size_t block_rows = 96;
constexpr std::size_t block_cols = 1536;
constexpr std::size_t rows_threshold = 100;  // fewer rows run on the calling thread

const gemm_kernels& chosen() {
  static const std::array all{gemm_baseline(), gemm_avx2(), gemm_avx512()};
  return all.at(static_cast<std::size_t>(active_simd_level()));
}

std::size_t rounded(std::size_t n, std::size_t to) { return (n + to - 1) / to * to; }

// B[k0.., j0..] as panels of `cols` columns, zeros beyond the edge.
template <class T>
void pack_b(const T* b, std::size_t ldb, std::size_t depth, std::size_t width, std::size_t cols, T* out) {
  for (std::size_t j = 0; j < width; j += cols) {
    const std::size_t n = std::min(cols, width - j);
    for (std::size_t k = 0; k < depth; ++k) {
      for (std::size_t i = 0; i < n; ++i) out[i] = b[k * ldb + j + i];
      for (std::size_t i = n; i < cols; ++i) out[i] = T{0};
      out += cols;
    }
  }
}

template <class T>
void pack_a(const T* a, std::size_t lda, std::size_t depth, std::size_t height, std::size_t rows, T* out) {
  for (std::size_t i = 0; i < height; i += rows) {
    const std::size_t n = std::min(rows, height - i);
    for (std::size_t k = 0; k < depth; ++k) {
      for (std::size_t r = 0; r < n; ++r) out[r] = a[(i + r) * lda + k];
      for (std::size_t r = n; r < rows; ++r) out[r] = T{0};
      out += rows;
    }
  }
}

template <class T>
struct product {
  gemm_kernel<T> kernel;
  const T* a;
  const T* b;
  T* c;
  std::size_t k;
  std::size_t n;

  // One packed block of A times one of B.
  void block(const T* pa, const T* pb, std::size_t i0, std::size_t height, std::size_t j0, std::size_t width,
             std::size_t depth, bool add) const {
    const std::size_t rows = kernel.rows;
    const std::size_t cols = kernel.cols;
    std::array<T, 1024> edge;  // larger than any tile
    for (std::size_t j = 0; j < width; j += cols) {
      for (std::size_t i = 0; i < height; i += rows) {
        T* const to = c + (i0 + i) * n + j0 + j;
        const T* const left = pa + i * depth;
        const T* const right = pb + j * depth;
        if (i + rows <= height && j + cols <= width) {
          kernel.run(left, right, to, depth, n, add);
          continue;
        }
        kernel.run(left, right, edge.data(), depth, cols, false);
        for (std::size_t r = 0; r < std::min(rows, height - i); ++r) {
          for (std::size_t q = 0; q < std::min(cols, width - j); ++q) {
            const T v = edge[r * cols + q];
            to[r * n + q] = add ? to[r * n + q] + v : v;
          }
        }
      }
    }
  }

  void strip(std::size_t begin, std::size_t end) const {
    aligned_buffer<T> pb(rounded(std::min(block_cols, n), kernel.cols) * std::min(gemm_depth, k));
    aligned_buffer<T> pa(rounded(block_rows, kernel.rows) * std::min(gemm_depth, k));
    for (std::size_t j0 = 0; j0 < n; j0 += block_cols) {
      const std::size_t width = std::min(block_cols, n - j0);
      for (std::size_t k0 = 0; k0 < k; k0 += gemm_depth) {
        const std::size_t depth = std::min(gemm_depth, k - k0);
        pack_b(b + k0 * n + j0, n, depth, width, kernel.cols, pb.data());
        for (std::size_t i0 = begin; i0 < end; i0 += block_rows) {
          const std::size_t height = std::min(block_rows, end - i0);
          pack_a(a + i0 * k + k0, k, depth, height, kernel.rows, pa.data());
          block(pa.data(), pb.data(), i0, height, j0, width, depth, k0 != 0);
        }
      }
    }
  }
};

template <class T>
void multiply(const gemm_kernel<T>& kernel, const void* a, const void* b, void* c, std::size_t m,
              std::size_t k, std::size_t n, executor* par) {
  const product<T> p{kernel, static_cast<const T*>(a), static_cast<const T*>(b), static_cast<T*>(c), k, n};
  if (par == nullptr || m < rows_threshold) {
    p.strip(0, m);
    return;
  }
  // Each strip computes its elements as the whole would: where the cuts are changes no bit.
  const std::size_t strips = std::min(par->threads(), m / rows_threshold + 1);
  const std::size_t height = rounded((m + strips - 1) / strips, kernel.rows);
  par->for_each_chunk((m + height - 1) / height,
                      [&](std::size_t i) { p.strip(i * height, std::min(m, (i + 1) * height)); });
}

}  // namespace

void gemm(type t, erased a, erased b, void* c, std::size_t c_len, std::size_t m, std::size_t k, std::size_t n,
          executor* par) {
  __extension__ using wide = unsigned __int128;
  for (const wide size : {static_cast<wide>(m) * k, static_cast<wide>(k) * n, static_cast<wide>(m) * n}) {
    if (size > (std::size_t{1} << 56))
      throw fault(errc::invalid_argument, "gemm: a matrix of more than 2^56 elements");
  }
  const std::array in{a, b};
  const std::array<std::size_t, 2> needs{m * k, k * n};
  check_operands("gemm", in, needs, c, c_len, m * n, m * n * size_bytes(t), false);
  if (m * n == 0) return;
  if (k == 0) {
    std::fill_n(static_cast<std::byte*>(c), m * n * size_bytes(t), std::byte{0});
    return;
  }
  if (t == type::f32) {
    multiply<float>(chosen().f32, a.data, b.data, c, m, k, n, par);
  } else {
    multiply<double>(chosen().f64, a.data, b.data, c, m, k, n, par);
  }
}

}  // namespace twill::lanes::ops::detail
