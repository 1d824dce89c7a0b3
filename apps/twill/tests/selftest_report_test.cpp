// SPDX-License-Identifier: Apache-2.0
#include "comm/selftest_report.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace {

using namespace twill::apps;
using testing::HasSubstr;

rank_facts two_ranks() {
  return {.backend = "shm",
          .reason = "TWILL_SHM_FD is set",
          .library = "twill comm 0.1.0",
          .standard = "twill.comm 1",
          .launcher = "twill run",
          .threads = "multiple",
          .checks = "normal",
          .available = {"local", "shm"},
          .size = 2,
          .hosts = {{"loom", {0, 1}}}};
}

const std::vector<checked_operation> one_wrong{
    {"collectives", "barrier", {}},
    {"collectives", "scan", {{1, "sum, element 0: found 1, expected 3"}}},
    {"memory", "region", {}}};

TEST(selftest_report, counts_operations_that_are_wrong_on_any_rank) {
  EXPECT_EQ(failures_of(one_wrong), 1U);
  EXPECT_EQ(failures_of({}), 0U);
  EXPECT_EQ(failures_of({{"memory", "region", {{0, "a"}, {1, "b"}}}}), 1U);
}

TEST(selftest_report, names_the_rank_and_the_difference_below_a_wrong_operation) {
  const std::string text = selftest_as_text(two_ranks(), one_wrong);
  EXPECT_THAT(text, HasSubstr("backend    shm (TWILL_SHM_FD is set)\navailable  local, shm\n"));
  EXPECT_THAT(text, HasSubstr("host       loom: 0 1\n"));
  EXPECT_THAT(text, HasSubstr("WRONG\n    rank 1: sum, element 0: found 1, expected 3\n\nmemory\n"));
  EXPECT_THAT(text, testing::EndsWith("\n1 of 3 operations are wrong\n"));
}

TEST(selftest_report, says_how_many_ranks_all_is_right_on) {
  EXPECT_THAT(selftest_as_text(two_ranks(), {{"memory", "region", {}}}),
              testing::EndsWith("all 1 operations are right on 2 ranks\n"));
}

TEST(selftest_report, has_the_same_as_json) {
  const std::string json = selftest_as_json(two_ranks(), one_wrong);
  EXPECT_THAT(json, HasSubstr(R"("wrong": [
        {
          "rank": 1,
          "what": "sum, element 0: found 1, expected 3"
        }
      ])"));
  EXPECT_THAT(json, HasSubstr("\"right\": 2,\n  \"wrong\": 1\n"));
}

}  // namespace
