// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/table/json_fields.hpp"

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace twill::table::json {

/// Ids are kept as JSON writes them: `3` and `"3"` are different ids.
struct references::content {
  struct definition {
    std::optional<document> from;  // empty: defined by hand; keeps the text that `where` needs alive
    std::uint32_t index = 0;
  };
  struct set {
    std::unordered_map<std::string, definition> ids;
    std::vector<std::string> order;  // of first definition, for messages
  };
  struct use {
    std::string set;
    std::string id;
    document from;
    std::uint32_t index;
  };
  struct repetition {
    std::string set;
    std::string id;
    document from;
    std::uint32_t index;
  };
  std::map<std::string, set> sets;
  std::vector<use> uses;
  std::vector<repetition> repetitions;

  void define(const std::string& name, const std::string& id, const document& from, value at);
};

}  // namespace twill::table::json
