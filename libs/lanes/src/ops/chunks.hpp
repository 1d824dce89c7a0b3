// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/lanes/ops.hpp"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>

namespace twill::lanes::ops::detail {

/// Calls `piece(begin, end)` for each chunk: on the executor's threads from the threshold on, else one after
/// another.
template <class F>
void for_chunks(executor* par, std::size_t n, const F& piece) {
  const auto chunk = [&](std::size_t i) {
    piece(i * parallel_chunk_size, std::min(n, (i + 1) * parallel_chunk_size));
  };
  if (par != nullptr && n >= parallel_threshold) {
    par->for_each_chunk(chunk_count(n), chunk);
  } else {
    for (std::size_t i = 0; i < chunk_count(n); ++i) chunk(i);
  }
}

/// Every operand has as many elements as are needed, and none overlaps the output unless it is the output and
/// `in_place`. Throws: fault.
void check_operands(std::string_view name, std::span<const erased> in, std::span<const std::size_t> needs,
                    const void* out, std::size_t out_len, std::size_t need_out, std::size_t bytes_out,
                    bool in_place);

}  // namespace twill::lanes::ops::detail
