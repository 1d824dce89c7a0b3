// SPDX-License-Identifier: Apache-2.0
#include "twill/dmm/error.hpp"

#include <array>
#include <string>
#include <string_view>

namespace twill::dmm {
namespace {

struct entry {
  std::string_view name;
  std::string_view text;
  exit_code exit;
};

// In the order of the enumeration, which starts at 1.
constexpr std::array<entry, 15> codes{{
    {"invalid_shape", "sizes that make no table", exit_code::invalid_input},
    {"negative_count", "a negative count", exit_code::invalid_input},
    {"not_finite", "a count that is not finite", exit_code::invalid_input},
    {"not_integral", "a count with a fraction", exit_code::invalid_input},
    {"count_too_large", "a count that is too large", exit_code::invalid_input},
    {"zero_row", "a sample without counts", exit_code::invalid_input},
    {"too_many_components", "more components than samples", exit_code::invalid_input},
    {"bad_option", "an option outside its range", exit_code::usage},
    {"duplicate_name", "a name twice", exit_code::invalid_input},
    {"mismatched_taxa", "other taxa than the model", exit_code::invalid_input},
    {"malformed_table", "no table of counts", exit_code::invalid_input},
    {"malformed_model", "no model", exit_code::invalid_input},
    {"unsupported", "a format that this build cannot read", exit_code::invalid_input},
    {"cancelled", "a stop was requested", exit_code::numerical},
    {"numerical", "figures that are not finite", exit_code::numerical},
}};

const entry& entry_of(int code) noexcept {
  static constexpr entry unknown{"unknown", "an unknown error", exit_code::internal};
  const auto i = static_cast<std::size_t>(code) - 1;
  return i < codes.size() ? codes[i] : unknown;
}

class dmm_category_type final : public category {
 public:
  [[nodiscard]] const char* name() const noexcept override { return "twill.dmm"; }
  [[nodiscard]] std::string message(int code) const override { return std::string(entry_of(code).text); }
  [[nodiscard]] std::string_view code_name(int code) const noexcept override { return entry_of(code).name; }
  [[nodiscard]] exit_code exit_for(int code) const noexcept override { return entry_of(code).exit; }
};

}  // namespace

const category& dmm_category() noexcept {
  static const dmm_category_type instance;
  return instance;
}

std::error_code make_error_code(errc code) noexcept { return {static_cast<int>(code), dmm_category()}; }

}  // namespace twill::dmm
