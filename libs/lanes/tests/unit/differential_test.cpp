// SPDX-License-Identifier: Apache-2.0
// The executor against the scalar reference: results, counts and faults, whatever the batch and the threads.
#include "exec/prepared.hpp"
#include "oracle.hpp"
#include "random_program.hpp"
#include "twill/lanes/executor.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <optional>
#include <tuple>

namespace twill::lanes {
namespace {

struct outcome {
  std::optional<fault_info> fault;
  std::vector<std::byte> data;
  std::uint64_t instructions = 0;
};

outcome run(executor& ex, const program& p, execution_params params, unsigned batch, std::size_t bytes) {
  const buffer_handle h = ex.allocate_buffer(bytes);
  std::vector<std::byte> data(bytes);
  for (std::size_t i = 0; i < bytes; ++i) data[i] = static_cast<std::byte>(i % 7);
  ex.copy_to_buffer(h, data);
  params.registers = {{.reg = 1, .bits = h}};
  params.launch.batch = batch;
  outcome out;
  try {
    out.instructions = ex.launch(p, params).instructions;
  } catch (const fault& f) {
    out.fault = f.info();
  }
  ex.copy_from_buffer(h, data);
  ex.free_buffer(h);
  out.data = std::move(data);
  return out;
}

void compare(const program& p, const execution_params& params, std::size_t lanes, std::uint64_t seed) {
  static executor serial({.threads = 1});
  static executor pooled({.threads = 3});
  const std::size_t bytes = lanes * 64;
  std::vector<std::byte> data(bytes);
  for (std::size_t i = 0; i < bytes; ++i) data[i] = static_cast<std::byte>(i % 7);
  execution_params wanted = params;
  wanted.registers = {{.reg = 1, .bits = 1}};
  const auto expected = test::run_oracle(p, wanted, {{1, data}});
  for (const unsigned batch : {0U, 1U, 7U, 64U, 256U, 1024U}) {
    for (executor* ex : {&serial, &pooled}) {
      const outcome got = run(*ex, p, params, batch, bytes);
      ASSERT_EQ(got.fault.has_value(), expected.fault.has_value())
          << "seed " << seed << " batch " << batch << "\n"
          << (got.fault ? to_string(*got.fault) : "") << (expected.fault ? to_string(*expected.fault) : "")
          << "\n"
          << p.to_text();
      if (expected.fault) {
        ASSERT_EQ(to_string(*got.fault), to_string(*expected.fault))
            << "seed " << seed << " batch " << batch << "\n"
            << p.to_text();
        continue;
      }
      ASSERT_EQ(got.instructions, expected.instructions) << "seed " << seed << " batch " << batch << "\n"
                                                         << p.to_text();
      ASSERT_EQ(std::memcmp(got.data.data(), expected.buffers.at(1).data(), bytes), 0)
          << "seed " << seed << " batch " << batch << "\n"
          << p.to_text();
    }
  }
}

execution_params shape(std::uint32_t blocks, std::uint32_t lanes, std::size_t shared) {
  execution_params out;
  out.launch.grid.x = blocks;
  out.launch.block.x = lanes;
  out.launch.shared_bytes = shared;
  out.launch.step_limit = 2000;
  return out;
}

TEST(differential, random_programs_without_barriers_agree_with_the_reference_at_every_width) {
  int ended_well = 0;
  for (std::uint64_t seed = 1; seed <= 250; ++seed) {
    const program p = test::random_program(seed).make(false);
    compare(p, shape(5, 19, 0), 95, seed);
    if (HasFatalFailure()) return;
    execution_params once = shape(1, 1, 0);
    ended_well += test::run_oracle(p, {.launch = once.launch, .registers = {{.reg = 1, .bits = 1}}},
                                   {{1, std::vector<std::byte>(64)}})
                          .fault
                      ? 0
                      : 1;
  }
  EXPECT_GT(ended_well, 25);  // else the generator tests nothing but faults
}

TEST(differential, random_programs_with_barriers_agree_with_the_reference_at_every_width) {
  for (std::uint64_t seed = 1001; seed <= 1150; ++seed) {
    const program p = test::random_program(seed).make(true);
    compare(p, shape(3, 37, 37 * 64), 111, seed);
    if (HasFatalFailure()) return;
  }
}

TEST(differential, random_loops_of_registers_agree_with_the_reference_whatever_the_limit_of_steps) {
  int ended_well = 0;
  std::size_t loops = 0;
  for (std::uint64_t seed = 2001; seed <= 2120; ++seed) {
    const program p = test::random_program(seed).make_loops();
    const std::array<initial_register, 1> buffer{{{.reg = 1, .bits = 1}}};
    loops += detail::prepare(p, buffer)->loops.size();
    execution_params params = shape(2, 700, 0);
    params.launch.step_limit = seed % 3 == 0 ? 40 + seed % 200 : seed % 3 == 1 ? 0 : 100'000;
    compare(p, params, 1400, seed);
    if (HasFatalFailure()) return;
    const auto alone = test::run_oracle(p, {.launch = params.launch, .registers = {{.reg = 1, .bits = 1}}},
                                        {{1, std::vector<std::byte>(1400 * 64)}});
    ended_well += alone.fault ? 0 : 1;
  }
  EXPECT_GT(ended_well, 60);
  EXPECT_LT(ended_well, 120);
  EXPECT_GT(loops, 150U);
}

// Blocks of 16 lanes run many to a batch, and their shared memory is still their own.
constexpr std::uint32_t blocks = 40;
constexpr std::uint32_t block_lanes = 16;

void compare_blocks(const std::string& text, std::optional<errc> ends = std::nullopt) {
  const program p = program::parse_text(R"(
      mov_imm.u32 r250, 2
      shl.u64 r0, r255, r250
      cvt.u64.u32 r3, r252
      shl.u64 r5, r3, r250
      mov_imm.u64 r7, 0
      ldg.u32 r10, [r1 + r0]
)" + text);
  const execution_params params = shape(blocks, block_lanes, 4 * block_lanes);
  compare(p, params, blocks * block_lanes, 0);
  const auto alone = test::run_oracle(p, {.launch = params.launch, .registers = {{.reg = 1, .bits = 1}}},
                                      {{1, std::vector<std::byte>(blocks * block_lanes * 64)}});
  const std::optional<errc> code = alone.fault ? std::optional(alone.fault->code) : std::nullopt;
  EXPECT_EQ(code, ends);
}

TEST(differential, addresses_that_rise_in_a_block_and_jump_to_the_next_agree_with_the_reference) {
  compare_blocks(R"(
      sts.u32 [r5 + 0], r10
      bar.sync 0
      mov_imm.u64 r6, 60
      sub.u64 r6, r6, r5
      lds.u32 r11, [r6 + 0]
      lds.u32 r12, [r7 + 8]        ; the same place for a whole block
      bar.sync 1
      sts.u32 [r7 + 4], r11        ; the highest lane's
      bar.sync 2
      lds.u32 r13, [r7 + 4]
      mov_imm.u32 r14, 15
      and.u32 r15, r10, r14
      cvt.u64.u32 r16, r15
      shl.u64 r16, r16, r250
      lds.u32 r17, [r16 + 0]       ; wherever the data say
      add.u32 r11, r11, r12
      mad.u32 r11, r11, r10, r13
      add.u32 r11, r11, r17
      cvt.u64.u32 r18, r253
      mov_imm.u64 r19, 64
      mul.u64 r18, r18, r19
      add.u64 r18, r18, r6
      stg.u32 [r1 + r18 + 2560], r11  ; turned round in each block
      mov_imm.u32 r20, 7
      setlt.u32 p0, r252, r20
      sel.u32 r21, p0, r253, r252
      stg.u32 [r1 + r0 + 5120], r21)");
}

TEST(differential, blocks_that_meet_at_different_numbers_of_barriers_agree_with_the_reference) {
  compare_blocks(R"(
      mov_imm.u32 r8, 3
      and.u32 r9, r253, r8
      mov_imm.u64 r6, 60
      sub.u64 r6, r6, r5
 top: sts.u32 [r5 + 0], r10
      bar.sync 0
      lds.u32 r11, [r6 + 0]
      add.u32 r10, r11, r252
      bar.sync 1
      loop r9, @top
      setgt.u32 p0, r252, r8
      bra.p0 @end
      bar.sync 2
      stg.u32 [r1 + r0], r10
 end: exit)");
}

TEST(differential, the_lowest_block_is_reported_whatever_its_phase) {
  // In turn: lanes of one block wait at different barriers; a store out of bounds in another phase; lanes
  // that never end. The register that is compared with the block decides where.
  for (const auto& [apart, outside, endless, ends] : {std::tuple{9, 12, 15, errc::barrier_divergence},
                                                      {12, 9, 15, errc::shared_out_of_bounds},
                                                      {15, 12, 9, errc::step_limit_exceeded},
                                                      {9, 9, 12, errc::shared_out_of_bounds},
                                                      {12, 9, 9, errc::shared_out_of_bounds},
                                                      {9, 12, 9, errc::barrier_divergence},
                                                      {0, 0, 0, errc::shared_out_of_bounds}}) {
    compare_blocks(R"(
      mov_imm.u32 r20, )" +
                       std::to_string(apart) + R"(
      mov_imm.u32 r21, )" +
                       std::to_string(outside) + R"(
      mov_imm.u32 r22, )" +
                       std::to_string(endless) + R"(
      mov_imm.u32 r23, 11
      sts.u32 [r5 + 0], r10
      bar.sync 0
      setne.u32 p1, r253, r21
      setlt.u32 p2, r252, r23
      bra.p1 @inside
      bra.p2 @inside
      sts.u32 [r5 + 64], r10
inside: bar.sync 1
      setne.u32 p0, r253, r20
      setlt.u32 p2, r252, r23
      bra.p0 @same
      bra.p2 @same
      bar.sync 3
same: bar.sync 2
      setne.u32 p0, r253, r22
      bra.p0 @end
      bra.p2 @end
self: bra @self
 end: stg.u32 [r1 + r0], r10)",
                   ends);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace twill::lanes
