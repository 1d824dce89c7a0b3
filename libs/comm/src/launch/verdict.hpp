// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/comm/detail/rendezvous.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace twill::comm::launch {

namespace rendezvous = detail::rendezvous;

/// A rank that ended, with what waitid told.
struct ended_rank {
  int rank = 0;
  int wait_status = 0;  ///< as waitpid gives it
};

/// Decides what the job's end means. The first failure decides the exit code; of ranks that ended at the same
/// time the one that a signal killed comes before one that left with a code, since the latter may be its
/// consequence.
class verdict {
 public:
  explicit verdict(rendezvous::memory& job, int ranks) : job_(job), ranks_(ranks) {}

  /// Takes ranks that ended since the last call. Returns the lines for people.
  [[nodiscard]] std::string note(std::span<const ended_rank> ended);
  /// Looks again at ranks that left without taking part: once another takes part, that is a failure.
  [[nodiscard]] std::string look_again();
  /// Records a failure of the launcher's own. False when there was one before.
  bool fail(int code) noexcept;

  /// A signal that was passed on: where a rank dies of it, the job ends with 128 + it.
  void passed_on(int signal) noexcept { passed_on_ |= std::uint64_t{1} << static_cast<unsigned>(signal); }
  /// From here on ranks end because they are told to.
  void ending() noexcept { ending_ = true; }

  [[nodiscard]] bool failed() const noexcept { return code_.has_value(); }
  [[nodiscard]] bool looks_again() const noexcept { return !quiet_.empty() && !failed(); }
  [[nodiscard]] int exit_code() const noexcept { return code_.value_or(0); }

 private:
  struct finding {
    int rank;
    int weight;  // the greatest decides
    int code;
    bool show_always;
    std::string text;
  };
  [[nodiscard]] std::optional<finding> judge(const ended_rank& e);
  [[nodiscard]] finding left_without_taking_part(int rank);
  [[nodiscard]] std::string settle(std::vector<finding> found);

  rendezvous::memory& job_;
  int ranks_;
  std::optional<int> code_;
  std::vector<int> quiet_;  // left with code 0 and never took part
  std::uint64_t passed_on_ = 0;
  int shown_ = 0;
  bool ending_ = false;
};

}  // namespace twill::comm::launch
