// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "twill/dmm/detail/rank_link.hpp"
#include "twill/dmm/select.hpp"

#include <cstddef>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

namespace twill::dmm::detail {

// One run of a sweep to be made.
struct task {
  std::size_t k_index = 0;
  int components = 0;
  int start = 0;
};

// Every run, the longest first, so that none of them is alone at the end.
[[nodiscard]] std::vector<task> tasks_of(std::span<const int> ks, int starts);

// The best fit of each K so far, and every run's figures. Thread safety: `add` from any thread.
class collection {
 public:
  collection(std::size_t ks, std::size_t starts) : starts_(starts), best_(ks), runs_(ks * starts) {}

  void add(const task& t, mixture_fit fit, double seconds, bool resumed);
  // Every rank ends with the best of all ranks, whoever found it. Collective.
  void unite(rank_link& link);
  // What a sweep over `ks` returns.
  [[nodiscard]] sweep take(std::span<const int> ks);

 private:
  std::mutex mutex_;
  std::size_t starts_;
  std::vector<std::optional<mixture_fit>> best_;
  std::vector<sweep_run> runs_;
};

// Every rank's numbers one after the other; `counts` gets how many are whose. Collective.
[[nodiscard]] std::vector<double> exchange(rank_link& link, std::span<const double> mine,
                                           std::vector<std::size_t>& counts);

}  // namespace twill::dmm::detail
