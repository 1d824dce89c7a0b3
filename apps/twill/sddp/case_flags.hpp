// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/sddp/case.hpp"

#include <CLI/CLI.hpp>

#include <string>

namespace twill::apps {

/// Which case a command reads, and from which of its tables.
struct case_flags {
  std::string directory;
  std::string tables = "auto";

  void declare(CLI::App& app) {
    app.add_option("CASE", directory, "Directory of the case")->required();
    app.add_option("--tables", tables, "Tables to read where both forms are there: auto, csv or parquet")
        ->check(CLI::IsMember({"auto", "csv", "parquet"}));
  }

  [[nodiscard]] sddp::case_options options() const {
    if (tables == "csv") return {.tables = sddp::table_choice::csv};
    if (tables == "parquet") return {.tables = sddp::table_choice::parquet};
    return {};
  }
};

}  // namespace twill::apps
