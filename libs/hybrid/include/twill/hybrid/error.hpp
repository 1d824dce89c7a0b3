// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/base/error.hpp"

#include <string>
#include <utility>

namespace twill::hybrid {

/// The errors of the hybrid part.
enum class errc {
  pool_mismatch = 1,     ///< a global pool exists and has another number of threads
  already_started,       ///< a runtime exists in this process
  ranks_disagree,        ///< ranks differ in what has to be equal on all of them
  over_budget,           ///< the memory plan exceeds the node's limit
  region_refused,        ///< shared memory was required and cannot be had
  lost_in_fork,          ///< the runtime belongs to the process that forked this one
  checkpoint_mismatch,   ///< a checkpoint is of another case, configuration or shape
  no_checkpoint,         ///< a resume was asked for and there is nothing to resume from
  remote_invalid_input,  ///< a rank failed: its input is wrong
  remote_io,             ///< a rank failed: it cannot read or write
  remote_numerical,      ///< a rank failed: numerics
  remote_internal,       ///< a rank failed: anything else
  remote_usage           ///< a rank failed: a malformed setting
};

/// The category `twill.hybrid`.
[[nodiscard]] const category& hybrid_category() noexcept;
/// The code with its category, as the standard library asks of an error code enumeration.
[[nodiscard]] std::error_code make_error_code(errc code) noexcept;

/// An error of the hybrid part.
class error : public twill::error {
 public:
  /// An error of that code with what a person needs to know.
  error(errc code, diagnosis d) : twill::error(make_error_code(code), std::move(d)) {}
};

/// What every rank gets when one of them failed in something that all of them did.
class remote_failure : public error {
 public:
  /// Of the first rank that failed, with its text and the exit code that its error asks for.
  remote_failure(int rank, int failed, std::string text, exit_code exit, bool mine);

  /// The first rank that failed.
  [[nodiscard]] int rank() const noexcept { return rank_; }
  /// How many ranks failed.
  [[nodiscard]] int failed() const noexcept { return failed_; }
  /// This rank is the first that failed: the one that tells.
  [[nodiscard]] bool mine() const noexcept { return mine_; }

 private:
  int rank_;
  int failed_;
  bool mine_;
};

}  // namespace twill::hybrid

/// Lets an `errc` become a `std::error_code`.
template <>
struct std::is_error_code_enum<twill::hybrid::errc> : std::true_type {};
