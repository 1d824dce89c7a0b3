// SPDX-License-Identifier: Apache-2.0
#include "iter_support.hpp"
#include "twill/par/slice.hpp"

#include <atomic>
#include <deque>
#include <span>

using namespace iter_test;

namespace {
template <class R>
std::vector<std::vector<int>> pieces(R&& range) {
  return items(std::forward<R>(range) |
               par::map([](auto piece) { return std::vector<int>(piece.begin(), piece.end()); }));
}
using lists = std::vector<std::vector<int>>;
}  // namespace

TEST(iter_slice, chunks_cut_from_the_front_or_from_the_back) {
  const std::vector<int> v{1, 2, 3, 4, 5, 6, 7};
  in_pools([&] {
    EXPECT_EQ(pieces(v | par::chunk(3)), (lists{{1, 2, 3}, {4, 5, 6}, {7}}));
    EXPECT_EQ(pieces(v | par::rchunk(3)), (lists{{5, 6, 7}, {2, 3, 4}, {1}}));
    EXPECT_EQ(pieces(v | par::chunk(100)), (lists{{1, 2, 3, 4, 5, 6, 7}}));
    const std::vector<int> nothing;
    EXPECT_EQ(pieces(nothing | par::chunk(3)), lists{});
  });
}

TEST(iter_slice, exact_chunks_leave_a_remainder) {
  const std::vector<int> v{1, 2, 3, 4, 5, 6, 7};
  in_pools([&] {
    auto front = v | par::chunk_exact(3);
    const auto tail = front.remainder();
    EXPECT_EQ(std::vector<int>(tail.begin(), tail.end()), std::vector<int>{7});
    EXPECT_EQ(pieces(std::move(front)), (lists{{1, 2, 3}, {4, 5, 6}}));
    auto back = v | par::rchunk_exact(3);
    const auto head = back.remainder();
    EXPECT_EQ(std::vector<int>(head.begin(), head.end()), std::vector<int>{1});
    EXPECT_EQ(pieces(std::move(back)), (lists{{5, 6, 7}, {2, 3, 4}}));
    auto none = v | par::chunk_exact(7);
    EXPECT_TRUE(none.remainder().empty());
    EXPECT_EQ(none.len(), 1U);
    auto all = v | par::rchunk_exact(8);
    EXPECT_EQ(all.remainder().size(), 7U);
    EXPECT_EQ(all.len(), 0U);
  });
}

TEST(iter_slice, mutable_chunks_do_not_overlap) {
  in_pools([] {
    std::vector<int> v(10000, 0);
    v | par::chunk(7) | par::for_each([](std::span<int> piece) {
      for (int& x : piece) ++x;
    });
    v | par::rchunk(11) | par::for_each([](std::span<int> piece) {
      for (int& x : piece) ++x;
    });
    v | par::chunk_exact(8) | par::for_each([](std::span<int> piece) {
      for (int& x : piece) ++x;
    });
    EXPECT_EQ(v, std::vector<int>(10000, 3));
  });
}

TEST(iter_slice, windows_overlap_and_are_const) {
  std::vector<int> v{1, 2, 3, 4};
  in_pools([&] {
    EXPECT_EQ(pieces(v | par::windows(2)), (lists{{1, 2}, {2, 3}, {3, 4}}));
    EXPECT_EQ(pieces(v | par::windows(4)), (lists{{1, 2, 3, 4}}));
    EXPECT_EQ(pieces(v | par::windows(5)), lists{});
    EXPECT_EQ(pieces(par::windows<3>(v)), (lists{{1, 2, 3}, {2, 3, 4}}));
    EXPECT_EQ(pieces(v | par::windows<5>()), lists{});
  });
  static_assert(std::is_same_v<par::item_t<decltype(v | par::windows(2))>, std::span<const int>>);
  static_assert(std::is_same_v<par::item_t<decltype(v | par::windows<2>())>, std::span<const int, 2>>);
}

