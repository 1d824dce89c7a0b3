// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

/// What other systems do of the same work. Each gives an empty function where the system was not found when
/// this was built, or does not start.
namespace peers {

using work = std::function<void()>;

/// OpenCL on the processor by PoCL, its device with one thread; the launch and its end, as ours.
[[nodiscard]] work pocl_add(const float* a, const float* b, float* c, std::size_t n);
[[nodiscard]] work pocl_trips(const float* a, const std::uint32_t* counts, float* c, std::size_t n);
/// Work groups of 256 that reverse themselves in local memory.
[[nodiscard]] work pocl_reverse(const float* a, float* c, std::size_t n);

/// OpenMP of the compiler, static schedule, this many threads.
[[nodiscard]] work openmp_add(const float* a, const float* b, float* c, std::size_t n, int threads);

/// c = a b of n x n by OpenBLAS on one thread.
[[nodiscard]] work openblas_gemm(const float* a, const float* b, float* c, std::size_t n);

}  // namespace peers
