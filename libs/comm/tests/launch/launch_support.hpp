// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/launch.hpp"

#include <string>
#include <vector>

namespace twill::comm::launch {

/// What a job printed and returned.
struct outcome {
  int code = -1;
  std::string output;
  std::string errors;
};

/// A plan of the test program with these deeds (see rank_program.cpp); of the environment, PATH and what is
/// given.
[[nodiscard]] plan plan_of(int ranks, std::vector<std::string> deeds,
                           std::vector<std::string> environment = {});

/// Runs it with memory files for its output.
[[nodiscard]] outcome run_plan(plan p);
[[nodiscard]] inline outcome run_deeds(int ranks, std::vector<std::string> deeds) {
  return run_plan(plan_of(ranks, std::move(deeds)));
}

/// The lines of a text, sorted: of several ranks any order is right.
[[nodiscard]] std::vector<std::string> sorted_lines(const std::string& text);

/// True once no such process is there, or only its remains; waits for that for two seconds.
[[nodiscard]] bool gone(int pid);

}  // namespace twill::comm::launch
