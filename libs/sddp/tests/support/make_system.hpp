// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/sddp/settings.hpp"
#include "twill/sddp/system.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace twill::sddp::testing {

/// Puts a small system together without files. Entities have the same numbers at every stage unless a test
/// changes `s.stages[t]` afterwards; ids are positions plus 1.
class system_maker {
 public:
  explicit system_maker(std::size_t stages, std::vector<double> block_hours = {730.0});

  bus_index bus(double load_mw, std::vector<deficit_segment> segments = {{unlimited, 1000.0}},
                double load_std = 0.0);
  hydro_index hydro(bus_index at, hydro_at_stage x, double initial_hm3, double inflow = 0.0,
                    double sigma = 0.0);
  thermal_index thermal(bus_index at, double most_mw, double cost, double least_mw = 0.0);
  line_index line(bus_index from, bus_index to, double direct, double reverse, double cost = 0.01);
  source_index source(bus_index at, double most_mw, double cost, double mean = 1.0, double std = 0.0);
  void flows_into(hydro_index up, hydro_index down);
  void diverts_into(hydro_index up, hydro_index down);
  /// psi of one lag at every stage.
  void autoregression(hydro_index h, std::vector<double> psi, std::vector<double> past);
  /// The same planes at every stage.
  void planes(hydro_index h, std::vector<production_plane> planes);
  /// Openings of a stage: vectors of noise.
  void openings(std::size_t stage, std::vector<std::vector<double>> noise);
  void discount(double factor);
  void risk(risk_measure measure);

  /// The system; openings that were not given are one of zeros.
  [[nodiscard]] system make() const;

  system s{};
  std::vector<std::vector<double>> base{};   ///< (hydro, stage)
  std::vector<std::vector<double>> sigma{};  ///< (hydro, stage)

 private:
  std::vector<std::vector<double>> psi_{};
  std::vector<std::vector<double>> past_{};
  std::vector<std::vector<std::vector<double>>> noise_{};
};

/// A hydro of constant productivity whose limits do not bind: 0 to `storage` hm3, 0 to `flow` m3/s, 1 MW per
/// m3/s, penalties of 5000, spillage at 0.01.
[[nodiscard]] hydro_at_stage plain_hydro(double storage, double flow);

/// Two such hydros at one bus with normal inflows, whose openings are drawn and not given.
[[nodiscard]] system two_drawn_hydros(std::size_t stages, std::uint32_t openings,
                                      sampling_method sampling = sampling_method::saa);
/// The noise of two hydros gets this correlation at every stage.
void correlate(system& two, double correlation);

/// So many iterations of one forward pass, nothing else.
[[nodiscard]] study_settings plain_settings(std::uint32_t iterations, std::uint32_t passes = 1);

}  // namespace twill::sddp::testing