TEST(iter_slice, chunk_by_gives_maximal_runs) {
  for_lengths([](const std::vector<int>& v) {
    std::vector<std::vector<int>> expected;
    for (std::size_t i = 0; i < v.size(); ++i) {
      if (i == 0 || v[i - 1] > v[i]) expected.emplace_back();
      expected.back().push_back(v[i]);
    }
    ASSERT_EQ(pieces(v | par::chunk_by([](int a, int b) { return a <= b; })), expected);
    if (v.size() > 1000) return;
    ASSERT_EQ(pieces(v | par::chunk_by([](int, int) { return true; })).size(), v.empty() ? 0U : 1U);
    ASSERT_EQ(pieces(v | par::chunk_by([](int, int) { return false; })).size(), v.size());
  });
}

TEST(iter_slice, split_drops_separators_and_keeps_empty_pieces) {
  const auto zero = [](int x) { return x == 0; };
  in_pools([&] {
    const std::vector<int> v{1, 0, 2, 3, 0, 0};
    EXPECT_EQ(pieces(v | par::split(zero)), (lists{{1}, {2, 3}, {}, {}}));
    EXPECT_EQ(pieces(v | par::split_inclusive(zero)), (lists{{1, 0}, {2, 3, 0}, {0}}));
    const std::vector<int> none;
    EXPECT_EQ(pieces(none | par::split(zero)), (lists{{}}));
    EXPECT_EQ(pieces(none | par::split_inclusive(zero)), lists{});
    EXPECT_EQ(pieces(par::split(v, zero)), (lists{{1}, {2, 3}, {}, {}}));
  });
}

TEST(iter_slice, split_of_long_data_is_what_the_serial_loop_gives) {
  for_lengths([](const std::vector<int>& v) {
    const auto separates = [](int x) { return x % 7 == 0; };
    std::vector<std::vector<int>> between(1);
    std::vector<std::vector<int>> inclusive(1);
    for (int x : v) {
      inclusive.back().push_back(x);
      if (separates(x)) {
        between.emplace_back();
        inclusive.emplace_back();
      } else {
        between.back().push_back(x);
      }
    }
    if (inclusive.back().empty()) inclusive.pop_back();
    ASSERT_EQ(pieces(v | par::split(separates)), between);
    ASSERT_EQ(pieces(v | par::split_inclusive(separates)), inclusive);
  });
}

TEST(iter_slice, split_pieces_are_mutable) {
  std::vector<int> v{1, 0, 2, 3};
  v | par::split([](int x) { return x == 0; }) | par::for_each([](std::span<int> piece) {
    for (int& x : piece) x = -x;
  });
  EXPECT_EQ(v, (std::vector<int>{-1, 0, -2, -3}));
}

TEST(iter_slice, data_without_one_block_of_memory_is_cut_into_subranges) {
  std::deque<int> d{1, 2, 3, 4, 5};
  EXPECT_EQ(pieces(d | par::chunk(2)), (lists{{1, 2}, {3, 4}, {5}}));
  EXPECT_EQ(pieces(d | par::windows(4)), (lists{{1, 2, 3, 4}, {2, 3, 4, 5}}));
  EXPECT_EQ(pieces(d | par::split([](int x) { return x == 3; })), (lists{{1, 2}, {4, 5}}));
}

TEST(iter_slice, pieces_of_size_zero_are_refused) {
  const std::vector<int> v(3);
  for (const auto& [what, run] : std::vector<std::pair<std::string, std::function<void()>>>{
           {"par::chunk", [&] { static_cast<void>(v | par::chunk(0)); }},
           {"par::chunk_exact", [&] { static_cast<void>(v | par::chunk_exact(0)); }},
           {"par::rchunk", [&] { static_cast<void>(v | par::rchunk(0)); }},
           {"par::rchunk_exact", [&] { static_cast<void>(v | par::rchunk_exact(0)); }},
           {"par::windows", [&] { static_cast<void>(v | par::windows(0)); }}}) {
    EXPECT_EQ(message_of<std::invalid_argument>(run), what + ": the size is 0, expected at least 1");
  }
}
