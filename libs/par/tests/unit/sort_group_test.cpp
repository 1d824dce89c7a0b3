// SPDX-License-Identifier: Apache-2.0
#include "sort_algorithms.hpp"
#include "twill/par/sort.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace par = twill::par;
using namespace sort_tests;

namespace {

TEST(group_by_key, collects_items_in_order) {
  everywhere([](std::size_t n) {
    const auto v = records(input("few", n));
    const auto groups = par::group_by_key(v, &record::key);
    std::size_t total = 0;
    for (std::size_t g = 0; g < groups.size(); ++g) {
      if (g > 0) {
        ASSERT_LT(groups.key(g - 1), groups.key(g));
      }
      ASSERT_FALSE(groups.items(g).empty());
      for (std::size_t i = 0; i < groups.items(g).size(); ++i) {
        ASSERT_EQ(groups.items(g)[i].key, groups.key(g));
        if (i > 0) {
          ASSERT_LT(groups.items(g)[i - 1].place, groups.items(g)[i].place);
        }
      }
      total += groups.items(g).size();
    }
    ASSERT_EQ(total, n);
    ASSERT_EQ(groups.items().size(), n);
    ASSERT_EQ(groups.empty(), n == 0);
  });
}

TEST(group_by_key, moves_the_items_of_a_container_it_is_given) {
  std::vector<std::unique_ptr<std::string>> v;
  for (const char* const word : {"par", "comm", "dmm", "sddp", "lanes", "base"})
    v.push_back(std::make_unique<std::string>(word));
  const auto groups = par::group_by_key(std::move(v), [](const auto& p) { return p->size(); });
  ASSERT_EQ(groups.keys(), (std::vector<std::size_t>{3, 4, 5}));
  EXPECT_EQ(*groups.items(0)[1], "dmm");
  EXPECT_EQ(*groups.items(1)[0], "comm");
  EXPECT_EQ(*groups.items(1)[2], "base");
  EXPECT_EQ(*groups.items(2)[0], "lanes");
}

}  // namespace
