// SPDX-License-Identifier: Apache-2.0
// Cases from files: the reference cases where they are beside the sources, and always one of our own.
#include "extensive_form.hpp"
#include "twill/base/file.hpp"
#include "twill/base/number.hpp"
#include "twill/sddp/case.hpp"
#include "twill/sddp/optimizer.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <sstream>

namespace twill::sddp {
namespace {
const std::string own_folder = TWILL_SOURCE_DIR "/libs/sddp/tests/cases";
const std::string reference_folder = TWILL_SOURCE_DIR "/../shared/cases";

struct expectation {
  std::string name;
  double low = 0.0;
  double high = 0.0;
};

std::vector<expectation> expectations() {
  std::istringstream table(twill::read_file(own_folder + "/expected.tsv"));
  std::vector<expectation> out;
  std::string line;
  std::getline(table, line);
  while (std::getline(table, line)) {
    std::istringstream fields(line);
    expectation e;
    fields >> e.name >> e.low >> e.high;
    // Where the folder is not there the case of our own still is.
    if (std::filesystem::exists(reference_folder + "/" + e.name)) out.push_back(e);
  }
  const study own = load_case(own_folder + "/own-two-plants");
  const double exact = twill::sddp::testing::extensive_optimum(own.model, *own.model.noise.tree);
  out.push_back({"own-two-plants", exact * (1 - 1e-6), exact * (1 + 1e-9)});
  return out;
}

TEST(cases, train_to_their_expected_bounds) {
  const std::vector<expectation> all = expectations();
  ASSERT_FALSE(all.empty());
  std::printf("%-32s %22s %22s %12s\n", "case", "bound", "expected", "difference");
  for (const expectation& e : all) {
    const std::string folder = (e.name == "own-two-plants" ? own_folder : reference_folder) + "/" + e.name;
    const study s = load_case(folder);
    optimizer o(s.model, s.settings, {.threads = 1});
    const training_result r = o.train();
    const double middle = (e.low + e.high) / 2;
    std::printf("%-32s %22.6f %22.6f %12.2e\n", e.name.c_str(), r.lower_bound, middle,
                r.lower_bound - middle);
    EXPECT_GE(r.lower_bound, e.low) << e.name;
    EXPECT_LE(r.lower_bound, e.high) << e.name;
    for (const iteration_record& i : r.iterations) EXPECT_LE(i.lower_bound, e.high) << e.name;
  }
}

}  // namespace
}  // namespace twill::sddp
