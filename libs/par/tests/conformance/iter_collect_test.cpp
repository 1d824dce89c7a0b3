// SPDX-License-Identifier: Apache-2.0
#include "iter_support.hpp"
#include "twill/base/result.hpp"

#include <atomic>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <unordered_map>
#include <unordered_set>

using namespace iter_test;

namespace {

/// Counts how many of it are alive.
struct tracked {
  static inline std::atomic<long> alive{0};
  static inline std::atomic<long> copies{0};
  int value;
  // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
  explicit tracked(int v) : value(v) { alive.fetch_add(1, std::memory_order_relaxed); }
  tracked(const tracked& o) : value(o.value) {
    // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
    alive.fetch_add(1, std::memory_order_relaxed);
    // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
    copies.fetch_add(1, std::memory_order_relaxed);
  }
  // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
  tracked(tracked&& o) noexcept : value(o.value) { alive.fetch_add(1, std::memory_order_relaxed); }
  tracked& operator=(const tracked&) = default;
  tracked& operator=(tracked&&) = default;
  // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
  ~tracked() { alive.fetch_sub(1, std::memory_order_relaxed); }
  // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
  static long count() { return alive.load(std::memory_order_relaxed); }
};

struct nothing {};

}  // namespace

TEST(iter_collect, an_indexed_collect_copies_nothing_and_keeps_every_object) {
  in_pools([] {
    // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
    tracked::copies.store(0, std::memory_order_relaxed);
    {
      const auto got =
          par::range(0, 10000) | par::map([](int x) { return tracked(x); }) | par::collect<std::vector>();
      ASSERT_EQ(tracked::count(), 10000);
      for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(got[i].value, static_cast<int>(i));
    }
    ASSERT_EQ(tracked::count(), 0);
    // ORD relaxed [test]: counts for this test; the end of the parallel call orders it before the check.
    ASSERT_EQ(tracked::copies.load(std::memory_order_relaxed), 0);
  });
}

TEST(iter_collect, items_without_content_are_collected) {
  in_pools([] {
    EXPECT_EQ(
        (par::range(0, 1000) | par::map([](int) { return nothing{}; }) | par::collect<std::vector>()).size(),
        1000U);
    EXPECT_EQ((par::range(0, 1000) | par::filter([](int x) { return x > 9; }) |
               par::map([](int) { return nothing{}; }) | par::collect<std::vector>())
                  .size(),
              990U);
  });
}

TEST(iter_collect, a_throwing_item_destroys_everything_that_was_built) {
  in_pools([] {
    for (const int bad : {0, 1, 499, 500, 998, 999}) {
      const auto make = [bad](int x) {
        if (x == bad) throw std::runtime_error("item " + std::to_string(x));
        return tracked(x);
      };
      const auto wanted = "item " + std::to_string(bad);
      ASSERT_EQ(message_of<std::runtime_error>([&] {
                  static_cast<void>(par::range(0, 1000) | par::map(make) | par::collect<std::vector>());
                }),
                wanted);
      ASSERT_EQ(tracked::count(), 0) << bad;
      ASSERT_EQ(message_of<std::runtime_error>([&] {
                  static_cast<void>(par::range(0, 1000) | par::filter([](int) { return true; }) |
                                    par::map(make) | par::collect<std::vector>());
                }),
                wanted);
      ASSERT_EQ(tracked::count(), 0) << bad;
      std::vector<tracked> into;
      into.emplace_back(-1);
      ASSERT_EQ(message_of<std::runtime_error>(
                    [&] { par::range(0, 1000) | par::map(make) | par::collect_into(into); }),
                wanted);
      ASSERT_TRUE(into.empty());
      ASSERT_EQ(tracked::count(), 0) << bad;
      std::vector<tracked> left;
      std::vector<int> right;
      ASSERT_EQ(message_of<std::runtime_error>([&] {
                  par::range(0, 1000) | par::map([&](int x) { return std::pair<tracked, int>(make(x), x); }) |
                      par::unzip_into(left, right);
                }),
                wanted);
      ASSERT_TRUE(left.empty() && right.empty());
      ASSERT_EQ(tracked::count(), 0) << bad;
      std::vector<tracked> extended;
      extended.emplace_back(-1);
      ASSERT_EQ(message_of<std::runtime_error>(
                    [&] { par::range(0, 1000) | par::map(make) | par::extend(extended); }),
                wanted);
      ASSERT_EQ(extended.size(), 1U);
      ASSERT_EQ(tracked::count(), 1) << bad;
    }
  });
}

