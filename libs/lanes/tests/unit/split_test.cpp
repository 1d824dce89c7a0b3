// SPDX-License-Identifier: Apache-2.0
// A block without barriers is shared out by its batches, unless two of its lanes may store at one place.
#include "exec/prepared.hpp"
#include "twill/lanes/buffer.hpp"
#include "twill/lanes/builder.hpp"
#include "twill/lanes/kernel.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace twill::lanes {
namespace {

constexpr std::uint32_t huge = 65'536;

// r1: a buffer, r2: a buffer of u32, r4: u64.
bool apart(const std::string& text) {
  const std::vector<initial_register> given{
      {1, std::uint64_t{7}}, {2, std::uint64_t{8}}, {4, std::uint64_t{9}}};
  return detail::prepare(program::parse_text(text), given)->lanes_apart;
}

TEST(split, is_for_programs_whose_lanes_store_at_places_of_their_own) {
  EXPECT_TRUE(apart("exit")) << "nothing is stored";
  EXPECT_TRUE(apart(
      "mov_imm.u32 r250, 2\n shl.u64 r0, r255, r250\n mov_imm.u32 r5, 1\n stg.u32 [r2 + r0], r5\n exit"));
}

TEST(split, follows_sums_and_products_of_the_lane_and_what_all_share) {
  const std::string head =
      "mov_imm.u64 r6, 12\n mul.u64 r0, r6, r255\n add.u64 r7, r4, r0\n sub.u64 r8, r7, r6\n";
  EXPECT_TRUE(apart(head + "mov_imm.u32 r5, 1\n stg.u32 [r2 + r8], r5\n exit"));
  EXPECT_TRUE(apart(head + "mov_imm.f64 r5, 1\n stg.f64 [r2 + r8], r5\n exit"));
  EXPECT_FALSE(
      apart("mov_imm.u64 r6, 4\n mul.u64 r0, r255, r6\n mov_imm.f64 r5, 1\n stg.f64 [r2 + r0], r5\n exit"))
      << "8 bytes at every fourth";
  EXPECT_FALSE(apart("mul.u64 r0, r255, r4\n mov_imm.u32 r5, 1\n stg.u32 [r2 + r0], r5\n exit"))
      << "a stride that the launch chooses, and may be 0";
}

TEST(split, is_not_for_lanes_that_may_meet) {
  const std::string one = "mov_imm.u32 r5, 1\n";
  EXPECT_FALSE(apart(one + "stg.u32 [r2 + r4], r5\n exit")) << "all at one place";
  EXPECT_FALSE(apart(one + "ldg.u64 r0, [r1 + r4]\n stg.u32 [r2 + r0], r5\n exit")) << "where the data say";
  EXPECT_FALSE(apart(
      one +
      "mov_imm.u32 r6, 2\n shl.u64 r0, r255, r6\n ldg.u64 r9, [r1 + r0]\n stg.u32 [r9 + r0], r5\n exit"))
      << "into buffers that the data name";
  EXPECT_FALSE(
      apart(one +
            "mov_imm.u32 r6, 2\n shl.u64 r0, r255, r6\n mov_imm.u64 r7, 4\n"
            "here: stg.u32 [r2 + r0], r5\n add.u64 r0, r0, r7\n setltu.u64 p0, r0, r4\n bra.p0 @here\n exit"))
      << "an address that moves on in a loop";
  EXPECT_FALSE(apart(one +
                     "cvt.u32.u64 r6, r255\n cvt.u64.u32 r0, r6\n mov_imm.u32 r7, 2\n shl.u64 r8, r0, r7\n"
                     "stg.u32 [r2 + r8], r5\n exit"))
      << "a lane's number that was cut to 32 bits";
}

TEST(split, gives_one_block_to_several_workers) {
  const kernel k = kernel::compile(R"(
    kernel f(x: buffer<f32>, y: buffer<f32>, n: u64) {
      let i = global_id();
      if i < n { y[i] = sin(x[i]) + y[i]; }
    })");
  executor one({.threads = 1});
  std::vector<float> expected;
  const auto run = [&](executor& ex, unsigned batch) {
    buffer<float> x(ex, huge);
    buffer<float> y(ex, huge);
    for (std::uint32_t i = 0; i < huge; ++i) x[i] = static_cast<float>(i) * 0.001F, y[i] = 1.0F;
    const std::array arguments{kernel_argument::of(x.handle()), kernel_argument::of(y.handle()),
                               kernel_argument::of(std::int64_t{huge - 5})};
    execution_params params{.launch = launch_config::linear(huge, huge), .registers = k.bind(arguments)};
    params.launch.batch = batch;
    const launch_result r = ex.launch(k.code(), params);
    EXPECT_EQ(r.lanes, huge);
    return std::pair(std::vector<float>(y.data(), y.data() + huge), r.instructions);
  };
  const auto alone = run(one, 0);
  EXPECT_EQ(alone.first[huge - 5], 1.0F);
  EXPECT_NE(alone.first[huge - 6], 1.0F);
  executor two({.threads = 2});
  for (const unsigned batch : {0U, 64U, 100U, 1000U, 65'536U}) EXPECT_EQ(run(two, batch), alone) << batch;
  EXPECT_EQ(run(one, 777), alone);
  // Whether an idle worker comes in time is the machine's business.
  const auto workers = [&] {
    std::size_t busy = 0;
    for (const worker_activity& w : two.activity()) busy += w.batches != 0 ? 1 : 0;
    return busy;
  };
  for (int round = 0; round < 500 && workers() < 2; ++round) static_cast<void>(run(two, 64));
  EXPECT_GE(workers(), 2U);
  std::uint64_t blocks = 0;
  for (const worker_activity& w : one.activity()) blocks += w.blocks;
  EXPECT_EQ(blocks, 2U) << "a split block counts once";
}

TEST(split, leaves_the_fault_of_the_lowest_lane) {
  executor ex({.threads = 3});
  buffer<float> x(ex, huge - 1000);
  const kernel k = kernel::compile("kernel f(x: buffer<f32>) { let i = global_id(); x[i] = 2.0; }");
  const std::array arguments{kernel_argument::of(x.handle())};
  for (const unsigned batch : {0U, 64U, 333U, 4096U}) {
    execution_params params{.launch = launch_config::linear(huge, huge), .registers = k.bind(arguments)};
    params.launch.batch = batch;
    try {
      ex.launch(k.code(), params);
      FAIL() << "beyond the buffer";
    } catch (const fault& f) {
      EXPECT_EQ(f.code(), errc::buffer_out_of_bounds);
      ASSERT_TRUE(f.info().at.has_value());
      EXPECT_EQ(f.info().at->block, 0U);
      EXPECT_EQ(f.info().at->lane, huge - 1000);
    }
  }
}

TEST(split, keeps_the_order_of_lanes_that_meet) {
  executor ex({.threads = 3});
  buffer<std::uint32_t> x(ex, 8);
  const kernel k = kernel::compile("kernel f(x: buffer<u32>) { let i = global_id(); x[i % 8] = u32(i); }");
  const std::array arguments{kernel_argument::of(x.handle())};
  for (const unsigned batch : {0U, 64U, 333U, 4096U}) {
    for (int round = 0; round < 20; ++round) {
      execution_params params{.launch = launch_config::linear(huge, huge), .registers = k.bind(arguments)};
      params.launch.batch = batch;
      ex.launch(k.code(), params);
      for (std::uint32_t i = 0; i < 8; ++i) ASSERT_EQ(x[i], huge - 8 + i) << batch;
    }
  }
}

}  // namespace
}  // namespace twill::lanes
