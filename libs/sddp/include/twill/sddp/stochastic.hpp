// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/sddp/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace twill::sddp {

/// Inflows: z = base + sum over lags l of psi[l] * (inflow l + 1 stages ago) + sigma * noise, in m3/s.
///
/// Arrays are stage-major: element (t * hydros + h), for psi ((t * hydros + h) * lags + l).
struct inflow_model {
  std::size_t hydros = 0;              ///< columns of every stage
  std::size_t lags = 0;                ///< L, the same for every hydro; unused ones have psi 0
  std::vector<std::uint32_t> order{};  ///< one a hydro: 1 + the last lag with a coefficient at any stage
  std::vector<double> base_m3s{};      ///< constant part
  std::vector<double> sigma_m3s{};     ///< deviation of the noise term; 0: certain
  std::vector<double> psi{};           ///< of the lags, without unit
  std::vector<double> mean_m3s{};      ///< of the inflow itself, for reports
  std::vector<double> std_m3s{};       ///< of the inflow itself, for reports

  [[nodiscard]] double base(std::size_t t, hydro_index h) const { return base_m3s[t * hydros + h.index()]; }
  [[nodiscard]] double sigma(std::size_t t, hydro_index h) const { return sigma_m3s[t * hydros + h.index()]; }
  [[nodiscard]] std::span<const double> psi_of(std::size_t t, hydro_index h) const {
    return std::span(psi).subspan((t * hydros + h.index()) * lags, lags);
  }
  friend bool operator==(const inflow_model&, const inflow_model&) = default;
};

/// Positions of the noise vector that are correlated with each other.
struct correlation_group {
  std::string name{};                      ///< for messages
  std::vector<std::uint32_t> positions{};  ///< in the noise vector
  std::vector<double> matrix{};            ///< row-major, symmetric, ones on the diagonal
  friend bool operator==(const correlation_group&, const correlation_group&) = default;
};

/// Groups without a common position; noise outside of them is independent.
struct correlation_profile {
  std::string name{};                       ///< for messages
  std::vector<correlation_group> groups{};  ///< in the order of their least position
  friend bool operator==(const correlation_profile&, const correlation_profile&) = default;
};

/// How a correlation matrix becomes a factor.
enum class correlation_method : std::uint8_t { spectral, cholesky };

/// The openings of every stage, given or drawn: standard normal scale, correlation already applied.
struct opening_tree {
  std::size_t dimension = 0;           ///< of the noise vector
  std::vector<std::size_t> offsets{};  ///< stages + 1 elements: where in `values` a stage begins
  std::vector<double> values{};        ///< stage, opening, position
  /// Of the openings of each stage, with the sum 1. Empty, for a stage or as a whole: all the same.
  std::vector<std::vector<double>> probabilities{};

  [[nodiscard]] std::span<const double> opening(std::size_t t, std::size_t w) const {
    return std::span(values).subspan(offsets[t] + w * dimension, dimension);
  }
  [[nodiscard]] std::size_t openings(std::size_t t) const {
    return dimension == 0 ? 0 : (offsets[t + 1] - offsets[t]) / dimension;
  }
  /// Whether the openings of stage t have probabilities of their own.
  [[nodiscard]] bool is_weighted(std::size_t t) const {
    return t < probabilities.size() && !probabilities[t].empty();
  }
  friend bool operator==(const opening_tree&, const opening_tree&) = default;
};

/// What is uncertain, and what is known of it.
///
/// A noise vector has one standard normal number for each hydro, then for each bus of `loads`, then for each
/// source of `sources`, each by id: those with a deviation at any stage.
struct noise_model {
  std::size_t hydros = 0;                                        ///< all of them, also without deviation
  std::vector<bus_index> loads{};                                ///< buses with uncertain load
  std::vector<source_index> sources{};                           ///< sources with uncertain availability
  correlation_method method = correlation_method::spectral;      ///< of every profile
  std::vector<correlation_profile> profiles{};                   ///< by name
  std::vector<std::optional<std::uint32_t>> profile_of_stage{};  ///< one a stage; empty: independent
  std::optional<opening_tree> tree{};                            ///< openings of the case's own

  [[nodiscard]] std::size_t dimension() const noexcept { return hydros + loads.size() + sources.size(); }
  friend bool operator==(const noise_model&, const noise_model&) = default;
};

}  // namespace twill::sddp
