// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "../command.hpp"
#include "twill/dmm.hpp"

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

namespace twill::apps {

/// How a table is read: shared by the commands that read one.
struct dmm_table_flags {
  std::string format = "auto";
  std::string axis = "auto";
  bool transpose = false;
  double min_taxon_total = 0;

  void declare(CLI::App& app);
  [[nodiscard]] dmm::read_counts_options options(dmm::zero_rows empty, int threads) const;
};

/// What decides a fit.
struct dmm_fit_flags {
  std::string k = "1:7";
  std::string seed = "42";
  int starts = 1;
  std::string criterion = "laplace";
  std::string hessian = "exact";
  double eta = 0.1;
  double nu = 0.1;
  int max_iter = 100;
  double tol = 1e-6;
  int min_k = 5;
  int max_k = 10;
  int gap = 3;

  void declare(CLI::App& app, bool with_k);
  [[nodiscard]] dmm::fit_options options(int threads) const;
  [[nodiscard]] dmm::criterion by() const;
  /// The numbers of `-k`, or nothing for `auto`. Throws: error(bad_configuration).
  [[nodiscard]] std::optional<std::vector<int>> ks() const;
};

/// The threads that --threads asks for; 0 leaves it to the settings.
struct thread_flag {
  std::string text;
  void declare(CLI::App& app);
  [[nodiscard]] int value(session& s) const;
};

/// The error of a flag with a value that it cannot have.
[[noreturn]] void bad_flag(const std::string& flag, const std::string& found, const std::string& expected);

}  // namespace twill::apps
