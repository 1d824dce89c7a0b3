// SPDX-License-Identifier: Apache-2.0
#include "large.hpp"

#include "ranks.hpp"

#include <chrono>
#include <cstddef>
#include <vector>

namespace {

namespace comm = twill::comm;
namespace large = ranks::large;

TEST(large, counts_beyond_32_bits_on_one_rank) {
  auto env = comm::environment::init({.backend = "local"});
  const std::size_t n = large::length(2);
  EXPECT_GT(n, std::size_t{1} << 25U);
  env.with([&](auto& world) { large::check(world, n); });
}

TEST(large, counts_beyond_32_bits_on_two_processes) {
  const std::size_t n = large::length(2);
  const auto statuses = ranks::fork_ranks(
      2,
      [n](int) {
        auto env = comm::environment::init({.backend = "shm"});
        large::check(env.world(), n);
        return ::testing::Test::HasFailure() ? 1 : 0;
      },
      std::chrono::seconds(110));
  EXPECT_EQ(statuses, (std::vector<int>{0, 0}));
}

}  // namespace
