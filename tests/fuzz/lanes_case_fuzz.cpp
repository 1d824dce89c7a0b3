// SPDX-License-Identifier: Apache-2.0
// Any text as a case file: refused with a fault that has a place, or run to a verdict within small limits.
#include "fuzz.hpp"
#include "twill/lanes/case.hpp"

#include <cstddef>
#include <cstdint>
#include <string>

namespace lanes = twill::lanes;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const lanes::case_options options{
      .executor = {.threads = 1}, .batch = 8, .memory_limit = 8192, .time_limit_ms = 100};
  try {
    const lanes::case_report report = lanes::run_case(std::string(data, data + size), "case", options);
    require(report.passed == report.differences.empty());
  } catch (const lanes::fault& f) {
    require(f.kind() == lanes::errc::invalid_program || f.kind() == lanes::errc::out_of_memory);
    require(!f.where().empty());
  }
  return 0;
}
