// SPDX-License-Identifier: Apache-2.0
#include "twill/lanes/case.hpp"

#include "case/expectation.hpp"
#include "program/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <map>
#include <utility>

namespace twill::lanes {
namespace {

namespace json = twill::table::json;
using detail::bad_json;
using detail::integer;
using detail::member;
using detail::only_keys;
using detail::text_of;

constexpr std::uint64_t any = std::numeric_limits<std::uint64_t>::max();

dim3 read_dim(const json::value& v) {
  if (!v.is_array() || v.size() != 3) bad_json(v, "expected [x, y, z]");
  auto at = v.begin();
  const auto next = [&] { return static_cast<std::uint32_t>(integer(*at++, 0xffffffffU)); };
  dim3 out;
  out.x = next();
  out.y = next();
  out.z = next();
  return out;
}

launch_config read_launch(const json::value& v) {
  only_keys(v, {"grid", "block", "shared_bytes", "step_limit", "call_depth", "class_mode", "batch",
                "memory_limit"});
  launch_config out;
  if (const auto x = v.find("grid")) out.grid = read_dim(*x);
  if (const auto x = v.find("block")) out.block = read_dim(*x);
  if (const auto x = v.find("shared_bytes")) out.shared_bytes = integer(*x, any);
  if (const auto x = v.find("step_limit")) out.step_limit = integer(*x, any);
  if (const auto x = v.find("call_depth"))
    out.call_depth = static_cast<std::uint32_t>(integer(*x, 0xffffffffU));
  if (const auto x = v.find("batch")) out.batch = static_cast<unsigned>(integer(*x, 65'536));
  if (const auto x = v.find("memory_limit")) out.memory_limit = integer(*x, any);
  if (const auto x = v.find("class_mode")) {
    const std::string_view mode = text_of(*x);
    if (mode == "block_mod_96") {
      out.class_mode = class_mode_kind::block_mod_96;
    } else if (mode != "zero") {
      bad_json(*x, fmt::format("no class mode is named \"{}\"", mode));
    }
  }
  return out;
}

// What a buffer starts with: values, or so many zeros.
struct contents {
  std::vector<std::byte> data;
  std::uint64_t bytes = 0;
};

contents read_data(const json::value& buffer) {
  only_keys(buffer, {"ty", "data", "len"});
  const type t = detail::type_at(member(buffer, "ty"));
  std::vector<std::byte> out;
  if (const auto data = buffer.find("data")) {
    if (!data->is_array()) bad_json(*data, "expected an array of numbers");
    out.resize(data->size() * size_bytes(t));
    std::size_t at = 0;
    for (const json::value v : *data) {
      const std::uint64_t bits = detail::element_bits(v, t);
      std::memcpy(out.data() + at, &bits, size_bytes(t));
      at += size_bytes(t);
    }
  }
  constexpr std::uint64_t most = std::uint64_t{1} << 40;
  std::uint64_t bytes = out.size();
  if (!buffer.find("data") || buffer.find("len")) {
    bytes = std::max(bytes, integer(member(buffer, "len"), most) * size_bytes(t));
  }
  return {std::move(out), bytes};
}

initial_register read_register(const json::value& v,
                               const std::map<std::string, buffer_handle, std::less<>>& handles) {
  const std::string_view key = v.key();
  initial_register out;
  const std::string number(key.substr(key.empty() ? 0 : 1));
  if (!key.starts_with('r') || number.empty() ||
      number.find_first_not_of("0123456789") != std::string::npos || number.size() > 3 ||
      std::stoul(number) >= register_count) {
    bad_json(v, fmt::format("expected a register r0 to r255, found \"{}\"", key));
  }
  out.reg = static_cast<std::uint16_t>(std::stoul(number));
  if (const auto buffer = v.find("buffer")) {
    only_keys(v, {"buffer"});
    const auto found = handles.find(text_of(*buffer));
    if (found == handles.end()) bad_json(*buffer, fmt::format("no buffer is named \"{}\"", text_of(*buffer)));
    out.bits = found->second;
    return out;
  }
  only_keys(v, {"ty", "value", "real"});
  out.ty = detail::type_at(member(v, "ty"));
  if (const auto real = v.find("real")) {
    out.bits = detail::bits_at(*real, out.ty, true);
  } else {
    out.bits = detail::element_bits(member(v, "value"), out.ty);
  }
  return out;
}

}  // namespace

case_report run_case(std::string text, const std::string& name, const case_options& options) {
  const json::document document = detail::parse_document(std::move(text), name);
  const json::value root = document.root();
  only_keys(root,
            {"format", "name", "covers", "note", "launch", "registers", "program", "buffers", "expect"});
  const json::value format = member(root, "format");
  if (text_of(format) != "twill.lanes.case/1") bad_json(format, "expected the format \"twill.lanes.case/1\"");

  executor machine(options.executor);
  std::map<std::string, buffer_handle, std::less<>> handles;
  if (const auto buffers = root.find("buffers")) {
    if (!buffers->is_object()) bad_json(*buffers, "expected an object of buffers");
    std::uint64_t left = options.memory_limit;
    for (const json::value v : *buffers) {
      const contents c = read_data(v);
      if (c.bytes > left) {
        throw fault({.code = errc::out_of_memory, .numbers = {c.bytes, left}, .where = v.where()});
      }
      left -= c.bytes;
      const buffer_handle h = machine.allocate_buffer(c.bytes);
      machine.copy_to_buffer(h, c.data);
      handles.emplace(v.key(), h);
    }
  }
  execution_params params;
  if (const auto launch = root.find("launch")) params.launch = read_launch(*launch);
  if (options.batch != 0) params.launch.batch = options.batch;
  params.launch.memory_limit = std::min(params.launch.memory_limit, options.memory_limit);
  params.launch.time_limit_ms = options.time_limit_ms;
  if (const auto registers = root.find("registers")) {
    if (!registers->is_object()) bad_json(*registers, "expected an object of registers");
    for (const json::value v : *registers) params.registers.push_back(read_register(v, handles));
  }
  case_report report;
  report.name = name;
  if (const auto given = root.find("name")) report.name = text_of(*given);
  const json::value expect = member(root, "expect");
  const auto handle_of = [&](std::string_view buffer) -> std::optional<std::uint64_t> {
    const auto found = handles.find(buffer);
    if (found == handles.end()) return std::nullopt;
    return found->second;
  };
  // A program that cannot even be read may be what the case is about.
  try {
    const program p = detail::read_program(member(root, "program"), handle_of);
    report.result = machine.launch(p, params);
  } catch (const fault& f) {
    report.fault = f.info();
  }
  report.activity = machine.activity();
  detail::compare(expect, report, machine, handle_of);
  report.passed = report.differences.empty();
  return report;
}

}  // namespace twill::lanes
