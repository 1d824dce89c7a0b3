// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

/// The loops that a person would write instead, compiled for this very machine.
namespace native {

void add(const float* a, const float* b, float* c, std::size_t n);
void saxpy(float alpha, const float* x, float* y, std::size_t n);
void sigmoid(const float* a, float* c, std::size_t n);
/// One element after the other, by the exponential of the C library.
void sigmoid_scalar(const float* a, float* c, std::size_t n);
void trips(const float* a, const std::uint32_t* counts, float* c, std::size_t n);
void foretold(const float* a, float* c, std::size_t n);
void gather(const float* a, const std::uint32_t* index, float* c, std::size_t n);
void resonance(const std::uint8_t* classes, double* sums, std::size_t n);
float sum(const float* a, std::size_t n);
void copy(const float* a, float* c, std::size_t n);
float dot(const float* a, const float* b, std::size_t n);
void softmax(const float* a, float* c, std::size_t n);

// The same with `omp parallel for` on a number of threads; one thread where the compiler has no OpenMP.
void add_openmp(const float* a, const float* b, float* c, std::size_t n, int threads);
void saxpy_openmp(float alpha, const float* x, float* y, std::size_t n, int threads);
void sigmoid_openmp(const float* a, float* c, std::size_t n, int threads);
float sum_openmp(const float* a, std::size_t n, int threads);

}  // namespace native
