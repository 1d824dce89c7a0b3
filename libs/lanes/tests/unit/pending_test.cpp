// SPDX-License-Identifier: Apache-2.0
// Launches that run beside their caller, and sums without an order.
#include "exec/executor_state.hpp"
#include "twill/lanes/buffer.hpp"
#include "twill/lanes/builder.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <optional>

namespace twill::lanes {
namespace {

TEST(pending_launch, gives_what_the_launch_would_have_given) {
  constexpr std::size_t n = 50'000;
  for (const std::size_t threads : {1U, 2U, 4U}) {
    executor ex({.threads = threads});
    const program p = templates::binary(opcode::mul, type::i32);
    buffer<std::int32_t> a(ex, n);
    for (std::size_t i = 0; i < n; ++i) a[i] = static_cast<std::int32_t>(i);
    std::vector<buffer<std::int32_t>> out;
    std::vector<pending_launch> pending;
    for (std::size_t k = 0; k < 6; ++k) {
      out.emplace_back(ex, n);
      pending.push_back(ex.launch_async(
          p, {.launch = launch_config::linear(n, 100),
              .registers = {{1, a.handle()}, {2, a.handle()}, {3, out.back().handle()}, {4, n}}}));
    }
    for (pending_launch& one : pending) {
      one.wait();
      EXPECT_TRUE(one.ready());
      EXPECT_EQ(one.get().lanes, n);
    }
    for (const auto& c : out) {
      for (std::size_t i = 0; i < n; ++i) {
        ASSERT_EQ(static_cast<std::uint32_t>(c[i]),
                  static_cast<std::uint32_t>(i) * static_cast<std::uint32_t>(i));
      }
    }
  }
}

TEST(pending_launch, throws_the_fault_where_it_is_asked_for) {
  executor ex({.threads = 2});
  const program p = program::parse_text("ldg.u32 r1, [r9 + 0]");
  pending_launch failing =
      ex.launch_async(p, {.launch = launch_config::linear(10, 5), .registers = {{9, 77}}});
  try {
    static_cast<void>(failing.get());
    FAIL() << "no fault";
  } catch (const fault& caught) {
    EXPECT_EQ(to_string(caught.info()), "InvalidBufferHandle{handle 77} at block 0, lane 0, pc 0");
  }
  // Nobody asks: the fault is dropped, the executor goes on.
  {
    const pending_launch dropped = ex.launch_async(p, {.registers = {{9, 77}}});
  }
  EXPECT_EQ(ex.launch(program::parse_text("exit")).lanes, 1U);
}

TEST(pending_launch, runs_on_the_thread_that_waits_inside_a_busy_pool) {
  executor ex({.threads = 2});
  const program p = program::parse_text("mov_imm.u32 r1, 1");
  std::vector<std::uint64_t> lanes(8);
  ex.for_each_chunk(8, [&](std::size_t i) {
    pending_launch inner = ex.launch_async(p, {.launch = launch_config::linear(1000 + i, 1)});
    lanes[i] = inner.get().lanes;
  });
  for (std::size_t i = 0; i < 8; ++i) EXPECT_EQ(lanes[i], 1000 + i);
}

// Sums whose order matters: large values that cancel, in every class.
constexpr auto cancelling = R"(
  mov_imm.u64 r2, 95
  and.u64 r3, r255, r2
  cvt.u8.u64 r4, r3
  cvt.f64.u64 r5, r255
  mov_imm.f64 r6, 1.0e17
  mov_imm.u64 r7, 1
  mov_imm.u32 r8, 8
  shr.u64 r9, r255, r8
  and.u64 r9, r9, r7
  mov_imm.u64 r10, 0
  setne.u64 p0, r9, r10
  sel.f64 r11, p0, r6, r5
  neg.f64 r12, r6
  bra.p0 @big
  res.accum r4, r5
  bra @end
big:
  res.accum r4, r6
  res.accum r4, r12
end: exit)";

TEST(resonance, exact_sums_are_the_same_for_any_batch_and_number_of_threads) {
  const program p = program::parse_text(cancelling);
  std::array<double, 96> wanted{};
  constexpr std::uint64_t n = 30'720;
  for (std::uint64_t i = 0; i < n; ++i) {
    if ((i >> 8 & 1U) == 0) wanted[i & 95U] += static_cast<double>(i);  // whole numbers: exact
  }
  for (const std::size_t threads : {1U, 3U}) {
    executor ex({.threads = threads});
    for (const unsigned batch : {1U, 7U, 64U, 1000U, 0U}) {
      execution_params params{.launch = launch_config::linear(n, 96)};
      params.launch.batch = batch;
      params.launch.resonance = res_mode::exact;
      const launch_result r = ex.launch(p, params);
      for (unsigned c = 0; c < 96; ++c) {
        ASSERT_EQ(r.is_touched(c), (c & 95U) == c);
        ASSERT_EQ(r.resonance[c], wanted[c]) << "class " << c << " batch " << batch;
      }
    }
  }
}

TEST(resonance, exact_sums_of_a_launch_that_fails_are_dropped) {
  executor ex({.threads = 2});
  const program p = program::parse_text(R"(
    mov_imm.u8 r1, 5
    mov_imm.f64 r2, 2.5
    res.accum r1, r2
    mov_imm.u8 r1, 96
    res.accum r1, r2)");
  execution_params params{.launch = launch_config::linear(1000, 10)};
  params.launch.resonance = res_mode::exact;
  EXPECT_THROW(ex.launch(p, params), fault);
  const program good = program::parse_text("mov_imm.u8 r1, 5\nmov_imm.f64 r2, 0.1\nres.accum r1, r2");
  const launch_result r = ex.launch(good, params);
  // The double nearest to 1000 times the double 0.1.
  EXPECT_EQ(r.resonance[5], 100.0);
  EXPECT_EQ(r.touched[0], std::uint64_t{1} << 5);
}

TEST(buffers, freed_under_a_launch_keep_their_memory_and_are_told_of_with_assertions) {
  executor ex({.threads = 1});
  const program by_name = program::parse_text("ldg.u32 r1, [buf1 + 0]");
  const program by_register = program::parse_text("ldg.u32 r1, [r5 + 0]");
  const buffer_handle one = ex.allocate_buffer(64);
  const buffer_handle two = ex.allocate_buffer(64);
  const buffer_handle three = ex.allocate_buffer(64);
  const std::array registers{initial_register{.reg = 5, .bits = two}};
  for (const program* p : {&by_name, &by_register}) {
    const auto prepared = detail::prepare(*p, registers);
    detail::launch_state launch;
    launch.program = prepared.get();
    launch.registers = registers;
    const auto table = ex.internals().buffers.table();
    {
      const detail::running_mark mark(ex.internals(), launch);
      const auto told = [&](buffer_handle h) -> std::string {
        try {
          ex.internals().check_unused(h);
        } catch (const fault& caught) {
          return to_string(caught.info());
        }
        return "";
      };
      if (detail::assertions) {
        const std::string name = p == &by_name ? "1" : "2";
        EXPECT_EQ(told(p == &by_name ? one : two),
                  "InvalidArgument: buffer " + name + " is freed while a launch uses it");
        EXPECT_EQ(told(p == &by_name ? two : one), "");
      }
      EXPECT_EQ(told(three), "");
    }
  }
  const auto table = ex.internals().buffers.table();
  std::byte* const data = table->find(three).data;
  data[7] = std::byte{42};
  ex.free_buffer(three);
  EXPECT_EQ(data[7], std::byte{42});  // a launch that has the table reads what was there
  EXPECT_FALSE(ex.internals().buffers.table()->find(three).valid);
}

}  // namespace
}  // namespace twill::lanes
