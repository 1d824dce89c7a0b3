// SPDX-License-Identifier: Apache-2.0
// Every element type through the operations that move data; reductions_test.cpp has them in reductions.
#include "ranks.hpp"

#include <array>
#include <complex>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

namespace comm = twill::comm;
using ranks::on_ranks;
using counts_t = std::vector<std::size_t>;

class types : public ranks::on_every_layout {};

template <class T>
T element_as(int rank, std::size_t i) {
  if constexpr (std::is_same_v<T, std::byte>) {
    return static_cast<std::byte>(rank * 31 + static_cast<int>(i % 7));
  } else {
    return static_cast<T>(static_cast<float>(rank * 31 + static_cast<int>(i % 7)));
  }
}

template <class T>
std::vector<T> block_as(int rank, std::size_t n) {
  std::vector<T> v(n);
  for (std::size_t i = 0; i < n; ++i) v[i] = element_as<T>(rank, i);
  return v;
}

// Three elements in a line, and more than a piece.
template <class T, class C>
void moves(C& world) {
  const int next = (world.rank() + 1) % world.size();
  const int before = (world.rank() + world.size() - 1) % world.size();
  for (const std::size_t n : {std::size_t{3}, std::size_t{40'000}}) {
    std::vector<T> data = block_as<T>(world.rank(), n);
    world.broadcast(data, world.size() - 1);
    EXPECT_EQ(data, block_as<T>(world.size() - 1, n));

    counts_t counts(static_cast<std::size_t>(world.size()));
    std::vector<T> all;
    for (int r = 0; r < world.size(); ++r) {
      counts[static_cast<std::size_t>(r)] = n + static_cast<std::size_t>(r);
      const auto b = block_as<T>(r, n + static_cast<std::size_t>(r));
      all.insert(all.end(), b.begin(), b.end());
    }
    const auto mine = block_as<T>(world.rank(), counts[static_cast<std::size_t>(world.rank())]);
    std::vector<T> out(all.size());
    world.allgatherv(mine, out, counts);
    EXPECT_EQ(out, all);
    EXPECT_EQ(world.allgatherv(mine).values, all);

    std::vector<T> got(counts[static_cast<std::size_t>(before)]);
    EXPECT_EQ(world.sendrecv(mine, next, 1, got, before, 1).template count<T>(), got.size());
    EXPECT_EQ(got, block_as<T>(before, got.size()));
  }
}

TEST_P(types, floating_point_and_complex_numbers_are_moved) {
  on_ranks(GetParam(), [](auto& world) {
    moves<float>(world);
    moves<double>(world);
    moves<std::complex<double>>(world);
  });
}

TEST_P(types, signed_integers_are_moved) {
  on_ranks(GetParam(), [](auto& world) {
    moves<std::int8_t>(world);
    moves<std::int16_t>(world);
    moves<std::int32_t>(world);
    moves<std::int64_t>(world);
  });
}

TEST_P(types, unsigned_integers_and_bytes_are_moved) {
  on_ranks(GetParam(), [](auto& world) {
    moves<std::byte>(world);
    moves<std::uint8_t>(world);
    moves<std::uint16_t>(world);
    moves<std::uint32_t>(world);
    moves<std::uint64_t>(world);
  });
}

TEST_P(types, structures_are_moved_whole) {
  struct item {
    double value;
    std::array<std::int16_t, 3> tag;
    bool operator==(const item&) const = default;
  };
  on_ranks(GetParam(), [](auto& world) {
    const item mine{0.5 + world.rank(), {1, static_cast<std::int16_t>(world.rank()), -1}};
    const auto all = world.allgather(mine);
    ASSERT_EQ(all.size(), static_cast<std::size_t>(world.size()));
    for (int r = 0; r < world.size(); ++r)
      EXPECT_EQ(all[static_cast<std::size_t>(r)], (item{0.5 + r, {1, static_cast<std::int16_t>(r), -1}}));
    EXPECT_EQ(world.broadcast_value(mine, 0), all[0]);
    auto window = world.template create_window<item>(1);
    window.local()[0] = mine;
    window.fence();
    EXPECT_EQ(window.remote(world.size() - 1)[0], all.back());
  });
}

INSTANTIATE_TEST_SUITE_P(comm, types, ::testing::ValuesIn(ranks::all()),
                         [](const auto& p) { return ranks::name(p.param); });

}  // namespace
