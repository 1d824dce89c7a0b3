// SPDX-License-Identifier: Apache-2.0
// Numbers: what parse_double accepts is what the C library reads from the whole text, to the bit; what it
// writes reads back; integers agree with doubles.
#include "fuzz.hpp"
#include "twill/base/number.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto parsed = twill::parse_double(text);
  if (parsed) {
    char* end = nullptr;
    const double reference = std::strtod(text.c_str(), &end);
    require(end == text.c_str() + text.size());
    require(std::bit_cast<std::uint64_t>(reference) == std::bit_cast<std::uint64_t>(parsed.value));
    const auto again = twill::parse_double(twill::shortest(parsed.value));
    require(again && std::bit_cast<std::uint64_t>(again.value) == std::bit_cast<std::uint64_t>(parsed.value));
  } else {
    require(!twill::describe(parsed.fault).empty());
  }
  const auto integer = twill::parse_int64(text);
  if (integer) require(parsed && static_cast<double>(integer.value) == parsed.value);
  const auto natural = twill::parse_uint64(text);
  if (natural && integer) require(natural.value == static_cast<std::uint64_t>(integer.value));
  if (natural) require(parsed && static_cast<double>(natural.value) == parsed.value);
  return 0;
}
