// SPDX-License-Identifier: Apache-2.0
#include "ops/chunks.hpp"

#include <fmt/format.h>

namespace twill::lanes::ops::detail {

std::size_t size_of(std::string_view name, std::initializer_list<std::size_t> factors) {
  constexpr std::size_t most = std::size_t{1} << 56;
  std::size_t n = 1;
  for (const std::size_t f : factors) {
    if (f == 0) return 0;
  }
  for (const std::size_t f : factors) {
    if (n > most / f) {
      throw fault(errc::invalid_argument, fmt::format("{}: an array of more than 2^56 elements", name));
    }
    n *= f;
  }
  return n;
}

void check_operands(std::string_view name, std::span<const wanted> in, const wanted& out, bool in_place) {
  for (std::size_t k = 0; k < in.size(); ++k) need_elements(name, k, in[k].what.len, in[k].need);
  need_elements(name, in.size(), out.what.len, out.need);
  const auto first = reinterpret_cast<std::uintptr_t>(out.what.data);
  const std::size_t bytes_out = out.need * out.size;
  for (std::size_t k = 0; k < in.size(); ++k) {
    const auto begin = reinterpret_cast<std::uintptr_t>(in[k].what.data);
    const std::size_t bytes = in[k].need * in[k].size;
    if (bytes == 0 || bytes_out == 0 || begin >= first + bytes_out || first >= begin + bytes) continue;
    if (in_place && begin == first && in[k].size == out.size) continue;
    throw fault(errc::invalid_argument, fmt::format("{}: operand {} and the output overlap", name, k));
  }
}

}  // namespace twill::lanes::ops::detail
