// SPDX-License-Identifier: Apache-2.0
#include "run_cases.hpp"

#include <gtest/gtest.h>

namespace twill::lanes {
namespace {

TEST(cases, own_cases_pass_at_every_width_and_number_of_threads) {
  test::run_folder(std::filesystem::path(TWILL_SOURCE_DIR) / "libs/lanes/tests/cases", 29);
}

TEST(cases, given_examples_pass_at_every_width_and_number_of_threads) {
  test::run_folder(std::filesystem::path(TWILL_SOURCE_DIR) / "../shared/examples/lanes", 0);
}

TEST(cases, a_case_that_expects_something_else_says_what_differs) {
  const case_report report = run_case(
      R"({"format":"twill.lanes.case/1","launch":{"grid":[1,1,1],"block":[2,1,1]},"buffers":{"y":{"ty":"u32","len":2}},
          "registers":{"r1":{"buffer":"y"}},
          "program":{"format":"twill.lanes.program/1","code":[
            {"op":"MOV_IMM","ty":"u32","dst":2,"value":7},
            {"op":"STG","ty":"u32","src":2,"addr":{"base":1,"offset":4}}]},
          "expect":{"status":"ok","buffers":{"y":{"ty":"u32","data":[0,8]}}}})",
      "given");
  EXPECT_FALSE(report.passed);
  ASSERT_EQ(report.differences.size(), 1U);
  EXPECT_EQ(report.differences[0], "buffer y: element 1 is 7, expected 8");
}

TEST(cases, what_is_no_case_is_refused_with_its_place) {
  try {
    static_cast<void>(run_case("{\"format\":\"twill.lanes.case/1\",\n \"lanch\":{}}", "given.json"));
    FAIL() << "a case with an unknown key was accepted";
  } catch (const fault& f) {
    EXPECT_EQ(f.kind(), errc::invalid_program);
    EXPECT_STREQ(
        f.what(),
        "error[InvalidProgram] given.json:2:10 /lanch: unknown key \"lanch\", did you mean \"launch\"?");
  }
}

}  // namespace
}  // namespace twill::lanes
