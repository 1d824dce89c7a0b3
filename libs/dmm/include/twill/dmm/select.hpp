// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/dmm/fit.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace twill::dmm {

/// One run of a sweep.
struct sweep_run {
  int components = 0;            ///< K
  int start = 0;                 ///< s, with seed + s
  double nle = 0;                ///< negative log posterior
  double laplace = 0;            ///< criterion
  double laplace_symmetric = 0;  ///< criterion
  double bic = 0;                ///< criterion
  double aic = 0;                ///< criterion
  double log_det = 0;            ///< behind laplace
  int iterations = 0;            ///< of EM
  bool converged = false;        ///< the change was small
  bool finished = false;         ///< not cancelled
  bool resumed = false;          ///< read from a checkpoint
  double seconds = 0;            ///< wall-clock time of the run
};

/// The fits of several K.
struct sweep {
  std::vector<mixture_fit> fits{};  ///< the best start of each K, in the order asked for; finished ones only
  std::vector<sweep_run> runs{};    ///< every run, by K in the order asked for, then by start
  bool cancelled = false;           ///< some runs are missing
  bool out_of_time = false;         ///< it ended because little time was left

  /// The fit with the least value; of equal ones the first. Throws: error (cancelled) when there is none.
  [[nodiscard]] const mixture_fit& best(criterion c) const;
};

/// How a sweep goes about its runs. Results depend on `fit` alone.
struct sweep_options {
  fit_options fit{};         ///< of each run; its `components` does not count
  std::string checkpoint{};  ///< a folder: each finished run is kept there and not run again; empty: none
  std::size_t wave = 0;      ///< runs of a rank between two looks at time and at other ranks; 0: chosen
  std::optional<double> max_wall{};  ///< seconds it may take; a scheduler's limit counts as well
};

/// Fits every K with every start, in waves of runs, the largest K first; the runs of a wave and all their
/// loops are one task graph. A stop, a refusal of progress, or a signal where hybrid::signal_handlers are in
/// force, ends the runs at their next round and the sweep with them; what was finished is returned.
/// Throws: as fit; twill::error when a checkpoint cannot be written.
[[nodiscard]] sweep fit_range(const count_table& counts, std::span<const int> ks,
                              const sweep_options& options);
/// The best fit of each K.
[[nodiscard]] std::vector<mixture_fit> fit_range(const count_table& counts, std::span<const int> ks,
                                                 const fit_options& options);

/// When a search over K ends.
struct auto_k_options {
  int min_k = 5;                      ///< at least up to this K
  int max_k = 10;                     ///< at most up to this K
  int gap = 3;                        ///< end when the criterion has not improved for so many K
  criterion by = criterion::laplace;  ///< what improves
};

/// Fits K = 1, 2, ... until the criterion has not improved for some K.
[[nodiscard]] sweep fit_auto(const count_table& counts, const auto_k_options& rule,
                             const sweep_options& options);

/// A taxon that tells a model's components from the table as one.
struct driver {
  std::size_t taxon = 0;  ///< from 0
  double difference = 0;  ///< sum over components of |mean - mean of the one-component fit|
  double cumulated = 0;   ///< share of all differences, this and those before
};

/// The taxa by falling difference. Requires: `one` has one component and the same taxa.
[[nodiscard]] std::vector<driver> drivers(const mixture_fit& model, const mixture_fit& one);

/// A held-out evaluation of one K.
struct held_out {
  int components = 0;              ///< K
  double mean_log_likelihood = 0;  ///< of a held-out sample
  std::vector<double> folds{};     ///< means of the folds
};

/// Held-out log likelihood of each K: fold f holds the samples i with i % folds == f after a shuffle by seed.
/// Throws: error (bad_option) for fewer than 2 folds or more folds than samples.
[[nodiscard]] std::vector<held_out> cross_validate(const count_table& counts, std::span<const int> ks,
                                                   int folds, const fit_options& options);

/// One mixture for each class of samples: which class a new sample is of.
struct group_classifier {
  std::vector<std::string> classes{};  ///< names, ordered
  std::vector<double> priors{};        ///< share of each in the training table
  std::vector<mixture_fit> models{};   ///< of each class
};

/// Fits each class by itself, with the K in `ks` that the criterion likes best. Throws: as fit; error
/// (invalid_shape) when there are not as many labels as samples.
[[nodiscard]] group_classifier fit_groups(const count_table& counts, std::span<const std::string> labels,
                                          std::span<const int> ks, criterion by, const fit_options& options);
/// Posterior probability of each class for each sample, N x classes.
[[nodiscard]] std::vector<double> classify(const group_classifier& model, const count_table& counts,
                                           int threads = 0);
/// The same for each sample by a model that has not seen it: `folds` folds, as in cross_validate.
[[nodiscard]] std::vector<double> cross_validate_groups(const count_table& counts,
                                                        std::span<const std::string> labels, int folds,
                                                        std::span<const int> ks, criterion by,
                                                        const fit_options& options);

}  // namespace twill::dmm
