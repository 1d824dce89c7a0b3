// SPDX-License-Identifier: Apache-2.0
// Collectives that move data: every element is compared with what its rank and place say.
#include "ranks.hpp"

#include <array>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <vector>

namespace {

namespace comm = twill::comm;
using ranks::on_ranks;

class collectives : public ranks::on_every_layout {};

template <class T>
T element(int rank, std::size_t i) {
  return static_cast<T>(static_cast<std::size_t>(rank) * 37 + i % 91);
}

template <class T>
std::vector<T> block(int rank, std::size_t n) {
  std::vector<T> v(n);
  for (std::size_t i = 0; i < n; ++i) v[i] = element<T>(rank, i);
  return v;
}

// Small, in one line; one piece; several pieces.
constexpr std::array<std::size_t, 5> lengths{0, 1, 4, 1000, 100'000};

TEST_P(collectives, ranks_are_a_permutation_and_sizes_agree) {
  on_ranks(GetParam(), [](auto& world) {
    EXPECT_GE(world.rank(), 0);
    EXPECT_LT(world.rank(), world.size());
    const std::vector<int> all = world.allgather(world.rank());
    std::vector<int> expected(static_cast<std::size_t>(world.size()));
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(all, expected);
    EXPECT_EQ(world.allgather(world.size()), std::vector<int>(all.size(), world.size()));
  });
}

TEST_P(collectives, broadcast_gives_the_roots_elements_from_every_root) {
  on_ranks(GetParam(), [](auto& world) {
    for (int root = 0; root < world.size(); ++root) {
      for (const std::size_t n : lengths) {
        std::vector<double> data = block<double>(world.rank(), n);
        world.broadcast(data, root);
        EXPECT_EQ(data, block<double>(root, n)) << "root " << root << ", length " << n;
      }
      EXPECT_EQ(world.broadcast_value(world.rank() * 5 + 1, root), root * 5 + 1);
    }
  });
}

TEST_P(collectives, broadcast_carries_objects_of_unknown_size) {
  on_ranks(GetParam(), [](auto& world) {
    const int root = world.size() - 1;
    std::map<std::string, std::vector<std::string>> object;
    const std::map<std::string, std::vector<std::string>> sent{{"a", {"one", ""}},
                                                               {"longer key", {std::string(5000, 'x')}}};
    if (world.rank() == root) object = sent;
    world.broadcast_object(object, root);
    EXPECT_EQ(object, sent);
    std::string text = world.rank() == root ? "text" : "something that is longer";
    world.broadcast_object(text, root);
    EXPECT_EQ(text, "text");
  });
}

TEST_P(collectives, gather_orders_blocks_by_rank) {
  on_ranks(GetParam(), [](auto& world) {
    for (const int root : {0, world.size() - 1}) {
      for (const std::size_t n : lengths) {
        const auto size = static_cast<std::size_t>(world.size());
        const bool mine = world.rank() == root;
        std::vector<std::int64_t> expected;
        for (int r = 0; r < world.size(); ++r) {
          const auto b = block<std::int64_t>(r, n);
          expected.insert(expected.end(), b.begin(), b.end());
        }
        std::vector<std::int64_t> out(mine ? size * n : 0);
        world.gather(block<std::int64_t>(world.rank(), n), out, root);
        if (mine) {
          EXPECT_EQ(out, expected);
        }

        std::vector<std::int64_t> in_place = block<std::int64_t>(world.rank(), n);
        if (mine) {
          in_place.assign(size * n, -1);
          const auto own = block<std::int64_t>(root, n);
          std::copy(own.begin(), own.end(),
                    in_place.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(root) * n));
        }
        world.gather(comm::in_place, in_place, root);
        if (mine) {
          EXPECT_EQ(in_place, expected);
        }
      }
      const std::vector<int> values = world.gather(world.rank() + 3, root);
      if (world.rank() == root) {
        EXPECT_EQ(values.back(), world.size() + 2);
      } else {
        EXPECT_TRUE(values.empty());
      }
    }
  });
}

TEST_P(collectives, allgather_orders_blocks_by_rank) {
  on_ranks(GetParam(), [](auto& world) {
    for (const std::size_t n : lengths) {
      std::vector<float> expected;
      for (int r = 0; r < world.size(); ++r) {
        const auto b = block<float>(r, n);
        expected.insert(expected.end(), b.begin(), b.end());
      }
      std::vector<float> out(expected.size());
      world.allgather(block<float>(world.rank(), n), out);
      EXPECT_EQ(out, expected);
      std::vector<float> own(expected.size(), -1);
      const auto mine = block<float>(world.rank(), n);
      std::copy(mine.begin(), mine.end(),
                own.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(world.rank()) * n));
      world.allgather(comm::in_place, own);
      EXPECT_EQ(own, expected);
    }
  });
}

