// SPDX-License-Identifier: Apache-2.0
// Counts the allocations of this process.
#include "twill/lanes/buffer.hpp"
#include "twill/lanes/builder.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<std::uint64_t> allocations{0};

void* counted(std::size_t size, std::size_t alignment) {
  // ORD relaxed [N1]: a count that is read after the threads were joined; pairs with [N2].
  allocations.fetch_add(1, std::memory_order_relaxed);
  void* const found = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (found == nullptr) throw std::bad_alloc();
  return found;
}
}  // namespace

// Inlined, free() beside the caller's new is what g++ 12 warns of.
[[gnu::noinline]] void* operator new(std::size_t size) { return counted(size, 16); }
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

namespace twill::lanes {
namespace {

std::uint64_t count() {
  // ORD relaxed [N2]: see [N1].
  return allocations.load(std::memory_order_relaxed);
}

TEST(allocation, a_launch_of_a_program_that_ran_before_allocates_nothing) {
  executor ex({.threads = 1});
  constexpr std::size_t n = 50'000;
  buffer<float> a(ex, n);
  buffer<float> c(ex, n);
  const program map = templates::unary(opcode::sigmoid, type::f32);
  const execution_params params{.launch = launch_config::linear(n, 256),
                                .registers = {{1, a.handle()}, {2, c.handle()}, {4, n}}};
  // Lanes part and wait at a barrier.
  const program wait = program::parse_text(R"(
    mov_imm.u32 r2, 3
    and.u32 r3, r252, r2
top: add.u32 r4, r3, r2
    loop r3, @top
    bar.sync 0)");
  const execution_params parting{.launch = launch_config::linear(4096, 64)};
  for (int i = 0; i < 2; ++i) {
    ex.launch(map, params);
    ex.launch(wait, parting);
  }
  const std::uint64_t before = count();
  ex.launch(map, params);
  ex.launch(map, params);
  const std::uint64_t after_map = count();
  EXPECT_EQ(after_map - before, 0U);
  ex.launch(wait, parting);
  ex.launch(wait, parting);
  // The two programs need different columns: going from one to the other may make room once.
  const std::uint64_t settled = count();
  ex.launch(wait, parting);
  EXPECT_EQ(count() - settled, 0U);
  EXPECT_EQ(c[0], 0.5F);
}

}  // namespace
}  // namespace twill::lanes
