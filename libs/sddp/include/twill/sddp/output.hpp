// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/sddp/optimizer.hpp"
#include "twill/sddp/system.hpp"

#include <cstdint>
#include <string>

namespace twill::sddp {

/// How tables are written.
enum class table_format : std::uint8_t { parquet, csv };

/// Writes `training/convergence.parquet` or `.csv` below a directory, which is made where it is missing.
/// Throws: error(errc::cannot_write).
void write_training(const training_result& result, const std::string& directory, table_format format);

/// Writes `simulation/costs.parquet` or `.csv`: a row for each scenario and stage, `scenario_id` first.
/// Throws: error(errc::cannot_write).
void write_simulation(const simulation_result& result, const system& s, const std::string& directory,
                      table_format format);

}  // namespace twill::sddp
