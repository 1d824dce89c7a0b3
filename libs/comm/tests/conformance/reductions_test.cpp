// SPDX-License-Identifier: Apache-2.0
// Reductions against a fold that is written out here, bit for bit.
#include "ranks.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <complex>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace {

namespace comm = twill::comm;
using ranks::on_ranks;

class reductions : public ranks::on_every_layout {};

constexpr std::array<std::size_t, 6> reduced_lengths{0, 1, 4, 5, 3000, 60'001};

template <class T>
std::vector<T> numbers(int rank, std::size_t n) {
  std::vector<T> v(n);
  for (std::size_t i = 0; i < n; ++i) {
    if constexpr (std::is_floating_point_v<T>) {
      // Mantissas that do not add up exactly, so that another order shows.
      v[i] =
          static_cast<T>(std::sin(static_cast<double>(i * 7 + static_cast<std::size_t>(rank) * 131) + 0.5) *
                         std::pow(10.0, static_cast<double>((i + static_cast<std::size_t>(rank)) % 7)));
    } else {
      v[i] = static_cast<T>((i * 7 + static_cast<std::size_t>(rank) * 13 + 1) % 11);
    }
  }
  return v;
}

// The left fold in rank order over ranks [0, last].
template <class T, class Op>
std::vector<T> folded(int last, std::size_t n, Op op) {
  std::vector<T> out = numbers<T>(0, n);
  for (int r = 1; r <= last; ++r) {
    const auto next = numbers<T>(r, n);
    for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<T>(op(out[i], next[i]));
  }
  return out;
}

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

template <class T, class C, class Op>
void check_all_forms(C& world, Op op) {
  for (const std::size_t n : reduced_lengths) {
    const auto mine = numbers<T>(world.rank(), n);
    const auto expected = folded<T>(world.size() - 1, n, op);
    std::vector<T> out(n);
    world.allreduce(mine, out, op);
    EXPECT_TRUE(same_bits(out, expected)) << "allreduce of " << n;
    std::vector<T> own = mine;
    world.allreduce(comm::in_place, own, op);
    EXPECT_TRUE(same_bits(own, expected)) << "allreduce in place of " << n;
    for (const int root : {0, world.size() - 1}) {
      std::vector<T> at_root(world.rank() == root ? n : 0);
      world.reduce(mine, at_root, op, root);
      if (world.rank() == root) {
        EXPECT_TRUE(same_bits(at_root, expected)) << "reduce of " << n;
      }
      own = mine;
      world.reduce(comm::in_place, own, op, root);
      EXPECT_TRUE(same_bits(own, world.rank() == root ? expected : mine)) << "reduce in place of " << n;
    }
    world.scan(mine, out, op);
    EXPECT_TRUE(same_bits(out, folded<T>(world.rank(), n, op))) << "scan of " << n;
    own = mine;
    world.scan(comm::in_place, own, op);
    EXPECT_TRUE(same_bits(own, out)) << "scan in place of " << n;
  }
  const T one = numbers<T>(world.rank(), 1)[0];
  EXPECT_EQ(world.allreduce(one, op), folded<T>(world.size() - 1, 1, op)[0]);
  EXPECT_EQ(world.scan(one, op), folded<T>(world.rank(), 1, op)[0]);
  const auto at_root = world.reduce(one, op, 0);
  EXPECT_EQ(at_root.has_value(), world.rank() == 0);
  if (at_root) {
    EXPECT_EQ(*at_root, folded<T>(world.size() - 1, 1, op)[0]);
  }
}

TEST_P(reductions, sums_of_doubles_are_folds_in_rank_order_bit_for_bit) {
  on_ranks(GetParam(), [](auto& world) { check_all_forms<double>(world, comm::sum); });
}

TEST_P(reductions, products_minima_and_maxima_of_floating_point) {
  on_ranks(GetParam(), [](auto& world) {
    check_all_forms<float>(world, comm::min);
    check_all_forms<double>(world, comm::max);
    check_all_forms<float>(world, comm::prod);
  });
}

TEST_P(reductions, integers_of_every_width) {
  on_ranks(GetParam(), [](auto& world) {
    check_all_forms<std::int8_t>(world, comm::max);
    check_all_forms<std::uint8_t>(world, comm::bit_xor);
    check_all_forms<std::int16_t>(world, comm::min);
    check_all_forms<std::uint16_t>(world, comm::sum);
  });
}

TEST_P(reductions, integers_of_word_size) {
  on_ranks(GetParam(), [](auto& world) {
    check_all_forms<std::int32_t>(world, comm::sum);
    check_all_forms<std::uint32_t>(world, comm::bit_or);
    check_all_forms<std::int64_t>(world, comm::prod);
    check_all_forms<std::uint64_t>(world, comm::bit_and);
  });
}

TEST_P(reductions, complex_numbers_add_and_multiply) {
  on_ranks(GetParam(), [](auto& world) {
    using complex = std::complex<double>;
    const complex mine(world.rank() + 1, 1);
    complex sum;
    complex product(1, 0);
    for (int r = 0; r < world.size(); ++r) {
      sum += complex(r + 1, 1);
      product = r == 0 ? complex(1, 1) : product * complex(r + 1, 1);
    }
    EXPECT_EQ(world.allreduce(mine, comm::sum), sum);
    EXPECT_EQ(world.allreduce(mine, comm::prod), product);
  });
}

TEST_P(reductions, logical_operations_give_zero_or_one) {
  on_ranks(GetParam(), [](auto& world) {
    EXPECT_EQ(world.allreduce(world.rank() + 2, comm::log_and), 1);
    EXPECT_EQ(world.allreduce(world.rank(), comm::log_and), 0);
    EXPECT_EQ(world.allreduce(world.rank() == 0 ? 6 : 0, comm::log_or), 1);
    EXPECT_EQ(world.allreduce(5, comm::log_xor), world.size() % 2);
    EXPECT_EQ(world.allreduce(world.rank() == world.size() - 1, comm::log_or), true);
  });
}

TEST_P(reductions, bitwise_operations_take_bytes_and_arrays) {
  on_ranks(GetParam(), [](auto& world) {
    const auto bit = std::byte{1} << world.rank();
    EXPECT_EQ(std::to_integer<int>(world.allreduce(bit, comm::bit_or)), (1 << world.size()) - 1);
    const std::array<std::uint32_t, 3> words{1U << world.rank(), 7U, 0xffffffffU ^ (1U << world.rank())};
    const auto out = world.allreduce(words, comm::bit_and);
    EXPECT_EQ(out[0], world.size() == 1 ? 1U : 0U);
    EXPECT_EQ(out[1], 7U);
    EXPECT_EQ(out[2], ~((1U << world.size()) - 1));
  });
}

TEST_P(reductions, located_values_prefer_the_lowest_index_and_nan_wins) {
  on_ranks(GetParam(), [](auto& world) {
    using item = comm::located<double, std::int32_t>;
    std::vector<item> data{
        {static_cast<double>(world.rank() % 2), world.size() - world.rank()},
        {1.5, world.rank() + 10},
        {world.rank() == 0 ? 3.0 : std::numeric_limits<double>::quiet_NaN(), world.rank()}};
    std::vector<item> least = data;
    world.allreduce(std::span<item>(least), comm::minloc);
    // Of even ranks, whose value is 0, the last one has the lowest index.
    const int last_even = (world.size() - 1) / 2 * 2;
    EXPECT_EQ(least[0], (item{0.0, world.size() - last_even}));
    EXPECT_EQ(least[1], (item{1.5, 10}));
    if (world.size() > 1) {
      EXPECT_TRUE(std::isnan(least[2].value));
      EXPECT_EQ(least[2].index, 1);
    }
    const auto greatest = world.allreduce(
        comm::located<std::int16_t, std::int64_t>{static_cast<std::int16_t>(world.rank()), 100},
        comm::maxloc);
    EXPECT_EQ(greatest.value, world.size() - 1);
  });
}

TEST_P(reductions, nan_propagates_through_minimum_and_maximum) {
  on_ranks(GetParam(), [](auto& world) {
    const double mine = world.rank() == world.size() - 1 ? std::numeric_limits<double>::quiet_NaN() : 1.0;
    EXPECT_TRUE(std::isnan(world.allreduce(mine, comm::min)));
    EXPECT_TRUE(std::isnan(world.allreduce(mine, comm::max)));
  });
}

TEST_P(reductions, four_scalars_of_statistics_in_one_call) {
  on_ranks(GetParam(), [](auto& world) {
    const std::array<double, 4> mine{1.0, 0.5 * world.rank(), 2.0, -1.0};
    std::array<double, 4> out{};
    world.allreduce(mine, out, comm::sum);
    double second = 0.0;
    for (int r = 1; r < world.size(); ++r) second += 0.5 * r;
    EXPECT_EQ(out,
              (std::array<double, 4>{1.0 * world.size(), second, 2.0 * world.size(), -1.0 * world.size()}));
  });
}

TEST_P(reductions, user_operations_without_commutativity_keep_rank_order) {
  on_ranks(GetParam(), [](auto& world) {
    // Composition of affine maps x -> a x + b does not commute.
    struct affine {
      double a;
      double b;
    };
    const auto compose =
        comm::op([](const affine& f, const affine& g) { return affine{f.a * g.a, f.a * g.b + f.b}; });
    affine expected{1.0, 0.5};
    for (int r = 1; r < world.size(); ++r) {
      const affine g{1.0 + r, 0.5 - r};
      expected = {expected.a * g.a, expected.a * g.b + expected.b};
    }
    const affine got = world.allreduce(affine{1.0 + world.rank(), 0.5 - world.rank()}, compose);
    EXPECT_EQ(got.a, expected.a);
    EXPECT_EQ(got.b, expected.b);
    int calls = 0;
    const auto counting = comm::op([&calls](const int& x, const int& y) {
      ++calls;
      return x + y;
    });
    EXPECT_EQ(world.allreduce(2, counting), 2 * world.size());
    EXPECT_EQ(calls, world.size() - 1);
  });
}

TEST_P(reductions, exscan_gives_rank_zero_the_initial_value) {
  on_ranks(GetParam(), [](auto& world) {
    for (const std::size_t n : reduced_lengths) {
      const auto mine = numbers<double>(world.rank(), n);
      std::vector<double> out(n, 99.0);
      world.exscan(mine, out, comm::sum);
      const auto expected =
          world.rank() == 0 ? std::vector<double>(n, 0.0) : folded<double>(world.rank() - 1, n, comm::sum);
      EXPECT_TRUE(same_bits(out, expected));
      std::vector<double> own = mine;
      world.exscan(comm::in_place, own, comm::sum, -4.0);
      EXPECT_TRUE(same_bits(own, world.rank() == 0 ? std::vector<double>(n, -4.0) : expected));
    }
    EXPECT_EQ(world.exscan(3, comm::sum), 3 * world.rank());
    EXPECT_EQ(world.exscan(world.rank(), comm::min, -7), world.rank() == 0 ? -7 : 0);
    EXPECT_EQ(world.exscan(1, comm::max), world.rank() == 0 ? std::numeric_limits<int>::lowest() : 1);
  });
}

TEST_P(reductions, reduce_scatter_gives_each_rank_its_range) {
  on_ranks(GetParam(), [](auto& world) {
    const auto size = static_cast<std::size_t>(world.size());
    for (const std::size_t n : {std::size_t{0}, std::size_t{1}, std::size_t{3}, std::size_t{20'000}}) {
      const auto whole = folded<double>(world.size() - 1, n * size, comm::sum);
      std::vector<double> out(n);
      world.reduce_scatter_block(numbers<double>(world.rank(), n * size), out, comm::sum);
      const auto first =
          whole.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(world.rank()) * n);
      EXPECT_TRUE(same_bits(out, std::vector<double>(first, first + static_cast<std::ptrdiff_t>(n))));
    }
    std::vector<std::size_t> counts(size);
    std::size_t before = 0;
    std::size_t total = 0;
    for (std::size_t r = 0; r < size; ++r) {
      counts[r] = (r * 5) % 4;
      if (static_cast<int>(r) < world.rank()) before += counts[r];
      total += counts[r];
    }
    const auto whole = folded<float>(world.size() - 1, total, comm::max);
    std::vector<float> out(counts[static_cast<std::size_t>(world.rank())]);
    world.reduce_scatter(numbers<float>(world.rank(), total), out, counts, comm::max);
    for (std::size_t i = 0; i < out.size(); ++i) EXPECT_EQ(out[i], whole[before + i]);
  });
}

TEST_P(reductions, reproducible_results_do_not_depend_on_the_number_of_ranks) {
  const std::vector<double> all = numbers<double>(3, 10'007);
  twill::reproducible_accumulator exact;
  exact.add(all);
  // What one rank computes alone, written out: the tree over the elements' binary digits.
  double product = 0.0;
  comm::run_thread_ranks(1, [&](auto& alone) {
    product = alone.reproducible_reduce(std::span<const double>(all), 0, all.size(), comm::prod);
  });
  on_ranks(GetParam(), [&](auto& world) {
    const auto size = static_cast<std::size_t>(world.size());
    const auto rank = static_cast<std::size_t>(world.rank());
    // Shares that differ, one of them empty where there are more than two ranks.
    std::vector<std::size_t> cuts(size + 1);
    for (std::size_t r = 0; r <= size; ++r) cuts[r] = all.size() * r * r / (size * size);
    if (size > 2) cuts[1] = cuts[2];
    const auto mine = std::span<const double>(all).subspan(cuts[rank], cuts[rank + 1] - cuts[rank]);
    EXPECT_EQ(world.reproducible_reduce(mine, cuts[rank], all.size(), comm::sum), exact.value());
    const double p = world.reproducible_reduce(mine, cuts[rank], all.size(), comm::prod);
    EXPECT_EQ(std::bit_cast<std::uint64_t>(p), std::bit_cast<std::uint64_t>(product));
    EXPECT_EQ(
        ranks::code_of([&] { (void)world.reproducible_reduce(mine, cuts[rank] + 1, all.size(), comm::sum); }),
        make_error_code(comm::errc::invalid_argument));
  });
}

INSTANTIATE_TEST_SUITE_P(comm, reductions, ::testing::ValuesIn(ranks::all()),
                         [](const auto& p) { return ranks::name(p.param); });

}  // namespace
