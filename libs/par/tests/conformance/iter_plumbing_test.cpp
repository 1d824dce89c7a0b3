// SPDX-License-Identifier: Apache-2.0
// Sources and consumers of the user's own.
#include "iter_support.hpp"
#include "twill/par/slice.hpp"
#include "twill/par/string.hpp"

#include <list>
#include <map>
#include <set>

using namespace iter_test;

namespace {

/// Square numbers by position: an indexed source of one's own.
struct squares {
  using item_type = std::uint64_t;
  std::size_t n;

  struct producer {
    using item_type = std::uint64_t;
    std::size_t first;
    producer split_at(std::size_t k) { return {first + k}; }
    auto leaf() && {
      return [f = first](std::size_t i) { return static_cast<std::uint64_t>((f + i) * (f + i)); };
    }
  };
  [[nodiscard]] std::size_t len() const { return n; }
  [[nodiscard]] std::optional<std::size_t> opt_len() const { return n; }
  template <class C>
  typename C::result_type drive(C c) && {
    return par::drive_indexed(std::move(*this), std::move(c));
  }
  template <class Callback>
  typename Callback::result_type with_producer(Callback callback) && {
    return callback(producer{0});
  }
};
static_assert(par::indexed_producer<squares::producer>);
static_assert(par::indexed_parallel_range<squares>);

/// The powers of two below a limit, cut in the middle of the exponents: a source without positions.
struct powers {
  using item_type = std::uint64_t;
  int last;
  struct producer {
    using item_type = std::uint64_t;
    int first;
    int last;
    std::optional<producer> split() {
      if (last - first < 2) return std::nullopt;
      const int middle = first + (last - first) / 2;
      producer right{middle, last};
      last = middle;
      return right;
    }
    template <class F>
    void fold_into(F& folder) && {
      for (int e = first; e < last && !folder.full(); ++e) folder.consume(std::uint64_t{1} << e);
    }
  };
  [[nodiscard]] std::optional<std::size_t> opt_len() const { return std::nullopt; }
  template <class C>
  typename C::result_type drive(C c) && {
    return par::bridge_unindexed(producer{0, last}, std::move(c));
  }
};
static_assert(par::producer<powers::producer>);
static_assert(par::parallel_range<powers> && !par::indexed_parallel_range<powers>);

/// The histogram of values modulo 10.
struct digit_counter {
  using result_type = std::map<int, int>;
  struct folder_type {
    result_type counts;
    void consume(int x) { ++counts[x % 10]; }
    [[nodiscard]] bool full() const { return false; }
    result_type complete() && { return std::move(counts); }
  };
  struct reducer_type {
    result_type combine(result_type left, result_type right) {
      for (const auto& [digit, n] : right) left[digit] += n;
      return left;
    }
  };
  digit_counter split_off_left() { return {}; }
  folder_type into_folder() && { return {}; }
  [[nodiscard]] reducer_type to_reducer() const { return {}; }
  [[nodiscard]] bool full() const { return false; }
};
static_assert(par::consumer<digit_counter, int>);
static_assert(par::folder<digit_counter::folder_type, int>);
static_assert(par::reducer<digit_counter::reducer_type, std::map<int, int>>);

}  // namespace

TEST(iter_plumbing, a_source_of_ones_own_works_with_every_adaptor) {
  in_pools([] {
    EXPECT_EQ(squares{1000} | par::sum<std::uint64_t>(), 332833500U);
    EXPECT_EQ(items(squares{5} | par::rev() | par::enumerate() |
                    par::map([](std::size_t i, std::uint64_t x) { return i + x; })),
              (std::vector<std::size_t>{16, 10, 6, 4, 4}));
    EXPECT_EQ(par::describe(squares{5} | par::skip(1)), "custom[5] | skip");
    EXPECT_EQ(items(squares{6} | par::zip(par::range(0, 9)) | par::step_by(2)).size(), 3U);
    EXPECT_EQ(items(powers{20} | par::filter([](std::uint64_t x) { return x > 1000; })).front(), 1024U);
    EXPECT_EQ(powers{63} | par::find_last([](std::uint64_t) { return true; }), std::uint64_t{1} << 62);
  });
}

TEST(iter_plumbing, a_consumer_of_ones_own_works_with_every_chain) {
  in_pools([] {
    const auto counts = par::range(0, 12345) | par::drive(digit_counter{});
    EXPECT_EQ(counts.at(3), 1235);
    EXPECT_EQ(counts.at(7), 1234);
    const auto filtered =
        par::range(0, 12345) | par::filter([](int x) { return x % 2 == 0; }) | par::drive(digit_counter{});
    EXPECT_EQ(filtered.size(), 5U);
  });
}

TEST(iter_plumbing, producers_and_consumers_meet_without_a_chain) {
  in_pools([] {
    const auto counts = par::bridge_producer_consumer(1000,
                                                      par::sequence_producer<const int*, int>(
                                                          [] {
                                                            static const std::vector<int> v(1000, 7);
                                                            return v.data();
                                                          }(),
                                                          1000),
                                                      digit_counter{});
    EXPECT_EQ(counts, (std::map<int, int>{{7, 1000}}));
  });
}

TEST(iter_plumbing, with_producer_hands_the_producer_out) {
  const auto read_backwards = par::detail::on_producer<int>([](auto p) {
    auto right = p.split_at(2);
    auto left_cursor = std::move(p).leaf();
    auto right_cursor = std::move(right).leaf();
    return static_cast<int>(right_cursor(0) * 100 + left_cursor(1) * 10 + left_cursor(0));
  });
  const std::vector<int> v{1, 2, 3};
  EXPECT_EQ(v | par::with_producer(read_backwards), 321);
}

TEST(iter_plumbing, a_deep_chain_compiles_and_runs) {
  in_pools([] {
    const auto add = par::map([](int x) { return x + 1; });
    const auto ten = add | add | add | add | add | add | add | add | add | add;
    EXPECT_EQ(par::range(0, 1000) | ten | ten | ten | par::sum<int>(), 499500 + 30000);
  });
}

TEST(iter_plumbing, chains_say_what_they_are) {
  using slice = par::all_t<std::vector<int>&>;
  static_assert(par::indexed_parallel_range<slice>);
  static_assert(par::parallel_range<par::all_t<std::set<int>&>>);
  static_assert(!par::indexed_parallel_range<par::all_t<std::set<int>&>>);
  static_assert(!par::parallel_range<std::vector<int>>);
  static_assert(par::parallel_source<std::vector<int>>);
  static_assert(!par::parallel_source<int>);
  const auto chain = par::range(0, 3) | par::map([](int x) { return x * 0.5; });
  static_assert(std::is_same_v<par::item_t<decltype(chain)>, double>);
  EXPECT_EQ(par::len(chain), 3U);
}
