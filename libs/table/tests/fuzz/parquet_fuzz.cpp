// SPDX-License-Identifier: Apache-2.0
#include "twill/base/error.hpp"
#include "twill/table/parquet.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

/// Any bytes give a table or a twill::error; a table that was read can be written and read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> content = std::as_bytes(std::span(data, size));
  try {
    static_cast<void>(twill::table::inspect_parquet(content, "fuzz"));
    const auto table = twill::table::read_parquet(content, "fuzz", {.memory_limit = std::size_t{16} << 20});
    const auto again = twill::table::encode_parquet(table, {.codec = twill::table::parquet_codec::snappy});
    if (!(twill::table::read_parquet(std::span(again.data(), again.size()), "again") == table))
      __builtin_trap();
  } catch (const twill::error&) {
    return 0;
  }
  return 0;
}