namespace {

/// Says `announced`, makes `made`.
struct lying_range {
  using item_type = tracked;
  std::size_t announced;
  std::size_t made;
  [[nodiscard]] std::size_t len() const { return announced; }
  [[nodiscard]] std::optional<std::size_t> opt_len() const { return announced; }
  template <class C>
  typename C::result_type drive(C c) && {
    auto folder = std::move(c).into_folder();
    for (std::size_t i = 0; i < made; ++i) folder.consume(tracked(static_cast<int>(i)));
    return std::move(folder).complete();
  }
  template <class Callback>
  typename Callback::result_type with_producer(Callback callback) && {
    const auto make = [](std::size_t i) { return tracked(static_cast<int>(i)); };
    return par::generate(announced, make).with_producer(std::move(callback));
  }
};
static_assert(par::indexed_parallel_range<lying_range>);

/// Its left part makes nothing.
struct hole_range {
  using item_type = tracked;
  [[nodiscard]] std::size_t len() const { return 10; }
  [[nodiscard]] std::optional<std::size_t> opt_len() const { return 10; }
  template <class C>
  typename C::result_type drive(C c) && {
    C left = par::detail::split_consumer(c, 5);
    auto reducer = c.to_reducer();
    auto nothing_made = std::move(left).into_folder().complete();
    auto folder = std::move(c).into_folder();
    for (int i = 5; i < 10; ++i) folder.consume(tracked(i));
    return reducer.combine(std::move(nothing_made), std::move(folder).complete());
  }
  template <class Callback>
  typename Callback::result_type with_producer(Callback callback) && {
    const auto make = [](std::size_t i) { return tracked(static_cast<int>(i)); };
    return par::generate(std::size_t{10}, make).with_producer(std::move(callback));
  }
};

}  // namespace

TEST(iter_collect, a_source_that_lies_about_its_length_is_an_error_with_both_counts) {
  const auto collect = [](auto range) { static_cast<void>(std::move(range) | par::collect<std::vector>()); };
  EXPECT_EQ(message_of<std::logic_error>([&] { collect(lying_range{10, 9}); }),
            "par::collect: the producer announced 10 items and made 9");
  EXPECT_EQ(message_of<std::logic_error>([&] { collect(lying_range{10, 12}); }),
            "par::collect: the producer announced 10 items and made 12");
  EXPECT_EQ(message_of<std::logic_error>([&] { collect(lying_range{0, 1}); }),
            "par::collect: the producer announced 0 items and made 1");
  EXPECT_EQ(message_of<std::logic_error>([&] { collect(hole_range{}); }),
            "par::collect: the producer announced 10 items and made 5");
  EXPECT_EQ(tracked::count(), 0);
}

TEST(iter_collect, a_length_that_no_vector_holds_is_a_length_error) {
  const auto collect = [] {
    static_cast<void>(par::repeat_n(1, SIZE_MAX / 2) | par::collect<std::vector>());
  };
  EXPECT_EQ(message_of<std::length_error>(collect), "vector::reserve");
}

TEST(iter_collect, drain_removes_exactly_its_items) {
  in_pools([] {
    std::vector<tracked> v;
    for (int i = 0; i < 100; ++i) v.emplace_back(i);
    const auto taken = par::drain(v, 10, 20) | par::collect<std::vector>();
    ASSERT_EQ(taken.size(), 10U);
    EXPECT_EQ(taken[0].value, 10);
    ASSERT_EQ(v.size(), 90U);
    EXPECT_EQ(v[10].value, 20);
    EXPECT_EQ(tracked::count(), 100);
    // Never run, stopped early, thrown out of, empty.
    {
      const auto unused = par::drain(v, 0, 10);
    }
    EXPECT_EQ(v.size(), 80U);
    static_cast<void>(par::drain(v, 0, 10) | par::find_any([](const tracked&) { return true; }));
    EXPECT_EQ(v.size(), 70U);
    EXPECT_EQ(message_of<std::runtime_error>([&] {
                par::drain(v, 0, 10) | par::for_each([](tracked&&) { throw std::runtime_error("out"); });
              }),
              "out");
    EXPECT_EQ(v.size(), 60U);
    EXPECT_EQ(par::drain(v, 5, 5) | par::count(), 0U);
    EXPECT_EQ(v.size(), 60U);
    EXPECT_EQ(message_of<std::out_of_range>([&] { static_cast<void>(par::drain(v, 5, 61)); }),
              "par::drain: positions 5 to 61 of a container of 60 items");
  });
  EXPECT_EQ(tracked::count(), 0);
}

TEST(iter_collect, drain_empties_whole_containers) {
  std::deque<int> deque{1, 2, 3};
  std::string text = "abc";
  std::set<int> set{1, 2};
  std::map<int, int> map{{1, 2}};
  std::list<int> list{4, 5};
  std::priority_queue<int> queue;
  queue.push(1);
  EXPECT_EQ(par::drain(deque) | par::sum<int>(), 6);
  EXPECT_EQ(par::drain(text, 1, 2) | par::collect_string(), "b");
  EXPECT_EQ(text, "ac");
  EXPECT_EQ(par::drain(set) | par::sum<int>(), 3);
  EXPECT_EQ(par::drain(map) | par::map([](int k, int x) { return k + x; }) | par::sum<int>(), 3);
  EXPECT_EQ(par::drain(list) | par::sum<int>(), 9);
  EXPECT_EQ(par::drain(queue) | par::sum<int>(), 1);
  EXPECT_TRUE(deque.empty() && set.empty() && map.empty() && list.empty() && queue.empty());
}
