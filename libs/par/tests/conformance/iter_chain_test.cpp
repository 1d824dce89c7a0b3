// SPDX-License-Identifier: Apache-2.0
// Chains as values: copies, composition, move-only callables, words, lengths.
#include "iter_support.hpp"

#include <atomic>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <tuple>

using namespace iter_test;

TEST(iter_adaptors, copies_of_a_chain_give_what_the_chain_gives) {
  const std::vector<int> v{4, 1, 3};
  const auto chain = v | par::map([](int x) { return x + 1; }) | par::enumerate() | par::rev();
  const auto copy = chain;
  EXPECT_EQ(items(chain), items(copy));
  EXPECT_EQ(items(chain).at(0).second, 4);
}

TEST(iter_adaptors, closures_compose_and_can_be_used_again) {
  const auto squares = par::map([](int x) { return x * x; }) | par::filter([](int x) { return x % 2 == 1; });
  EXPECT_EQ(items(par::range(0, 6) | squares), (std::vector<int>{1, 9, 25}));
  EXPECT_EQ(par::range(0, 4) | squares | par::sum<int>(), 10);
  EXPECT_EQ(items(par::map(par::range(0, 3), [](int x) { return -x; })), (std::vector<int>{0, -1, -2}));
}

TEST(iter_adaptors, move_only_callables_and_items_pass_through) {
  auto factor = std::make_unique<int>(3);
  const auto got =
      par::range(0, 4) |
      par::map([factor = std::move(factor)](int x) { return std::make_unique<int>(x * *factor); }) |
      par::filter([](const std::unique_ptr<int>& p) { return *p > 0; }) | par::collect<std::vector>();
  ASSERT_EQ(got.size(), 3U);
  EXPECT_EQ(*got[2], 9);
}

TEST(iter_adaptors, describe_tells_the_chain_in_words) {
  const std::vector<int> v(5);
  const std::set<int> s{1};
  EXPECT_EQ(par::describe(v | par::map([](int x) { return x; }) | par::filter([](int) { return true; })),
            "slice[5] | map | filter");
  EXPECT_EQ(par::describe(v | par::zip(par::range(0, 3)) | par::enumerate() | par::rev() | par::skip(1) |
                          par::take(1) | par::step_by(2)),
            "zip(slice[5], range[3]) | enumerate | rev | skip | take | step_by");
  EXPECT_EQ(par::describe(par::chain(v, s)), "chain(slice[5], collection[1])");
  EXPECT_EQ(par::describe(par::interleave(v, v) | par::intersperse(1) | par::chunks(2)),
            "interleave(slice[5], slice[5]) | intersperse | chunks");
  EXPECT_EQ(
      par::describe(v | par::take_any(1) | par::skip_any(1) | par::take_any_while([](int) { return true; }) |
                    par::skip_any_while([](int) { return true; })),
      "slice[5] | take_any | skip_any | take_any_while | skip_any_while");
  EXPECT_EQ(par::describe(v | par::with_min_len(1) | par::with_max_len(2) | par::unordered() |
                          par::throw_fuse() | par::with_deterministic_tree() | par::static_partition() |
                          par::with_stop(std::stop_token{})),
            "slice[5] | with_min_len | with_max_len | unordered | throw_fuse | with_deterministic_tree | "
            "static_partition | with_stop");
}

TEST(iter_adaptors, len_and_opt_len_know_what_is_known) {
  const std::vector<int> v(10);
  const std::list<int> l(4);
  EXPECT_EQ(v | par::map([](int x) { return x; }) | par::len(), 10U);
  EXPECT_EQ(par::len(v | par::chunks(3)), 4U);
  EXPECT_EQ(v | par::filter([](int) { return true; }) | par::opt_len(), std::nullopt);
  EXPECT_EQ(par::opt_len(l), 4U);
  EXPECT_EQ(par::opt_len(par::repeat(1)), std::nullopt);
}
