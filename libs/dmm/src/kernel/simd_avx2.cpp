// SPDX-License-Identifier: Apache-2.0
#include "kernel/kernels.hpp"
#include "kernel/series.hpp"

#include <type_traits>

// Compiled for this level where the build found an x86-64 compiler; elsewhere the next lower one stands in.
#if defined(__AVX2__)
namespace twill::dmm::detail {
namespace {

using vd [[gnu::vector_size(32)]] = double;
using vu [[gnu::vector_size(32)]] = std::uint64_t;

}  // namespace
}  // namespace twill::dmm::detail

#include "kernel/kernels.inc"

namespace twill::dmm::detail {

const kernels avx2_kernels = these_kernels;

}  // namespace twill::dmm::detail
#else
namespace twill::dmm::detail {

const kernels avx2_kernels = baseline_kernels;

}  // namespace twill::dmm::detail
#endif
