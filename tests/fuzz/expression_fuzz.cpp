// SPDX-License-Identifier: Apache-2.0
// Any text as the expression of a generic constraint: it has terms, or the case is refused with a place in
// the text.
#include "fuzz.hpp"
#include "twill/sddp/detail/expression.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

using namespace twill::sddp::detail;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const parsed_expression parsed = parse_expression(text);
  if (!parsed.fault.empty()) {
    require(parsed.terms.empty());
    require(parsed.position >= 1 && parsed.position <= text.size() + 1);
    require(!parsed.token.empty());
    return 0;
  }
  require(!parsed.terms.empty());
  for (const written_term& term : parsed.terms) {
    require(term.entity >= 0);
    require(!term.block || *term.block >= 0);
    require(term.position >= 1 && term.position <= text.size());
    require(text.substr(term.position - 1).starts_with(twill::sddp::name_of(term.what)));
  }
  return 0;
}
