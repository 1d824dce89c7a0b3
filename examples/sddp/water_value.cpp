// SPDX-License-Identifier: Apache-2.0
// From a case directory to what water is worth at the end of the first stage.
#include "twill/sddp.hpp"

#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <unistd.h>
#include <vector>

namespace {

int value_of_water(const std::string& folder) {
  namespace sddp = twill::sddp;
  // [snippet:train]
  const sddp::study study = sddp::load_case(folder);  // throws every finding at once
  sddp::optimizer optimizer(study.model, study.settings, {.threads = 2});
  const sddp::training_result trained = optimizer.train();
  std::printf("%zu iterations, at least %.0f\n", trained.iterations.size(), trained.lower_bound);
  // [end:train]

  // [snippet:value]
  // The cut that decides at the initial storage: its slope is what a cubic hectometre more would save.
  const sddp::cut_pool& future = optimizer.cuts().stages[0];
  const std::vector<double>& storage = study.model.initial.storage_hm3;
  std::size_t best = 0;
  for (std::size_t i = 1; i < future.size(); ++i) {
    if (future.value_of(i, storage) > future.value_of(best, storage)) best = i;
  }
  std::printf("a hm3 more saves %.0f\n", -future.coefficients(best)[0]);
  // [end:value]

  const sddp::simulation_result costs = optimizer.simulate(200);
  std::printf("200 scenarios cost about that or more: %s\n",
              costs.mean > 0.9 * trained.lower_bound ? "yes" : "no");
  return 0;
}

}  // namespace

int main() {
  const std::string folder =
      (std::filesystem::temp_directory_path() / ("twill-case-" + std::to_string(::getpid()))).string();
  int code = 1;
  try {
    twill::sddp::write_template("one-reservoir", folder);
    code = value_of_water(folder);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "%s\n", e.what());
  }
  std::filesystem::remove_all(folder);
  return code;
}
