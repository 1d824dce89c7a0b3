// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "selftest_report.hpp"
#include "twill/comm.hpp"

#include <CLI/CLI.hpp>

#include <exception>
#include <string>

namespace twill::apps {

/// What the commands under `twill comm` share.
struct comm_flags {
  std::string backend;  ///< of --comm; empty: TWILL_COMM, then what the process was launched with
  bool json = false;    ///< of --json

  void declare(CLI::App& app);
};

/// The backend of this process. With --json the error of a choice that fails is a JSON object on stdout too.
[[nodiscard]] comm::backend_choice choose(const comm_flags& flags);

/// Starts communication on what was chosen; errors as `choose` tells them.
[[nodiscard]] comm::environment start(const comm_flags& flags, const comm::backend_choice& choice);

/// What there is to know about the ranks.
[[nodiscard]] rank_facts facts_of(const comm::execution_topology& topology, comm::check_level checks,
                                  const comm::backend_choice& choice);

/// Calls `body(world)` on whatever this process was launched with. Returns its code, or that of the error
/// which ended all ranks.
template <class Body>
[[nodiscard]] int on_these_ranks(const comm_flags& flags, const comm::backend_choice& choice, Body&& body) {
  comm::environment env = start(flags, choice);
  try {
    int code = 0;
    env.with([&](auto& world) { code = body(world); });
    return code;
  } catch (const std::exception& e) {
    return comm::detail::report_failure(e, &env);
  }
}

}  // namespace twill::apps