TEST_P(collectives, scatter_deals_the_roots_blocks) {
  on_ranks(GetParam(), [](auto& world) {
    for (const int root : {0, world.size() - 1}) {
      for (const std::size_t n : lengths) {
        std::vector<std::uint32_t> all;
        for (int r = 0; r < world.size(); ++r) {
          const auto b = block<std::uint32_t>(r, n);
          all.insert(all.end(), b.begin(), b.end());
        }
        const bool mine = world.rank() == root;
        std::vector<std::uint32_t> out(n);
        world.scatter(mine ? all : std::vector<std::uint32_t>(), out, root);
        EXPECT_EQ(out, block<std::uint32_t>(world.rank(), n));

        std::vector<std::uint32_t> data = mine ? all : std::vector<std::uint32_t>(n);
        world.scatter(comm::in_place, data, root);
        EXPECT_EQ(data, mine ? all : block<std::uint32_t>(world.rank(), n));
      }
    }
  });
}

TEST_P(collectives, alltoall_transposes_blocks) {
  on_ranks(GetParam(), [](auto& world) {
    for (const std::size_t n : lengths) {
      std::vector<int> in;
      std::vector<int> expected;
      for (int peer = 0; peer < world.size(); ++peer) {
        for (std::size_t i = 0; i < n; ++i) {
          in.push_back(world.rank() * 1000 + peer * 100 + static_cast<int>(i % 50));
          expected.push_back(peer * 1000 + world.rank() * 100 + static_cast<int>(i % 50));
        }
      }
      std::vector<int> out(in.size());
      world.alltoall(in, out);
      EXPECT_EQ(out, expected);
      world.alltoall(comm::in_place, in);
      EXPECT_EQ(in, expected);
    }
  });
}

TEST_P(collectives, barrier_makes_earlier_writes_visible) {
  on_ranks(GetParam(), [](auto& world) {
    auto window = world.template create_window<int>(1);
    for (int round = 1; round <= 3; ++round) {
      window.local()[0] = round * 10 + world.rank();
      world.barrier();
      for (int r = 0; r < world.size(); ++r) EXPECT_EQ(window.remote(r)[0], round * 10 + r);
      world.barrier();
    }
  });
}

TEST_P(collectives, ten_thousand_barriers_keep_step) {
  on_ranks(GetParam(), [](auto& world) {
    constexpr std::uint32_t rounds = 10'000;
    auto window = world.template create_window<std::uint32_t>(1);
    for (std::uint32_t i = 0; i < rounds; ++i) {
      window.accumulate(std::vector<std::uint32_t>{1}, 0, 0, comm::sum);
      world.barrier();
    }
    world.barrier();
    EXPECT_EQ(window.remote(0)[0], rounds * static_cast<std::uint32_t>(world.size()));
  });
}

TEST_P(collectives, a_late_rank_holds_the_barrier) {
  on_ranks(GetParam(), [](auto& world) {
    auto window = world.template create_window<int>(1);
    if (world.rank() == world.size() - 1) {
      // Long enough that the others go to sleep: work, not a pause.
      volatile double x = 1.0;
      for (int i = 0; i < 3'000'000; ++i) x = x * 1.0000001;
      window.local()[0] = 7;
    }
    world.barrier();
    EXPECT_EQ(window.remote(world.size() - 1)[0], 7);
  });
}

TEST_P(collectives, zero_lengths_and_null_data_are_legal) {
  on_ranks(GetParam(), [](auto& world) {
    const std::span<const double> nothing;
    const std::span<double> nowhere;
    world.broadcast(nowhere, 0);
    world.allreduce(nothing, nowhere, comm::sum);
    world.allgather(nothing, nowhere);
    world.alltoall(nothing, nowhere);
    world.scan(nothing, nowhere, comm::sum);
    EXPECT_EQ(world.allreduce(1, comm::sum), world.size());
  });
}

INSTANTIATE_TEST_SUITE_P(comm, collectives, ::testing::ValuesIn(ranks::all()),
                         [](const auto& p) { return ranks::name(p.param); });

}  // namespace
