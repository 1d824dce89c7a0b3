// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/par/detail/result.hpp"

namespace twill::par::detail {

class worker;

/// What the queues hold: a pointer to one of these, embedded in a frame (join, install) or in a task block
/// (spawn).
///
/// Invariants: a job runs exactly once, and whoever took it out of a queue runs it; nobody reads a job before
/// taking it.
struct job {
  using run_function = void (*)(job*, worker&);
  explicit job(run_function f) noexcept : run(f) {}
  job(const job&) = delete;
  job& operator=(const job&) = delete;
  run_function run;

 protected:
  ~job() = default;
};

}  // namespace twill::par::detail
