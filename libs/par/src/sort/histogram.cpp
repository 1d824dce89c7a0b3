// SPDX-License-Identifier: Apache-2.0
#include "twill/par/detail/sort/histogram.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace twill::par::detail {

void throw_bin_out_of_range(long long bin, std::size_t bins) {
  throw std::out_of_range(
      fmt::format("histogram: an item fell outside of the bins (found bin {}, expected 0 to {})", bin,
                  static_cast<long long>(bins) - 1));
}

void throw_bin_out_of_range(unsigned long long bin, std::size_t bins) {
  throw std::out_of_range(
      fmt::format("histogram: an item fell outside of the bins (found bin {}, expected 0 to {})", bin,
                  static_cast<long long>(bins) - 1));
}

}  // namespace twill::par::detail
