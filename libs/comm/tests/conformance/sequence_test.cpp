// SPDX-License-Identifier: Apache-2.0
// A thousand operations drawn from a seed, each compared with what one process computes from all ranks'
// inputs.
#include "ranks.hpp"
#include "twill/base/philox.hpp"

#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

namespace {

namespace comm = twill::comm;
using ranks::on_ranks;

class sequence : public ranks::on_every_layout {};

// Draws that are the same on every rank, and contents that any rank can compute for any other.
class model {
 public:
  model(std::uint64_t seed, int size)
      : stream_{twill::philox_key(seed)}, size_(static_cast<std::size_t>(size)) {}

  std::uint64_t draw(std::uint64_t below) {
    return static_cast<std::uint64_t>(stream_.uniform(next_++) * static_cast<double>(below));
  }
  // The input of a rank to operation `step`.
  [[nodiscard]] std::vector<std::int64_t> input(int step, std::size_t rank, std::size_t n) const {
    std::vector<std::int64_t> v(n);
    for (std::size_t i = 0; i < n; ++i)
      v[i] =
          static_cast<std::int64_t>((static_cast<std::size_t>(step) * 31 + rank * 17 + i * 7) % 1009) - 500;
    return v;
  }
  [[nodiscard]] std::vector<std::int64_t> sum(int step, std::size_t first, std::size_t last,
                                              std::size_t n) const {
    std::vector<std::int64_t> out(n);
    for (std::size_t r = first; r < last; ++r) {
      const auto v = input(step, r, n);
      for (std::size_t i = 0; i < n; ++i) out[i] += v[i];
    }
    return out;
  }
  [[nodiscard]] std::vector<std::int64_t> all(int step, const std::vector<std::size_t>& counts) const {
    std::vector<std::int64_t> out;
    for (std::size_t r = 0; r < size_; ++r) {
      const auto v = input(step, r, counts[r]);
      out.insert(out.end(), v.begin(), v.end());
    }
    return out;
  }

 private:
  twill::philox stream_;
  std::uint64_t next_ = 0;
  std::size_t size_;
};

template <class C>
void run_steps(C& world, std::uint64_t seed, int steps) {
  const auto size = static_cast<std::size_t>(world.size());
  const auto me = static_cast<std::size_t>(world.rank());
  model m(seed, world.size());
  std::vector<std::pair<comm::request<std::vector<std::int64_t>>, std::vector<std::int64_t>>> open;
  for (int step = 0; step < steps; ++step) {
    SCOPED_TRACE("seed " + std::to_string(seed) + ", step " + std::to_string(step));
    // Mostly small, sometimes several pieces.
    const std::size_t n = m.draw(10) == 0 ? 20'000 + m.draw(30'000) : m.draw(50);
    const int root = static_cast<int>(m.draw(size));
    const auto mine = m.input(step, me, n);
    std::vector<std::int64_t> out(n);
    switch (m.draw(12)) {
      case 0:
        world.allreduce(mine, out, comm::sum);
        ASSERT_EQ(out, m.sum(step, 0, size, n));
        break;
      case 1:
        out = mine;
        world.broadcast(out, root);
        ASSERT_EQ(out, m.input(step, static_cast<std::size_t>(root), n));
        break;
      case 2:
        world.reduce(mine, out, comm::sum, root);
        if (world.rank() == root) {
          ASSERT_EQ(out, m.sum(step, 0, size, n));
        }
        break;
      case 3:
        world.scan(mine, out, comm::sum);
        ASSERT_EQ(out, m.sum(step, 0, me + 1, n));
        break;
      case 4:
        world.exscan(mine, out, comm::sum);
        ASSERT_EQ(out, m.sum(step, 0, me, n));
        break;
      case 5: {
        std::vector<std::size_t> counts(size);
        for (auto& c : counts) c = m.draw(40);
        const auto got = world.allgatherv(m.input(step, me, counts[me]));
        ASSERT_EQ(got.values, m.all(step, counts));
        break;
      }
      case 6: {
        std::vector<std::int64_t> gathered(world.rank() == root ? n * size : 0);
        world.gather(mine, gathered, root);
        if (world.rank() == root) {
          ASSERT_EQ(gathered, m.all(step, std::vector<std::size_t>(size, n)));
        }
        break;
      }
      case 7: {
        const auto whole = m.all(step, std::vector<std::size_t>(size, n));
        world.scatter(whole, out, root);
        ASSERT_EQ(out, mine);
        break;
      }
      case 8: {
        std::vector<std::int64_t> swapped(size);
        const auto row = m.input(step, me, size);
        world.alltoall(row, swapped);
        for (std::size_t r = 0; r < size; ++r) ASSERT_EQ(swapped[r], m.input(step, r, size)[me]);
        break;
      }
      case 9: world.barrier(); break;
      case 10: {
        const int next = (world.rank() + 1) % world.size();
        const int before = (world.rank() + world.size() - 1) % world.size();
        auto sent = world.isend(mine, next, step % 100);
        ASSERT_EQ((world.template recv_vector<std::int64_t>(before, step % 100)),
                  m.input(step, static_cast<std::size_t>(before), n));
        (void)sent.wait();
        break;
      }
      default: open.emplace_back(world.iallreduce(mine, comm::sum), m.sum(step, 0, size, n)); break;
    }
    // Any of the open requests, in an order of the draw.
    while (!open.empty() && m.draw(3) == 0) {
      const auto i = static_cast<std::ptrdiff_t>(m.draw(open.size()));
      ASSERT_EQ((open.begin() + i)->first.wait(), (open.begin() + i)->second);
      open.erase(open.begin() + i);
    }
  }
  for (auto& [request, expected] : open) ASSERT_EQ(request.wait(), expected);
}

TEST_P(sequence, a_thousand_random_operations_agree_with_the_model) {
  on_ranks(GetParam(), [](auto& world) { run_steps(world, 20'261, 1000); });
}

TEST_P(sequence, other_seeds_on_a_duplicate_at_level_heavy) {
  on_ranks(GetParam(),
           [](auto& world) {
             auto copy = world.duplicate();
             for (const std::uint64_t seed : {7U, 8U}) run_steps(copy, seed, 150);
           },
           {.checks = comm::check_level::heavy});
}

INSTANTIATE_TEST_SUITE_P(comm, sequence, ::testing::ValuesIn(ranks::all()),
                         [](const auto& p) { return ranks::name(p.param); });

}  // namespace
