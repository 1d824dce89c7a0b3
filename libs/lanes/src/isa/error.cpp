// SPDX-License-Identifier: Apache-2.0
#include "twill/lanes/error.hpp"

#include "twill/lanes/types.hpp"

#include <fmt/format.h>

#include <utility>

namespace twill::lanes {
namespace {

struct entry {
  std::string_view name;
  std::string_view text;
  std::array<std::string_view, 3> fields{};
  bool names_something = false;  // fault_info::name belongs into the braces
};

// In the order of the enumeration, which starts at 1.
constexpr std::array<entry, 30> entries{{
    {"InvalidBufferHandle", "no such buffer", {"handle"}},
    {"InvalidPoolHandle", "no such pool", {"handle"}},
    {"BufferOutOfBounds", "an access leaves its buffer", {"offset", "size", "buffer_size"}},
    {"PoolOutOfBounds", "an access leaves its pool", {"offset", "size", "pool_size"}},
    {"SharedOutOfBounds",
     "an access leaves the shared memory of its block",
     {"offset", "size", "shared_size"}},
    {"AddressUnderflow", "an address below the first byte", {"offset"}},
    {"InvalidAddress", "an address mode that the instruction does not have"},
    {"InvalidRegister", "no such register", {"reg"}},
    {"InvalidPredicate", "no such predicate", {"pred"}},
    {"TypeMismatch", "a register is read as another type than it was written", {"expected", "actual"}},
    {"UninitializedRegister", "a register is read that nothing wrote", {"reg"}},
    {"UninitializedPredicate", "a predicate is read that nothing wrote", {"pred"}},
    {"DivisionByZero", "integer division by zero", {"index"}},
    {"DuplicateLabel", "a label is bound twice", {"index"}, true},
    {"UndefinedLabel", "a jump to a label that nothing binds", {"instruction"}, true},
    {"InvalidLabelTarget", "a label beyond the end", {"index", "size"}, true},
    {"InvalidProgram", "not a program"},
    {"CallStackOverflow", "calls are nested too deeply", {"max"}},
    {"CallStackUnderflow", "a return without a call"},
    {"InvalidClassIndex", "no such class", {"class"}},
    {"InvalidBoundaryCoordinates", "no such place in the boundary pool", {"class", "page", "byte"}},
    {"StepLimitExceeded", "a lane runs too many instructions", {"limit"}},
    {"BarrierDivergence", "the lanes of a block wait at different barriers", {"block"}},
    {"UnsupportedOperation", "the instruction has no such type or form", {"type"}, true},
    {"InvalidLaunchConfig", "a launch that makes no sense"},
    {"SharedMemoryAllocationFailed", "more shared memory than there is", {"requested", "available"}},
    {"BufferTooSmall", "an operand is too short", {"index", "len", "need"}, true},
    {"InvalidArgument", "an argument that makes no sense"},
    {"OutOfMemory", "not enough memory", {"requested", "available"}},
    {"TimeLimitExceeded", "the launch ran longer than it may", {"milliseconds"}},
}};

const entry& look_up(errc code) noexcept {
  const auto i = static_cast<std::size_t>(code) - 1;
  return entries.at(i < entries.size() ? i : 0);
}

class lanes_category_type final : public category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "twill.lanes"; }
  [[nodiscard]] std::string message(int code) const override {
    return std::string(look_up(static_cast<errc>(code)).text);
  }
  [[nodiscard]] std::string_view code_name(int code) const noexcept override {
    return look_up(static_cast<errc>(code)).name;
  }
  [[nodiscard]] exit_code exit_for(int code) const noexcept override {
    const auto kind = static_cast<errc>(code);
    return kind == errc::out_of_memory || kind == errc::time_limit_exceeded ? exit_code::internal
                                                                            : exit_code::invalid_input;
  }
};

std::string number_text(errc code, std::uint64_t v) {
  if ((code == errc::type_mismatch || code == errc::unsupported_operation) && v < type_count)
    return std::string(name_of(static_cast<type>(v)));
  if (code == errc::address_underflow) return fmt::format("{}", static_cast<std::int64_t>(v));
  return fmt::format("{}", v);
}

std::string braces(const fault_info& info) {
  const entry& e = look_up(info.code);
  std::string out;
  const auto add = [&out](std::string_view text) {
    if (!out.empty()) out += ", ";
    out += text;
  };
  if (e.names_something && !info.name.empty()) add(info.name);
  for (std::size_t i = 0; i < e.fields.size() && !e.fields.at(i).empty(); ++i) {
    add(fmt::format("{} {}", e.fields.at(i), number_text(info.code, info.numbers.at(i))));
  }
  return out;
}

std::string found_text(const fault_info& info) {
  std::string out = braces(info);
  if (info.at) {
    out += fmt::format("{}block {}, lane {}, pc {}", out.empty() ? "" : "; ", info.at->block, info.at->lane,
                       info.at->pc);
  } else if (info.pc) {
    out += fmt::format("{}instruction {}", out.empty() ? "" : "; ", *info.pc);
  }
  return out;
}

diagnosis diagnose(const fault_info& info) {
  diagnosis d;
  d.what = info.text.empty() ? std::string(look_up(info.code).text) : info.text;
  d.where = info.where;
  d.found = found_text(info);
  return d;
}

}  // namespace

const category& lanes_category() noexcept {
  static const lanes_category_type instance;
  return instance;
}
std::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), lanes_category()}; }
std::string_view name_of(errc code) noexcept { return look_up(code).name; }

std::span<const std::string_view> field_names(errc code) noexcept {
  const entry& e = look_up(code);
  std::size_t n = 0;
  while (n < e.fields.size() && !e.fields.at(n).empty()) ++n;
  return std::span(e.fields).first(n);
}

std::string to_string(const fault_info& info) {
  const std::string inside = braces(info);
  std::string out(name_of(info.code));
  if (!inside.empty()) out += fmt::format("{{{}}}", inside);
  if (info.at) out += fmt::format(" at block {}, lane {}, pc {}", info.at->block, info.at->lane, info.at->pc);
  if (info.pc && !info.at) out += fmt::format(" at instruction {}", *info.pc);
  if (!info.where.empty()) out += fmt::format(" at {}", info.where.to_string());
  if (!info.text.empty()) out += fmt::format(": {}", info.text);
  return out;
}

fault::fault(fault_info info)
    : twill::error(make_error_code(info.code), diagnose(info)),
      info_(std::make_shared<const fault_info>(std::move(info))) {}

}  // namespace twill::lanes
