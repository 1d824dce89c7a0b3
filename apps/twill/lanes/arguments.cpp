// SPDX-License-Identifier: Apache-2.0
#include "arguments.hpp"

#include "twill/base/error.hpp"
#include "twill/base/file.hpp"
#include "twill/base/number.hpp"
#include "twill/base/suggest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <map>

namespace twill::apps {
namespace {

[[noreturn]] void bad(std::string what, std::string found, std::string expected, std::string hint = {}) {
  throw error(errc::bad_configuration, {.what = std::move(what),
                                        .where = twill::location{.file = "--arg"},
                                        .found = std::move(found),
                                        .expected = std::move(expected),
                                        .hint = std::move(hint)});
}

// Bits of a number of that type; the text has been refused where it is none.
std::uint64_t bits_of(const std::string& text, lanes::type t, const std::string& name) {
  if (lanes::is_float(t)) {
    const auto v = parse_double(text);
    if (!v) bad(fmt::format("{} is {}", name, describe(v.fault)), text, "a number");
    return t == lanes::type::f64 ? std::bit_cast<std::uint64_t>(v.value)
                                 : std::bit_cast<std::uint32_t>(static_cast<float>(v.value));
  }
  if (lanes::is_signed(t)) {
    const auto v = parse_int64(text);
    if (!v) bad(fmt::format("{} is {}", name, describe(v.fault)), text, "an integer");
    return static_cast<std::uint64_t>(v.value);
  }
  const auto v = parse_uint64(text);
  if (!v) bad(fmt::format("{} is {}", name, describe(v.fault)), text, "an integer from 0 on");
  return v.value;
}

// One number a line, a header that is none is skipped; further columns are ignored.
std::vector<std::string> column_of(const std::string& path) {
  const std::string text = read_file(path, {.expected = "a CSV file"});
  std::vector<std::string> out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t stop = std::min(text.find('\n', at), text.size());
    std::string field = text.substr(at, std::min(text.find_first_of(",\r", at), stop) - at);
    at = stop + 1;
    if (field.empty()) continue;
    if (out.empty() && !parse_double(field)) continue;
    out.push_back(std::move(field));
  }
  return out;
}

std::string element_text(const std::byte* at, lanes::type t) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, at, lanes::size_bytes(t));
  if (t == lanes::type::f32) return fmt::format("{}", std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  if (t == lanes::type::f64) return shortest(std::bit_cast<double>(bits));
  if (!lanes::is_signed(t)) return fmt::format("{}", bits);
  const auto unused = static_cast<unsigned>(64 - 8 * lanes::size_bytes(t));
  return fmt::format("{}", static_cast<std::int64_t>(bits << unused) >> unused);
}

}  // namespace

kernel_call bind_arguments(lanes::executor& ex, const lanes::kernel& k,
                           const std::vector<std::string>& texts) {
  std::map<std::string, std::string> given;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    if (equals == std::string::npos) bad("an argument without a value", text, "NAME=VALUE");
    given[text.substr(0, equals)] = text.substr(equals + 1);
  }
  std::vector<std::string_view> names;
  for (const lanes::kernel_parameter& p : k.parameters()) names.push_back(p.name);
  for (const auto& [name, value] : given) {
    if (std::ranges::find(names, name) != names.end()) continue;
    const std::string near = nearest_name(name, names);
    bad(fmt::format("kernel {} has no parameter of that name", k.name()), name,
        fmt::format("{}", fmt::join(names, ", ")), near.empty() ? "" : fmt::format("did you mean {}?", near));
  }
  kernel_call out;
  for (const lanes::kernel_parameter& p : k.parameters()) {
    const auto found = given.find(p.name);
    if (found == given.end()) {
      bad(fmt::format("no argument for the parameter {} of kernel {}", p.name, k.name()), "",
          p.is_buffer ? fmt::format("--arg {}=FILE.csv", p.name) : fmt::format("--arg {}=NUMBER", p.name));
    }
    if (!p.is_buffer) {
      out.arguments.push_back({bits_of(found->second, p.ty, p.name)});
      out.lengths.push_back(0);
      continue;
    }
    const std::vector<std::string> fields = column_of(found->second);
    const std::size_t size = lanes::size_bytes(p.ty);
    std::vector<std::byte> data(fields.size() * size);
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const std::uint64_t bits = bits_of(fields[i], p.ty, fmt::format("{}, row {}", p.name, i + 1));
      std::memcpy(data.data() + i * size, &bits, size);
    }
    const lanes::buffer_handle h = ex.allocate_buffer(data.size());
    ex.copy_to_buffer(h, data);
    out.arguments.push_back(lanes::kernel_argument::of(h));
    out.lengths.push_back(fields.size());
    out.longest = std::max<std::uint64_t>(out.longest, fields.size());
  }
  return out;
}

std::string buffers_as_csv(const lanes::executor& ex, const lanes::kernel& k, const kernel_call& call) {
  std::string out;
  std::vector<std::size_t> columns;
  for (std::size_t i = 0; i < k.parameters().size(); ++i) {
    if (k.parameters()[i].is_buffer) columns.push_back(i);
  }
  for (const std::size_t i : columns) out += (i == columns.front() ? "" : ",") + k.parameters()[i].name;
  out += "\n";
  for (std::size_t row = 0; row < call.longest; ++row) {
    for (const std::size_t i : columns) {
      if (i != columns.front()) out += ",";
      const lanes::type t = k.parameters()[i].ty;
      if (row < call.lengths[i])
        out += element_text(ex.map(call.arguments[i].bits).data() + row * lanes::size_bytes(t), t);
    }
    out += "\n";
  }
  return out;
}

}  // namespace twill::apps
