// SPDX-License-Identifier: Apache-2.0
// Any bytes: the reader says yes and writes the same value back, or says what is wrong and where.
#include "twill/table/json.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace json = twill::table::json;

namespace {

void require(bool promise) {
  if (!promise) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  twill::table::findings out;
  const auto read = json::parse(text, "fuzz", out);
  for (const auto& item : out.items()) {
    require(item.details.what != "not a JSON text");  // the patient reading finds what the fast one refuses
    require(item.details.where.line >= 1 && item.details.where.column >= 1);
  }
  if (!read) {
    require(out.has_errors());
    return 0;
  }
  if (out.has_errors()) {
    for (const auto& item : out.items()) require(item.rule == twill::table::rule::duplicate_key);
    return 0;
  }
  const std::string written = json::write(read->root(), 1);
  const auto again = json::parse(written, "again");
  require(json::write(again.root(), 1) == written);
  std::size_t visited = 0;
  std::vector<json::value> todo{read->root()};
  while (!todo.empty() && ++visited < 1000) {
    const json::value v = todo.back();
    todo.pop_back();
    require(v.where().line >= 1);
    todo.insert(todo.end(), v.begin(), v.end());
  }
  return 0;
}
