// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>

/// What libFuzzer and the replay driver call with one input.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// An invariant of the code under test; the abort is what the fuzzer records.
inline void require(bool condition) {
  if (!condition) std::abort();
}
