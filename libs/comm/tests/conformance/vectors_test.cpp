// SPDX-License-Identifier: Apache-2.0
// Collectives with a length for every rank.
#include "ranks.hpp"
#include "twill/base/checksum.hpp"

#include <cstdint>
#include <map>
#include <numeric>
#include <span>
#include <vector>

namespace {

namespace comm = twill::comm;
using ranks::on_ranks;
using counts_t = std::vector<std::size_t>;

class vectors : public ranks::on_every_layout {};

double element(int rank, std::size_t i) { return rank * 1000.5 + static_cast<double>(i); }

std::vector<double> block(int rank, std::size_t n) {
  std::vector<double> v(n);
  for (std::size_t i = 0; i < n; ++i) v[i] = element(rank, i);
  return v;
}

std::vector<double> packed(const counts_t& counts) {
  std::vector<double> out;
  for (std::size_t r = 0; r < counts.size(); ++r) {
    const auto b = block(static_cast<int>(r), counts[r]);
    out.insert(out.end(), b.begin(), b.end());
  }
  return out;
}

std::size_t total(const counts_t& counts) {
  return std::accumulate(counts.begin(), counts.end(), std::size_t{0});
}

// Shapes of lengths that a job of n ranks may have.
std::vector<counts_t> shapes(std::size_t n) {
  std::vector<counts_t> all(6, counts_t(n, 0));
  for (std::size_t r = 0; r < n; ++r) {
    all[0][r] = 3 * r + 1;
    all[1][r] = r == n / 2 ? 0 : 5;
    all[2][r] = 0;
    all[3][r] = 1;
    all[4][r] = 100'000;
    all[5][r] = r == 0 ? 50'000 : r;
  }
  return all;
}

TEST_P(vectors, allgatherv_packs_blocks_of_any_lengths) {
  on_ranks(GetParam(), [](auto& world) {
    for (const counts_t& counts : shapes(static_cast<std::size_t>(world.size()))) {
      const auto mine = block(world.rank(), counts[static_cast<std::size_t>(world.rank())]);
      std::vector<double> out(total(counts));
      world.allgatherv(mine, out, counts);
      EXPECT_EQ(out, packed(counts));
      // Equal on all ranks to the last bit.
      const std::uint32_t hash = twill::crc32c(std::as_bytes(std::span<const double>(out)));
      EXPECT_EQ(world.allreduce(hash, comm::bit_xor), world.size() % 2 == 0 ? 0 : hash);
      const auto inferred = world.allgatherv(mine);
      EXPECT_EQ(inferred.values, packed(counts));
      ASSERT_EQ(inferred.size(), counts.size());
      for (std::size_t r = 0; r < counts.size(); ++r) EXPECT_EQ(inferred[r].size(), counts[r]);
    }
  });
}

TEST_P(vectors, displacements_leave_gaps_untouched_and_may_run_backwards) {
  on_ranks(GetParam(), [](auto& world) {
    const auto n = static_cast<std::size_t>(world.size());
    counts_t counts(n);
    counts_t displs(n);
    for (std::size_t r = 0; r < n; ++r) {
      counts[r] = r + 2;
      displs[r] = (n - 1 - r) * (n + 5) + 1;
    }
    std::vector<double> expected(n * (n + 5) + 3, -1.0);
    for (std::size_t r = 0; r < n; ++r) {
      const auto b = block(static_cast<int>(r), counts[r]);
      std::copy(b.begin(), b.end(), expected.begin() + static_cast<std::ptrdiff_t>(displs[r]));
    }
    const auto me = static_cast<std::size_t>(world.rank());
    std::vector<double> out(expected.size(), -1.0);
    world.allgatherv(block(world.rank(), counts[me]), out, counts, displs);
    EXPECT_EQ(out, expected);

    std::vector<double> own(expected.size(), -1.0);
    const auto mine = block(world.rank(), counts[me]);
    std::copy(mine.begin(), mine.end(), own.begin() + static_cast<std::ptrdiff_t>(displs[me]));
    world.allgatherv(comm::in_place, own, counts, displs);
    EXPECT_EQ(own, expected);

    const int root = world.size() - 1;
    out.assign(expected.size(), -1.0);
    world.gatherv(mine, out, root, counts, displs);
    EXPECT_EQ(out, world.rank() == root ? expected : std::vector<double>(expected.size(), -1.0));

    std::vector<double> got(counts[me]);
    world.scatterv(expected, got, root, counts, displs);
    EXPECT_EQ(got, mine);
  });
}

TEST_P(vectors, gatherv_and_scatterv_are_inverse_from_every_root) {
  on_ranks(GetParam(), [](auto& world) {
    const auto me = static_cast<std::size_t>(world.rank());
    for (int root = 0; root < world.size(); ++root) {
      for (const counts_t& counts : shapes(static_cast<std::size_t>(world.size()))) {
        const bool mine = world.rank() == root;
        std::vector<double> all(mine ? total(counts) : 0);
        world.gatherv(block(world.rank(), counts[me]), all, root, counts);
        if (mine) {
          EXPECT_EQ(all, packed(counts));
        }
        const auto ragged = world.gatherv(block(world.rank(), counts[me]), root);
        EXPECT_EQ(ragged.values, all);
        std::vector<double> back(counts[me]);
        world.scatterv(all, back, root, counts);
        EXPECT_EQ(back, block(world.rank(), counts[me]));

        std::vector<double> data = mine ? packed(counts) : std::vector<double>(counts[me]);
        world.scatterv(comm::in_place, data, root, counts);
        EXPECT_EQ(data, mine ? packed(counts) : block(world.rank(), counts[me]));
        if (mine) {
          const auto begin = std::accumulate(counts.begin(), counts.begin() + root, std::size_t{0});
          for (std::size_t i = 0; i < data.size(); ++i)
            if (i < begin || i >= begin + counts[me]) data[i] = -1.0;
        }
        world.gatherv(comm::in_place, data, root, counts);
        if (mine) {
          EXPECT_EQ(data, packed(counts));
        }
      }
    }
  });
}

TEST_P(vectors, alltoallv_sends_a_different_length_to_each) {
  on_ranks(GetParam(), [](auto& world) {
    const auto n = static_cast<std::size_t>(world.size());
    const auto me = static_cast<std::size_t>(world.rank());
    for (const std::size_t scale : {std::size_t{1}, std::size_t{20'000}}) {
      // From i to j go (i + 2 j) % 3 * scale elements.
      counts_t send(n);
      counts_t recv(n);
      std::vector<std::int64_t> in;
      std::vector<std::int64_t> expected;
      for (std::size_t peer = 0; peer < n; ++peer) {
        send[peer] = (me + 2 * peer) % 3 * scale;
        recv[peer] = (peer + 2 * me) % 3 * scale;
        for (std::size_t k = 0; k < send[peer]; ++k)
          in.push_back(static_cast<std::int64_t>(me * 100 + peer * 10 + k % 7));
        for (std::size_t k = 0; k < recv[peer]; ++k)
          expected.push_back(static_cast<std::int64_t>(peer * 100 + me * 10 + k % 7));
      }
      std::vector<std::int64_t> out(expected.size());
      world.alltoallv(in, send, out, recv);
      EXPECT_EQ(out, expected);
      EXPECT_EQ(world.alltoallv(in, send).values, expected);
    }
    counts_t equal(n, 4);
    std::vector<int> data;
    std::vector<int> swapped;
    for (std::size_t peer = 0; peer < n; ++peer) {
      data.insert(data.end(), 4, static_cast<int>(me * 10 + peer));
      swapped.insert(swapped.end(), 4, static_cast<int>(peer * 10 + me));
    }
    world.alltoallv(comm::in_place, data, equal);
    EXPECT_EQ(data, swapped);
  });
}

TEST_P(vectors, sparse_messages_arrive_by_sender) {
  on_ranks(GetParam(), [](auto& world) {
    const int next = (world.rank() + 1) % world.size();
    const std::vector<int> mine(static_cast<std::size_t>(world.rank()) + 1, world.rank());
    const std::map<int, std::vector<int>> to{{next, mine}};
    const auto got = world.template sparse_alltoall<int>(to);
    const int before = (world.rank() + world.size() - 1) % world.size();
    const std::map<int, std::vector<int>> expected{
        {before, std::vector<int>(static_cast<std::size_t>(before) + 1, before)}};
    EXPECT_EQ(got, expected);
    EXPECT_TRUE(world.template sparse_alltoall<int>(std::map<int, std::vector<int>>{}).empty());
  });
}

TEST_P(vectors, neighbours_exchange_along_their_edges) {
  on_ranks(GetParam(), [](auto& world) {
    const int next = (world.rank() + 1) % world.size();
    const int before = (world.rank() + world.size() - 1) % world.size();
    const auto ring = world.neighborhood({before, next}, {before, next});
    std::vector<int> out(2);
    ring.allgather(std::vector<int>{world.rank()}, out);
    EXPECT_EQ(out, (std::vector<int>{before, next}));
    const auto way = world.neighborhood({before}, {next});
    std::vector<double> got(2);
    way.alltoall(std::vector<double>{1.0 * world.rank(), 0.5}, got);
    EXPECT_EQ(got, (std::vector<double>{1.0 * before, 0.5}));
    const counts_t counts{static_cast<std::size_t>(world.rank())};
    const auto varying = way.alltoallv(std::vector<int>(static_cast<std::size_t>(world.rank()), 9), counts);
    EXPECT_EQ(varying.values, std::vector<int>(static_cast<std::size_t>(before), 9));
  });
}

TEST_P(vectors, sequences_of_operations_leave_no_stale_data) {
  on_ranks(GetParam(), [](auto& world) {
    const auto n = static_cast<std::size_t>(world.size());
    for (int round = 0; round < 20; ++round) {
      counts_t counts(n);
      for (std::size_t r = 0; r < n; ++r) counts[r] = (r + static_cast<std::size_t>(round)) % 5;
      std::vector<double> out(total(counts));
      world.allgatherv(block(world.rank(), counts[static_cast<std::size_t>(world.rank())]), out, counts);
      EXPECT_EQ(out, packed(counts));
      EXPECT_EQ(world.allreduce(round, comm::max), round);
      world.barrier();
      const auto again = world.allgatherv(std::vector<double>(1, round + world.rank()));
      for (std::size_t r = 0; r < n; ++r) EXPECT_EQ(again[r][0], round + static_cast<double>(r));
    }
  });
}

INSTANTIATE_TEST_SUITE_P(comm, vectors, ::testing::ValuesIn(ranks::all()),
                         [](const auto& p) { return ranks::name(p.param); });

}  // namespace
