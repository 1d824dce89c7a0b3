// SPDX-License-Identifier: Apache-2.0
#include "kernel/kernels.hpp"
#include "kernel/series.hpp"

#include <type_traits>

namespace twill::dmm::detail {
namespace {

using vd [[gnu::vector_size(16)]] = double;
using vu [[gnu::vector_size(16)]] = std::uint64_t;

}  // namespace
}  // namespace twill::dmm::detail

#include "kernel/kernels.inc"

namespace twill::dmm::detail {

const kernels baseline_kernels = these_kernels;

}  // namespace twill::dmm::detail
