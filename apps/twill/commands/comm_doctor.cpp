// SPDX-License-Identifier: Apache-2.0
#include "../doctor.hpp"
#include "twill/comm/environment.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace twill::apps {
namespace {

// Doctor reports what is wrong with a variable instead of failing on it.
std::string choice() {
  const comm::variable_map variables = comm::process_variables::from_env().values;
  const auto requested = variables.find("TWILL_COMM");
  try {
    const comm::backend_choice c =
        comm::choose_backend(requested == variables.end() ? "" : requested->second, variables);
    return fmt::format("{} ({})", name_of(c.kind), c.reason);
  } catch (const comm::error& e) {
    return e.what();
  }
}

std::string launcher() {
  try {
    return comm::launch_variables::from_env().launcher;
  } catch (const comm::error& e) {
    return e.what();
  }
}

std::vector<std::pair<std::string, std::string>> backend_lines() {
  return {{"available", fmt::format("{}", fmt::join(comm::available_backends(), ", "))},
          {"launcher", launcher()},
          {"here", choice()}};
}

const section_registration communication{{.title = "communication", .lines = backend_lines}};

}  // namespace
}  // namespace twill::apps
