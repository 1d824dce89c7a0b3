// SPDX-License-Identifier: Apache-2.0
#include "case/expectation.hpp"

#include "isa/half.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace twill::lanes::detail {
namespace {

bool is_nan(std::uint64_t bits, type t) {
  switch (t) {
    case type::f64: return std::isnan(std::bit_cast<double>(bits));
    case type::f32: return std::isnan(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    case type::f16: return std::isnan(f16_to(static_cast<std::uint16_t>(bits)));
    case type::bf16: return std::isnan(bf16_to(static_cast<std::uint16_t>(bits)));
    default: return false;
  }
}

// Bit for bit, except that any NaN equals any NaN.
bool same(std::uint64_t a, std::uint64_t b, type t) { return a == b || (is_nan(a, t) && is_nan(b, t)); }

std::string shown(std::uint64_t bits, type t) {
  switch (t) {
    case type::f64: return fmt::format("{}", std::bit_cast<double>(bits));
    case type::f32: return fmt::format("{}", std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
    case type::f16: return fmt::format("{}", f16_to(static_cast<std::uint16_t>(bits)));
    case type::bf16: return fmt::format("{}", bf16_to(static_cast<std::uint16_t>(bits)));
    default: break;
  }
  if (is_unsigned(t)) return fmt::format("{}", bits);
  const auto unused = static_cast<unsigned>(64 - 8 * size_bytes(t));
  return fmt::format("{}", static_cast<std::int64_t>(bits << unused) >> unused);
}

void compare_buffer(const json::value& expected, case_report& report, const executor& machine,
                    std::uint64_t handle) {
  only_keys(expected, {"ty", "data"});
  const type t = type_at(member(expected, "ty"));
  const json::value data = member(expected, "data");
  const auto bytes = machine.map(handle);
  const std::size_t size = size_bytes(t);
  if (!data.is_array()) bad_json(data, "expected an array of numbers");
  if (data.size() * size > bytes.size()) {
    report.differences.push_back(fmt::format("buffer {}: {} bytes expected, it has {}", expected.key(),
                                             data.size() * size, bytes.size()));
    return;
  }
  std::size_t i = 0;
  for (const json::value v : data) {
    const std::uint64_t wanted = element_bits(v, t);
    std::uint64_t got = 0;
    std::memcpy(&got, bytes.data() + i * size, size);
    if (!same(wanted, got, t)) {
      report.differences.push_back(fmt::format("buffer {}: element {} is {}, expected {}", expected.key(), i,
                                               shown(got, t), shown(wanted, t)));
      return;
    }
    ++i;
  }
}

// Classes that are not listed have the sum 0, whether lanes added to them or not.
void compare_resonance(const json::value& expected, case_report& report) {
  std::array<double, 96> wanted{};
  for (const json::value v : expected) {
    std::size_t cls = 96;
    if (v.key().size() <= 2 && !v.key().empty() &&
        v.key().find_first_not_of("0123456789") == std::string_view::npos) {
      cls = std::stoul(std::string(v.key()));
    }
    if (cls >= 96) bad_json(v, "expected a class from 0 to 95");
    wanted.at(cls) = std::bit_cast<double>(element_bits(v, type::f64));
  }
  for (std::size_t c = 0; c < wanted.size(); ++c) {
    const double got = report.result.resonance.at(c);
    if (!same(std::bit_cast<std::uint64_t>(got), std::bit_cast<std::uint64_t>(wanted.at(c)), type::f64)) {
      report.differences.push_back(
          fmt::format("resonance of class {} is {}, expected {}", c, got, wanted.at(c)));
    }
  }
}

// One key of an expected fault against what the fault has.
void compare_detail(const json::value& v, const fault_info& f, std::vector<std::string>& out) {
  const std::string_view key = v.key();
  const auto number = [&](std::uint64_t got) {
    const auto wanted =
        v.as_int64() ? std::optional(static_cast<std::uint64_t>(*v.as_int64())) : v.as_uint64();
    if (!wanted || *wanted != got)
      out.push_back(fmt::format("{} of the fault is {}, expected {}", key, got, v.summary()));
  };
  if (key == "status") return;
  if (key == "detail" && v.is_object()) {
    for (const json::value inner : v) compare_detail(inner, f, out);
    return;
  }
  if (key == "error") {
    if (text_of(v) != name_of(f.code))
      out.push_back(fmt::format("the fault is {}, expected {}", name_of(f.code), text_of(v)));
    return;
  }
  const auto fields = field_names(f.code);
  // What an access had room for goes by the name of any kind of memory.
  const bool room = key == "buffer_size" || key == "pool_size" || key == "shared_size";
  const auto field = std::ranges::find_if(
      fields, [&](std::string_view name) { return name == key || (room && name.ends_with("_size")); });
  if (field != fields.end() && !(key == "block" && f.at)) {
    const std::uint64_t got = f.numbers.at(static_cast<std::size_t>(field - fields.begin()));
    if (const auto text = v.as_string(); text && got < type_count) {
      if (*text != name_of(static_cast<type>(got)) && *text != std::to_string(got)) {
        out.push_back(
            fmt::format("{} of the fault is {}, expected {}", key, name_of(static_cast<type>(got)), *text));
      }
    } else {
      number(got);
    }
    return;
  }
  if (v.is_null() && !f.at && (key == "block" || key == "lane" || key == "pc")) return;  // nothing ran
  if (key == "block") return number(f.at ? f.at->block : 0);
  if (key == "lane") return number(f.at ? f.at->lane : 0);
  if (key == "pc") return number(f.at ? f.at->pc : f.pc.value_or(0));
  if (key == "name" || key == "op" || key == "label") {
    if (text_of(v) != f.name)
      out.push_back(fmt::format("{} of the fault is \"{}\", expected {}", key, f.name, v.summary()));
    return;
  }
  out.push_back(fmt::format("{} has no \"{}\"", name_of(f.code), key));
}

}  // namespace

std::uint64_t element_bits(const json::value& v, type t) {
  const auto text = v.as_string();
  if (is_float(t)) return text && text->starts_with("0x") ? bits_at(v, t, false) : bits_at(v, t, true);
  if (const auto b = v.as_bool()) return *b ? 1 : 0;
  return bits_at(v, t, false);
}

void compare(const json::value& expect, case_report& report, const executor& machine,
             const buffer_names& handle_of) {
  const json::value status = member(expect, "status");
  if (text_of(status) == "ok") {
    only_keys(expect, {"status", "buffers", "resonance"});
    if (report.fault) {
      report.differences.push_back("the launch failed: " + to_string(*report.fault));
      return;
    }
    if (const auto buffers = expect.find("buffers")) {
      for (const json::value v : *buffers) {
        const auto handle = handle_of(v.key());
        if (!handle) bad_json(v, fmt::format("no buffer is named \"{}\"", v.key()));
        compare_buffer(v, report, machine, *handle);
      }
    }
    if (const auto resonance = expect.find("resonance")) compare_resonance(*resonance, report);
    return;
  }
  if (text_of(status) != "error") bad_json(status, "expected \"ok\" or \"error\"");
  if (!report.fault) {
    report.differences.push_back(
        fmt::format("the launch succeeded, expected {}", text_of(member(expect, "error"))));
    return;
  }
  for (const json::value v : expect) compare_detail(v, *report.fault, report.differences);
}

}  // namespace twill::lanes::detail
