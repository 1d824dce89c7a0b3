// SPDX-License-Identifier: Apache-2.0
#include "twill/base/memory.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <stdexcept>
#include <type_traits>

namespace twill {
namespace {

static_assert(sizeof(padded<int>) == destructive_distance && alignof(padded<int>) == destructive_distance);
static_assert(sizeof(padded<char[129]>) == 2 * destructive_distance);
static_assert(std::is_nothrow_move_constructible_v<aligned_buffer<double>>);
static_assert(std::is_nothrow_move_assignable_v<aligned_buffer<double>>);
static_assert(!std::is_copy_constructible_v<aligned_buffer<double>>);

std::uintptr_t address(const void* p) { return reinterpret_cast<std::uintptr_t>(p); }

TEST(aligned_buffer, starts_on_a_cache_line_and_is_zeroed) {
  for (const std::size_t size : {1U, 2U, 7U, 63U, 64U, 65U, 1000U}) {
    const aligned_buffer<double> buffer(size);
    EXPECT_EQ(address(buffer.data()) % cache_line, 0U);
    EXPECT_EQ(buffer.size(), size);
    for (const double x : buffer) EXPECT_EQ(x, 0.0);
  }
}

TEST(aligned_buffer, keeps_a_stricter_alignment_of_its_element) {
  const aligned_buffer<padded<int>> buffer(3);
  EXPECT_EQ(address(buffer.data()) % destructive_distance, 0U);
  EXPECT_EQ(address(&buffer[1]) - address(&buffer[0]), destructive_distance);
}

TEST(aligned_buffer, of_no_elements_owns_nothing) {
  const aligned_buffer<int> none;
  const aligned_buffer<int> zero(0);
  EXPECT_EQ(none.data(), nullptr);
  EXPECT_EQ(zero.data(), nullptr);
  EXPECT_TRUE(zero.empty());
  EXPECT_TRUE(zero.span().empty());
}

TEST(aligned_buffer, moving_leaves_the_source_empty_and_assignment_drops_the_old) {
  const auto counted = std::make_shared<int>(1);
  aligned_buffer<std::shared_ptr<int>> a(2);
  a[0] = counted;
  aligned_buffer<std::shared_ptr<int>> b(1);
  b[0] = counted;
  EXPECT_EQ(counted.use_count(), 3);
  b = std::move(a);
  EXPECT_EQ(counted.use_count(), 2);
  EXPECT_EQ(b.size(), 2U);
  // NOLINTNEXTLINE(bugprone-use-after-move): what a move leaves behind is promised
  EXPECT_EQ(a.size(), 0U);
  const aligned_buffer<std::shared_ptr<int>> c(std::move(b));
  EXPECT_EQ(c[0], counted);
  // NOLINTNEXTLINE(bugprone-use-after-move): as above
  EXPECT_EQ(b.data(), nullptr);
}

TEST(aligned_buffer, refuses_a_size_that_no_memory_can_hold) {
  EXPECT_THROW(aligned_buffer<double>(std::numeric_limits<std::size_t>::max() / 4),
               std::bad_array_new_length);
}

struct third_throws {
  static inline int made = 0;
  static inline int alive = 0;
  third_throws() {
    if (++made == 3) throw std::runtime_error("third");
    ++alive;
  }
  third_throws(const third_throws&) = delete;
  third_throws& operator=(const third_throws&) = delete;
  ~third_throws() { --alive; }
};

TEST(aligned_buffer, destroys_what_it_built_when_an_element_throws) {
  EXPECT_THROW(aligned_buffer<third_throws>(5), std::runtime_error);
  EXPECT_EQ(third_throws::alive, 0);
}

TEST(padded, gives_its_value_by_dereference) {
  padded<std::pair<int, int>> p{{1, 2}};
  (*p).first = 5;
  EXPECT_EQ(p->first, 5);
  EXPECT_EQ(std::as_const(p)->second, 2);
}

}  // namespace
}  // namespace twill
