// SPDX-License-Identifier: Apache-2.0
// Any text as a kernel, in the language or as JSON: a valid program, or a fault with a place.
#include "fuzz.hpp"
#include "twill/lanes/kernel.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace lanes = twill::lanes;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  try {
    const lanes::kernel k =
        text.starts_with('{') ? lanes::kernel::compile_json(text) : lanes::kernel::compile(text);
    k.code().validate();
  } catch (const lanes::fault& f) {
    require(f.kind() == lanes::errc::invalid_program);
    require(!f.where().empty());
  }
  return 0;
}
