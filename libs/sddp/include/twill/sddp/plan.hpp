// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/sddp/case.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace twill::sddp {

/// The linear program of one stage, columns and rows that cannot matter left out, without cuts.
struct stage_size {
  stage_id stage{};          ///< which
  std::size_t columns = 0;   ///< variables
  std::size_t rows = 0;      ///< constraints
  std::size_t nonzeros = 0;  ///< coefficients
  std::size_t openings = 0;  ///< of the tree
  friend bool operator==(const stage_size&, const stage_size&) = default;
};

/// Sizes of a run, computed and not measured.
struct study_plan {
  std::vector<stage_size> stages{};        ///< one a stage
  std::size_t state = 0;                   ///< numbers of the state
  std::size_t noise = 0;                   ///< numbers of a noise vector
  std::size_t iterations = 0;              ///< the limit
  std::size_t forward_passes = 0;          ///< an iteration
  std::size_t threads = 1;                 ///< that work
  std::size_t programs_per_iteration = 0;  ///< linear programs, forward, backward and bound
  std::size_t cuts_per_stage = 0;          ///< at the limit, before selection
  std::size_t tree_bytes = 0;              ///< opening tree
  std::size_t cut_bytes = 0;               ///< pools of all stages, full
  std::size_t basis_bytes = 0;             ///< stored bases and results of openings
  std::size_t program_bytes = 0;           ///< programs of all stages with all cuts, shared by the threads
  std::size_t worker_bytes = 0;            ///< the largest program inside the solver, of all threads

  [[nodiscard]] std::size_t bytes() const noexcept {
    return tree_bytes + cut_bytes + basis_bytes + program_bytes + worker_bytes;
  }
  /// For people: a few lines and a table of stages.
  [[nodiscard]] std::string to_string() const;
  /// For programs.
  [[nodiscard]] std::string to_json() const;
};

/// What a run of the study takes. Requires: threads > 0.
[[nodiscard]] study_plan plan_study(const study& of, std::size_t threads = 1);

}  // namespace twill::sddp
