// SPDX-License-Identifier: Apache-2.0
// Any bytes as a program in its three forms: refused with a fault, or read, written back equal, and run to a
// result or a defined fault under small limits.
#include "fuzz.hpp"
#include "twill/lanes/executor.hpp"
#include "twill/lanes/program.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace lanes = twill::lanes;

namespace {

std::optional<lanes::program> read(std::uint8_t form, std::span<const std::uint8_t> data) {
  const std::string text(data.begin(), data.end());
  try {
    if (form % 3 == 0) return lanes::program::from_bytes(std::as_bytes(data));
    if (form % 3 == 1) return lanes::program::parse_json(text);
    return lanes::program::parse_text(text);
  } catch (const lanes::fault& f) {
    require(f.kind() == lanes::errc::invalid_program || f.kind() == lanes::errc::duplicate_label);
    return std::nullopt;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto p = read(data[0], std::span(data, size).subspan(1));
  if (!p) return 0;
  try {
    p->validate();
  } catch (const lanes::fault& f) {
    require(!f.info().at);
    return 0;
  }
  require(lanes::program::from_bytes(p->to_bytes()) == *p);
  require(lanes::program::parse_json(p->to_json()) == *p);
  static lanes::executor ex({.threads = 1});
  static const lanes::buffer_handle h = ex.allocate_buffer(256);
  lanes::execution_params params;
  params.launch.grid.x = 2;
  params.launch.block.x = 5;
  params.launch.shared_bytes = 64;
  params.launch.step_limit = 300;
  params.launch.call_depth = 20;
  params.launch.memory_limit = 1 << 20;
  params.launch.batch = 1 + data[0] % 8;
  params.registers = {{.reg = 1, .bits = h}};
  for (const auto& i : p->code()) {
    // Whole arrays of any size are the operations library's business and have time limits of their own kind.
    if (lanes::is_whole_array(i.op)) return 0;
  }
  try {
    static_cast<void>(ex.launch(*p, params));
  } catch (const lanes::fault& f) {
    require(f.info().at.has_value());
  }
  return 0;
}
