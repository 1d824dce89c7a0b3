// SPDX-License-Identifier: Apache-2.0
#include "fault_of.hpp"
#include "twill/lanes/atlas.hpp"
#include "twill/lanes/buffer.hpp"
#include "twill/lanes/builder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <thread>

namespace twill::lanes {
namespace {

using test::fault_of;

execution_params linear(std::uint64_t n, std::uint32_t block, std::vector<initial_register> registers) {
  return {.launch = launch_config::linear(n, block), .registers = std::move(registers)};
}

TEST(launch, vector_add_adds_every_element_also_where_the_last_block_is_partial) {
  executor ex({.threads = 2});
  const program p = templates::binary(opcode::add, type::f32);
  for (const std::size_t n : {0U, 1U, 255U, 256U, 1000U, 70'001U}) {
    buffer<float> a(ex, n);
    buffer<float> b(ex, n);
    buffer<float> c(ex, n);
    for (std::size_t i = 0; i < n; ++i) {
      a[i] = static_cast<float>(i);
      b[i] = 0.5F;
    }
    const launch_result r =
        ex.launch(p, linear(n, 256, {{1, a.handle()}, {2, b.handle()}, {3, c.handle()}, {4, n}}));
    for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(c[i], static_cast<float>(i) + 0.5F);
    const std::uint64_t lanes = (n + 255) / 256 * 256;
    EXPECT_EQ(r.lanes, lanes);
    EXPECT_EQ(r.instructions, n * 9 + (lanes - n) * 3);
  }
}

TEST(launch, linear_rounds_up_and_refuses_blocks_of_nothing) {
  EXPECT_EQ(launch_config::linear(1000, 256).grid.x, 4U);
  EXPECT_EQ(launch_config::linear(0, 256).grid.x, 0U);
  EXPECT_EQ(fault_of([] { static_cast<void>(launch_config::linear(5, 0)); }),
            "InvalidLaunchConfig: a block of 0 lanes");
}

TEST(launch, coordinates_are_linear_over_three_dimensions) {
  executor ex({.threads = 2});
  buffer<std::uint64_t> out(ex, 5 * 3 * 2 * 2 * 3 * 2);
  const program p = program::parse_text(
      "mov_imm.u32 r9, 3\nshl.u64 r0, r255, r9\n"
      "cvt.u64.u32 r10, r252\ncvt.u64.u32 r11, r253\nmov_imm.u64 r12, 100\nmul.u64 r11, r11, r12\n"
      "add.u64 r10, r10, r11\nstg.u64 [r1 + r0], r10\n");
  for (const unsigned batch : {1U, 7U, 64U}) {
    execution_params params{.launch = {.grid = {2, 3, 2}, .block = {5, 3, 2}, .batch = batch},
                            .registers = {{1, out.handle()}}};
    ex.launch(p, params);
    for (std::size_t i = 0; i < out.size(); ++i) {
      const std::size_t lane_x = i % 30 % 5;
      const std::size_t block_x = i / 30 % 2;
      ASSERT_EQ(out[i], lane_x + 100 * block_x) << i;
    }
  }
}

TEST(launch, what_makes_no_sense_is_refused_and_the_executor_stays_usable) {
  executor ex({.threads = 2});
  const program p = program::parse_text("exit");
  const auto with = [&](launch_config c) { return fault_of([&] { ex.launch(p, {.launch = c}); }); };
  EXPECT_EQ(with({.block = {70'000, 1, 1}}), "InvalidLaunchConfig: more than 65536 lanes in a block");
  EXPECT_EQ(with({.block = {0xffffffff, 0xffffffff, 0xffffffff}}),
            "InvalidLaunchConfig: more than 65536 lanes in a block");
  EXPECT_EQ(with({.grid = {0xffffffff, 0xffffffff, 2}}), "InvalidLaunchConfig: more than 2^40 blocks");
  EXPECT_EQ(with({.shared_bytes = 2 << 20}),
            "SharedMemoryAllocationFailed{requested 2097152, available 1048576}");
  EXPECT_EQ(with({.grid = {0, 1, 1}}), "no fault");
  EXPECT_EQ(ex.launch(p, {.launch = {.grid = {0, 1, 1}}}).lanes, 0U);
  EXPECT_EQ(ex.launch(p).instructions, 1U);
  EXPECT_EQ(ex.launch(program()).instructions, 0U);
}

TEST(launch, loops_without_end_stop_at_the_step_limit) {
  executor ex({.threads = 2});
  const program p = program::parse_text("here: bra @here");
  for (const unsigned batch : {1U, 64U}) {
    execution_params params{
        .launch = {.grid = {3, 1, 1}, .block = {7, 1, 1}, .step_limit = 1000, .batch = batch}};
    EXPECT_EQ(fault_of([&] { ex.launch(p, params); }),
              "StepLimitExceeded{limit 1000} at block 0, lane 0, pc 0");
  }
}

TEST(launch, wall_time_is_limited) {
  executor ex({.threads = 1});
  const program p = program::parse_text("here: bra @here");
  execution_params params{.launch = {.step_limit = 0, .time_limit_ms = 5}};
  EXPECT_EQ(fault_of([&] { ex.launch(p, params); }),
            "TimeLimitExceeded{milliseconds 5} at block 0, lane 0, pc 0");
}

TEST(launch, calls_nest_recurse_overflow_and_underflow) {
  executor ex({.threads = 1});
  buffer<std::uint32_t> out(ex, 8);
  // f(n) = n == 0 ? 0 : n + f(n - 1), n the lane.
  const program p = program::parse_text(R"(
    mov_imm.u32 r2, 0
    mov.u32 r3, r252
    mov_imm.u32 r4, 0
    mov_imm.u32 r5, 1
    call @f
    mov_imm.u32 r6, 2
    shl.u64 r7, r255, r6
    stg.u32 [r1 + r7], r2
    exit
f:  seteq.u32 p0, r3, r4
    bra.p0 @done
    add.u32 r2, r2, r3
    sub.u32 r3, r3, r5
    call @f
done: ret)");
  for (const unsigned batch : {1U, 3U, 64U}) {
    execution_params params{.launch = {.block = {8, 1, 1}, .batch = batch}, .registers = {{1, out.handle()}}};
    ex.launch(p, params);
    for (std::uint32_t i = 0; i < 8; ++i) EXPECT_EQ(out[i], i * (i + 1) / 2);
    params.launch.call_depth = 5;
    EXPECT_EQ(fault_of([&] { ex.launch(p, params); }), "CallStackOverflow{max 5} at block 0, lane 5, pc 13");
  }
  EXPECT_EQ(fault_of([&] { ex.launch(program::parse_text("ret")); }),
            "CallStackUnderflow at block 0, lane 0, pc 0");
}

TEST(launch, memory_of_calls_and_pools_is_limited) {
  executor ex({.threads = 2});
  const program deep = program::parse_text("f: call @f");
  const program pools = program::parse_text("again: pool.alloc r1, 0\nbra @again");
  for (const unsigned batch : {1U, 64U, 1024U}) {
    execution_params params = linear(1000, 100, {});
    params.launch.batch = batch;
    params.launch.call_depth = 1'000'000'000;
    params.launch.memory_limit = 4'000'000;  // 1000 calls of 4 bytes in each of 1000 lanes
    EXPECT_EQ(fault_of([&] { ex.launch(deep, params); }),
              "OutOfMemory{requested 4004, available 4000} at block 0, lane 0, pc 0")
        << batch;
    // Empty pools cost what is kept of them.
    EXPECT_EQ(fault_of([&] { ex.launch(pools, params); }),
              "OutOfMemory{requested 0, available 32} at block 0, lane 0, pc 0")
        << batch;
  }
}

TEST(launch, barriers_wait_for_all_lanes_that_have_not_ended) {
  executor ex({.threads = 2});
  buffer<std::uint32_t> out(ex, 64);
  // Lanes from 48 on leave; lane i then reads what lane 47 - i wrote.
  const program p = program::parse_text(R"(
    mov_imm.u32 r2, 48
    setge.u32 p0, r252, r2
    bra.p0 @end
    mov_imm.u32 r3, 2
    cvt.u64.u32 r4, r252
    shl.u64 r4, r4, r3
    sts.u32 [r4 + 0], r252
    bar.sync 3
    mov_imm.u64 r5, 188
    sub.u64 r5, r5, r4
    lds.u32 r6, [r5 + 0]
    shl.u64 r7, r255, r3
    stg.u32 [r1 + r7], r6
end: exit)");
  for (const unsigned batch : {0U, 1U, 7U, 64U}) {
    execution_params params{.launch = {.block = {64, 1, 1}, .shared_bytes = 192, .batch = batch},
                            .registers = {{1, out.handle()}}};
    ex.launch(p, params);
    for (std::uint32_t i = 0; i < 48; ++i) ASSERT_EQ(out[i], 47 - i) << batch;
  }
}

TEST(launch, waiting_at_different_barriers_is_a_fault_of_the_block) {
  executor ex({.threads = 2});
  const program p = program::parse_text(R"(
    mov_imm.u32 r2, 3
    setge.u32 p0, r252, r2
    bra.p0 @other
    bar.sync 1
    exit
other: bar.sync 2
    exit)");
  for (const unsigned batch : {1U, 2U, 64U}) {
    execution_params params{.launch = {.grid = {4, 1, 1}, .block = {8, 1, 1}, .batch = batch}};
    EXPECT_EQ(fault_of([&] { ex.launch(p, params); }), "BarrierDivergence{block 0} at block 0, lane 0, pc 3");
  }
}

TEST(launch, faults_are_those_of_the_lowest_block_and_lane_whatever_runs_first) {
  executor one({.threads = 1});
  executor eight({.threads = 8});
  // Lane 900 + 7 k divides by zero at different places; the lowest is block 3, lane 132.
  const program p = program::parse_text(R"(
    mov_imm.u64 r2, 900
    setge.u64 p0, r255, r2
    bra.p0 @late
    exit
late: mov_imm.i32 r3, 0
    div.i32 r4, r3, r3)");
  for (executor* ex : {&one, &eight}) {
    for (const unsigned batch : {0U, 1U, 7U, 64U, 1024U}) {
      execution_params params = linear(100'000, 256, {});
      params.launch.batch = batch;
      EXPECT_EQ(fault_of([&] { ex->launch(p, params); }),
                "DivisionByZero{index 0} at block 3, lane 132, pc 5")
          << batch;
    }
  }
}

TEST(launch, resonance_is_the_same_for_every_number_of_threads) {
  const program p = program::parse_text(R"(
    mov_imm.u64 r2, 96
    div.u64 r3, r255, r2
    mul.u64 r3, r3, r2
    sub.u64 r3, r255, r3
    cvt.u8.u64 r4, r3
    cvt.f64.u64 r5, r255
    mov_imm.f64 r6, 0.1
    mul.f64 r5, r5, r6
    res.accum r4, r5)");
  std::array<double, 96> exact{};
  for (std::size_t i = 0; i < 100'096; ++i) exact[i % 96] += static_cast<double>(i) * 0.1;
  std::optional<std::array<double, 96>> first;
  for (const std::size_t threads : {1U, 2U, 8U}) {
    executor ex({.threads = threads});
    execution_params params = linear(100'000, 256, {});
    params.launch.batch = 256;
    const launch_result r = ex.launch(p, params);
    if (!first) first = r.resonance;
    for (std::size_t c = 0; c < 96; ++c) {
      EXPECT_EQ(std::bit_cast<std::uint64_t>(r.resonance[c]), std::bit_cast<std::uint64_t>((*first)[c]));
      EXPECT_NEAR(r.resonance[c], exact[c], 1e-9 * exact[c]);
      EXPECT_TRUE(r.is_touched(static_cast<unsigned>(c)));
    }
  }
}

TEST(launch, launches_nest_in_pool_tasks_and_run_at_the_same_time) {
  executor ex({.threads = 4});
  const program p = templates::binary(opcode::add, type::f32);
  constexpr std::size_t n = 20'000;
  buffer<float> a(ex, n);
  buffer<float> b(ex, n);
  for (std::size_t i = 0; i < n; ++i) a[i] = b[i] = static_cast<float>(i);
  std::vector<buffer<float>> outs;
  for (int i = 0; i < 16; ++i) outs.emplace_back(ex, n);
  const auto launch_into = [&](std::size_t i) {
    ex.launch(p, linear(n, 64, {{1, a.handle()}, {2, b.handle()}, {3, outs[i].handle()}, {4, n}}));
  };
  ex.for_each_chunk(8, launch_into);
  {
    std::vector<std::jthread> threads;
    for (std::size_t i = 8; i < 16; ++i) threads.emplace_back(launch_into, i);
  }
  for (const auto& out : outs) {
    for (std::size_t i = 0; i < n; ++i) ASSERT_EQ(out[i], 2 * static_cast<float>(i));
  }
  const auto activity = ex.activity();
  std::size_t busy = 0;
  for (const worker_activity& w : activity) busy += w.batches != 0 ? 1 : 0;
  EXPECT_GE(busy, 1U);
}

TEST(buffers, are_zeroed_sized_copied_and_never_reused) {
  executor ex({.threads = 1});
  const buffer_handle h = ex.allocate_buffer(10);
  EXPECT_EQ(h, 1U);
  EXPECT_EQ(ex.buffer_size(h), 10U);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(ex.map(h).data()) % 64, 0U);
  EXPECT_TRUE(std::ranges::all_of(ex.map(h), [](std::byte x) { return x == std::byte{0}; }));
  EXPECT_EQ(ex.buffer_size(0), 1'179'648U);
  EXPECT_EQ(ex.buffer_size(class_handle(95)), 12'288U);
  std::vector<std::byte> three(3, std::byte{7});
  ex.copy_to_buffer(h, three, 7);
  EXPECT_EQ(fault_of([&] { ex.copy_to_buffer(h, three, 8); }),
            "BufferOutOfBounds{offset 8, size 3, buffer_size 10}");
  std::vector<std::byte> back(10);
  ex.copy_from_buffer(h, back);
  EXPECT_EQ(back[6], std::byte{0});
  EXPECT_EQ(back[9], std::byte{7});
  ex.free_buffer(h);
  EXPECT_EQ(fault_of([&] { ex.free_buffer(h); }), "InvalidBufferHandle{handle 1}");
  EXPECT_EQ(ex.allocate_buffer(0), 2U);
  std::vector<float> mine(4, 1.0F);
  const buffer_handle adopted = ex.adopt(std::as_writable_bytes(std::span(mine)));
  ex.launch(templates::fill(type::f32),
            linear(4, 4, {{1, adopted}, {4, 4}, {5, std::bit_cast<std::uint32_t>(2.5F), type::f32}}));
  EXPECT_EQ(mine, std::vector<float>(4, 2.5F));
}

TEST(buffers, every_byte_near_the_end_is_checked) {
  executor ex({.threads = 1});
  const program p = program::parse_text("mov_imm.u32 r2, 7\nstg.u32 [r1 + r3], r2");
  const buffer_handle h = ex.allocate_buffer(16);
  for (std::uint64_t offset = 0; offset < 24; ++offset) {
    const auto run = [&] { ex.launch(p, {.registers = {{1, h}, {3, offset}}}); };
    if (offset <= 12) {
      EXPECT_EQ(fault_of(run), "no fault");
    } else {
      EXPECT_EQ(fault_of(run), "BufferOutOfBounds{offset " + std::to_string(offset) +
                                   ", size 4, buffer_size 16} at block 0, lane 0, pc 1");
    }
  }
  EXPECT_EQ(
      fault_of([&] { ex.launch(p, {.registers = {{1, h}, {3, ~std::uint64_t{0}}}}); }),
      "BufferOutOfBounds{offset 18446744073709551615, size 4, buffer_size 16} at block 0, lane 0, pc 1");
  EXPECT_EQ(fault_of([&] { ex.launch(p, {.registers = {{1, 77}, {3, 0}}}); }),
            "InvalidBufferHandle{handle 77} at block 0, lane 0, pc 1");
  EXPECT_EQ(fault_of([&] { ex.launch(program::parse_text("ldg.u8 r2, [r1 - 1]"), {.registers = {{1, h}}}); }),
            "AddressUnderflow{offset -1} at block 0, lane 0, pc 0");
  EXPECT_EQ(fault_of([&] { ex.launch(program::parse_text("ldg.u32 r2, [phi(3, 47, 253)]")); }),
            "BufferOutOfBounds{offset 12285, size 4, buffer_size 12288} at block 0, lane 0, pc 0");
}

TEST(pools, lanes_have_pools_of_their_own_and_the_host_too) {
  executor ex({.threads = 2});
  buffer<std::uint64_t> out(ex, 100);
  const program p = program::parse_text(R"(
    pool.alloc r2, 16
    mov_imm.u64 r3, 8
    pool.store.u64 r2, r3, r255
    pool.load.u64 r4, r2, r3
    mov_imm.u32 r5, 3
    shl.u64 r6, r255, r5
    stg.u64 [r1 + r6], r4
    pool.free r2)");
  ex.launch(p, linear(100, 10, {{1, out.handle()}}));
  for (std::uint64_t i = 0; i < 100; ++i) EXPECT_EQ(out[i], i);
  EXPECT_EQ(fault_of([&] {
              ex.launch(program::parse_text("pool.alloc r2, 4\nmov_imm.u64 r3, 1\npool.load.u32 r4, r2, r3"));
            }),
            "PoolOutOfBounds{offset 1, size 4, pool_size 4} at block 0, lane 0, pc 2");
  EXPECT_EQ(fault_of([&] {
              ex.launch(program::parse_text("pool.alloc r2, 4\npool.free r2\npool.free r2"));
            }).substr(0, 18),
            "InvalidPoolHandle{");
  EXPECT_EQ(fault_of([&] { ex.launch(program::parse_text("pool.alloc r2, 99999999999")); }).substr(0, 12),
            "OutOfMemory{");
  linear_pool pool(ex, 32);
  EXPECT_EQ(pool.handle(), 1U);
  pool.store(4, 2.5F);
  EXPECT_EQ(pool.load<float>(4), 2.5F);
  EXPECT_EQ(fault_of([&] { static_cast<void>(pool.load<double>(25)); }),
            "PoolOutOfBounds{offset 25, size 8, pool_size 32}");
  ex.launch(program::parse_text(
                "mov_imm.u64 r3, 4\npool.load.f32 r4, r2, r3\nadd.f32 r4, r4, r4\npool.store.f32 r2, r3, r4"),
            {.registers = {{2, pool.handle()}}});
  EXPECT_EQ(pool.load<float>(4), 5.0F);
  pool.clear();
  EXPECT_EQ(pool.load<float>(4), 0.0F);
}

TEST(class_allocator, hands_out_the_last_freed_class_first) {
  class_allocator a;
  EXPECT_EQ(a.allocate(), 0);
  EXPECT_EQ(a.allocate(), 1);
  a.free(0);
  EXPECT_EQ(a.allocate(), 0);
  EXPECT_EQ(a.allocate_consecutive(3), 2);
  a.free(3);
  EXPECT_EQ(a.allocate_consecutive(2), 5);
  EXPECT_EQ(a.allocate(), 3);
  while (a.allocate()) {
  }
  EXPECT_EQ(a.available(), 0U);
  EXPECT_EQ(a.allocate_consecutive(1), std::nullopt);
  a.free(9);
  EXPECT_EQ(fault_of([&] { a.free(9); }), "InvalidArgument: class 9 is not allocated");
}

TEST(atlas, tables_follow_their_rules_for_all_classes_and_bytes) {
  EXPECT_EQ(atlas::classify(31), 93);
  EXPECT_EQ(atlas::classify(32), 1);
  EXPECT_EQ(atlas::classify(96), 0);
  EXPECT_EQ(atlas::classify(255), 93);
  std::size_t edges = 0;
  for (unsigned c = 0; c < 96; ++c) {
    const auto cls = static_cast<std::uint8_t>(c);
    EXPECT_EQ(atlas::mirror(atlas::mirror(cls)), cls);
    const auto list = atlas::neighbors(cls);
    EXPECT_EQ(list.count, atlas::degree(cls));
    EXPECT_TRUE(std::ranges::is_sorted(list.span()));
    edges += list.count;
    for (const std::uint8_t other : list.span()) {
      EXPECT_NE(other, atlas::mirror(cls));
      EXPECT_TRUE(std::ranges::count(atlas::neighbors(other).span(), cls) == 1);
    }
  }
  EXPECT_EQ(edges, 512U);
  const auto of = [](std::uint8_t c) {
    const auto list = atlas::neighbors(c);
    return std::vector<int>(list.span().begin(), list.span().end());
  };
  EXPECT_EQ(of(0), (std::vector<int>{1, 6, 12, 24, 48}));
  EXPECT_EQ(of(4), (std::vector<int>{3, 5, 10, 16, 28, 52}));
  EXPECT_EQ(of(40), (std::vector<int>{16, 28, 39, 41, 46, 88}));
  EXPECT_EQ(atlas::mirror_pairs().size(), 48U);
  EXPECT_EQ(atlas::phi_decode(atlas::phi_encode(47, 200)), (atlas::phi_place{47, 200}));
  EXPECT_EQ(atlas::phi_to_offset(atlas::offset_to_phi(5, 3000)), 3000U);
  EXPECT_EQ(fault_of([] { static_cast<void>(atlas::offset_to_phi(96, 0)); }), "InvalidClassIndex{class 96}");
  EXPECT_EQ(atlas::max_elements_per_class<float>(), 3072U);
  EXPECT_TRUE((atlas::phase_window{760, 20}.contains(3)));
  EXPECT_FALSE((atlas::phase_window{760, 20}.contains(12)));
  EXPECT_EQ(atlas::class_mask::all().count(), 96U);
  const std::array parts{atlas::rational{1, 3}, atlas::rational{1, 6}, atlas::rational{-1, 2}};
  EXPECT_TRUE(atlas::is_unity_neutral(parts));
  EXPECT_EQ(fault_of([] { static_cast<void>(atlas::is_unity_neutral(std::array{atlas::rational{1, 0}})); }),
            "InvalidArgument: a fraction with the denominator 0");
}

TEST(atlas, instructions_agree_with_the_host) {
  executor ex({.threads = 1});
  buffer<std::uint64_t> out(ex, 4);
  ex.launch(program::parse_text(R"(
    phase.adv 750
    phase.adv 30
    phase.get r2
    cvt.u64.u32 r3, r2
    stg.u64 [r1 + 0], r3
    mov_imm.u8 r4, 1
    mov_imm.u8 r5, 2
    mov_imm.u8 r6, 3
    bound.map r7, r4, r5, r6
    stg.u64 [r1 + 8], r7
    mov_imm.u8 r8, 40
    nbr.get r9, r8, 5
    cvt.u64.u8 r10, r9
    stg.u64 [r1 + 16], r10
    cls.get r11
    cvt.u64.u8 r12, r11
    stg.u64 [r1 + 24], r12)"),
            {.registers = {{1, out.handle()}}});
  EXPECT_EQ(out.to_vector(), (std::vector<std::uint64_t>{12, 12803, 88, 0}));
  EXPECT_EQ(fault_of([&] { ex.launch(program::parse_text("mov_imm.u8 r1, 200\nmirror r2, r1")); }),
            "InvalidClassIndex{class 200} at block 0, lane 0, pc 1");
}

}  // namespace
}  // namespace twill::lanes
