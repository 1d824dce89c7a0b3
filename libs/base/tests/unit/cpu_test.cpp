// SPDX-License-Identifier: Apache-2.0
#include "twill/base/cpu.hpp"

#include "twill/base/error.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace twill {
namespace {

constexpr cpu_features nothing{};
constexpr cpu_features haswell{.sse42 = true, .avx2 = true, .fma = true};
constexpr cpu_features skylake_server{.sse42 = true, .avx2 = true, .fma = true, .avx512 = true};

TEST(cpu, best_level_needs_every_feature_of_the_level) {
  EXPECT_EQ(best_simd_level(nothing), simd_level::baseline);
  EXPECT_EQ(best_simd_level({.avx2 = true, .fma = false}), simd_level::baseline);
  EXPECT_EQ(best_simd_level(haswell), simd_level::avx2);
  EXPECT_EQ(best_simd_level(skylake_server), simd_level::avx512);
  EXPECT_EQ(best_simd_level({.avx512 = true}), simd_level::baseline);
}

TEST(cpu, features_agree_with_the_kernel) {
  std::ifstream file("/proc/cpuinfo");
  std::string line;
  std::string flags;
  while (flags.empty() && std::getline(file, line)) {
    if (line.starts_with("flags")) flags = line + ' ';
  }
  const auto has = [&](const std::string& flag) { return flags.find(' ' + flag + ' ') != std::string::npos; };
  EXPECT_EQ(this_cpu().sse42, has("sse4_2"));
  EXPECT_EQ(this_cpu().avx2, has("avx2"));
  EXPECT_EQ(this_cpu().fma, has("fma"));
  EXPECT_EQ(this_cpu().avx512, has("avx512f") && has("avx512bw") && has("avx512dq") && has("avx512vl"));
}

TEST(cpu, a_text_chooses_the_level) {
  EXPECT_EQ(choose_simd_level("", haswell), simd_level::avx2);
  EXPECT_EQ(choose_simd_level("auto", skylake_server), simd_level::avx512);
  EXPECT_EQ(choose_simd_level("baseline", skylake_server), simd_level::baseline);
  EXPECT_EQ(choose_simd_level("avx2", skylake_server), simd_level::avx2);
}

TEST(cpu, an_unknown_level_is_refused_with_the_nearest_name) {
  try {
    static_cast<void>(choose_simd_level("AVX3", skylake_server));
    FAIL() << "AVX3 is no level";
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::bad_configuration);
    EXPECT_STREQ(
        e.what(),
        "error[bad_configuration] TWILL_SIMD: unknown vector level (found \"AVX3\", expected auto, baseline, "
        "avx2 or avx512)\nhint: did you mean \"avx2\"?");
  }
}

TEST(cpu, a_level_beyond_the_machine_is_refused) {
  try {
    static_cast<void>(choose_simd_level("avx512", haswell));
    FAIL() << "the machine has no AVX-512";
  } catch (const error& e) {
    EXPECT_EQ(e.code(), errc::unsupported);
    EXPECT_EQ(e.expected(), "at most avx2");
    EXPECT_EQ(e.found(), "avx512");
  }
}

TEST(cpu, the_active_level_can_be_lowered_and_never_exceeds_the_machine) {
  const simd_level best = best_simd_level(this_cpu());
  EXPECT_LE(active_simd_level(), best);
  use_simd_level(simd_level::baseline);
  EXPECT_EQ(active_simd_level(), simd_level::baseline);
  use_simd_level(simd_level::avx512);
  EXPECT_EQ(active_simd_level(), best);
}

int one() { return 1; }
int two() { return 2; }

TEST(cpu, a_missing_version_falls_to_the_next_lower_level) {
  constexpr simd_versions<int()> only_baseline{one};
  EXPECT_EQ(only_baseline.at(simd_level::avx512)(), 1);
  constexpr simd_versions<int()> up_to_avx2{.baseline = one, .avx2 = two};
  EXPECT_EQ(up_to_avx2.at(simd_level::baseline)(), 1);
  EXPECT_EQ(up_to_avx2.at(simd_level::avx2)(), 2);
  EXPECT_EQ(up_to_avx2.at(simd_level::avx512)(), 2);
  EXPECT_EQ(name(simd_level::avx512), "avx512");
}

}  // namespace
}  // namespace twill
