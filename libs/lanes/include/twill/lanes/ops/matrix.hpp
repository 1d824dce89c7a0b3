// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/ops/operand.hpp"

namespace twill::lanes::ops {

/// How a product of matrices is taken: C = alpha op(A) op(B) + beta C. A leading dimension is the distance,
/// in elements, from one row to the next as the matrix is stored; 0 means that rows are dense.
template <class T>
struct gemm_options {
  T alpha = T{1};            ///< factor of the product
  T beta = T{0};             ///< 0: what C held is not read
  bool transpose_a = false;  ///< op(A) is its transpose
  bool transpose_b = false;  ///< op(B) is its transpose
  std::size_t lda = 0;       ///< leading dimension of A
  std::size_t ldb = 0;       ///< leading dimension of B
  std::size_t ldc = 0;       ///< leading dimension of C
};

/// f32, f64, and i32, which wraps.
template <class T>
concept matrix_element = real_element<T> || std::same_as<std::remove_cv_t<T>, std::int32_t>;
template <class R>
concept matrix_range = operand_range<R> && matrix_element<std::ranges::range_value_t<R>>;

namespace detail {

/// `gemm_options` with their element type forgotten.
struct gemm_call {
  type ty;
  erased a;
  erased b;
  void* c;
  std::size_t c_len;
  std::size_t m;
  std::size_t k;
  std::size_t n;
  executor* par = nullptr;
  const void* alpha = nullptr;  // null: 1
  const void* beta = nullptr;   // null: 0
  bool transpose_a = false;
  bool transpose_b = false;
  std::size_t lda = 0;
  std::size_t ldb = 0;
  std::size_t ldc = 0;
};
void gemm(const gemm_call& call);
void matvec(type t, erased a, erased x, void* y, std::size_t y_len, std::size_t m, std::size_t n,
            executor* par);
void transpose(std::size_t size, erased a, void* out, std::size_t out_len, std::size_t rows, std::size_t cols,
               executor* par);

template <class A, class B, class C, class T>
void gemm(executor* ex, const A& a, const B& b, C&& c, std::size_t m, std::size_t k, std::size_t n,
          const gemm_options<T>& o) {
  gemm({.ty = type_for<T>,
        .a = erase(a),
        .b = erase(b),
        .c = std::ranges::data(c),
        .c_len = std::ranges::size(c),
        .m = m,
        .k = k,
        .n = n,
        .par = ex,
        .alpha = &o.alpha,
        .beta = &o.beta,
        .transpose_a = o.transpose_a,
        .transpose_b = o.transpose_b,
        .lda = o.lda,
        .ldb = o.ldb,
        .ldc = o.ldc});
}

}  // namespace detail

/// C = A B, row-major: A of m x k, B of k x n. C is overwritten; k = 0 gives zeros. Each element is within
/// k eps sum |a| |b|, and the same whatever the number of threads. Throws: InvalidArgument where C overlaps A
/// or B, and for a leading dimension below the length of a row.
template <operand_range A, operand_range B, matrix_range C>
  requires operand_of<A, std::ranges::range_value_t<C>> && operand_of<B, std::ranges::range_value_t<C>>
void gemm(const A& a, const B& b, C&& c, std::size_t m, std::size_t k, std::size_t n,
          const gemm_options<std::ranges::range_value_t<C>>& options = {}) {
  detail::gemm(nullptr, a, b, c, m, k, n, options);
}
template <operand_range A, operand_range B, matrix_range C>
  requires operand_of<A, std::ranges::range_value_t<C>> && operand_of<B, std::ranges::range_value_t<C>>
void gemm(executor&, const A& a, const B& b, C&& c, std::size_t m, std::size_t k, std::size_t n,
          const gemm_options<std::ranges::range_value_t<C>>& options = {}) {
  detail::gemm(nullptr, a, b, c, m, k, n, options);
}
template <operand_range A, operand_range B, matrix_range C>
  requires operand_of<A, std::ranges::range_value_t<C>> && operand_of<B, std::ranges::range_value_t<C>>
void gemm_par(executor& ex, const A& a, const B& b, C&& c, std::size_t m, std::size_t k, std::size_t n,
              const gemm_options<std::ranges::range_value_t<C>>& options = {}) {
  detail::gemm(&ex, a, b, c, m, k, n, options);
}

/// y = A x, A of m x n, row-major; each element is a `dot`.
template <operand_range A, operand_range X, matrix_range Y>
  requires operand_of<A, std::ranges::range_value_t<Y>> && operand_of<X, std::ranges::range_value_t<Y>>
void matvec(const A& a, const X& x, Y&& y, std::size_t m, std::size_t n) {
  detail::matvec(detail::type_for<std::ranges::range_value_t<Y>>, detail::erase(a), detail::erase(x),
                 std::ranges::data(y), std::ranges::size(y), m, n, nullptr);
}
template <operand_range A, operand_range X, matrix_range Y>
  requires operand_of<A, std::ranges::range_value_t<Y>> && operand_of<X, std::ranges::range_value_t<Y>>
void matvec(executor&, const A& a, const X& x, Y&& y, std::size_t m, std::size_t n) {
  matvec(a, x, y, m, n);
}
template <operand_range A, operand_range X, matrix_range Y>
  requires operand_of<A, std::ranges::range_value_t<Y>> && operand_of<X, std::ranges::range_value_t<Y>>
void matvec_par(executor& ex, const A& a, const X& x, Y&& y, std::size_t m, std::size_t n) {
  detail::matvec(detail::type_for<std::ranges::range_value_t<Y>>, detail::erase(a), detail::erase(x),
                 std::ranges::data(y), std::ranges::size(y), m, n, &ex);
}

/// C of cols x rows, its rows the columns of A: all element types.
template <operand_range A, operand_range C>
  requires operand_of<A, std::ranges::range_value_t<C>>
void transpose2d(const A& a, C&& c, std::size_t rows, std::size_t cols) {
  detail::transpose(sizeof(std::ranges::range_value_t<C>), detail::erase(a), std::ranges::data(c),
                    std::ranges::size(c), rows, cols, nullptr);
}
template <operand_range A, operand_range C>
  requires operand_of<A, std::ranges::range_value_t<C>>
void transpose2d_par(executor& ex, const A& a, C&& c, std::size_t rows, std::size_t cols) {
  detail::transpose(sizeof(std::ranges::range_value_t<C>), detail::erase(a), std::ranges::data(c),
                    std::ranges::size(c), rows, cols, &ex);
}

}  // namespace twill::lanes::ops
