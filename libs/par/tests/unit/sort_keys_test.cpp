// SPDX-License-Identifier: Apache-2.0
#include "sort_support.hpp"
#include "twill/par/sort.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace par = twill::par;
using namespace sort_tests;

namespace {

TEST(sort, takes_projections_keys_and_comparators) {
  const auto keys = input("few", 30000);
  auto v = records(keys);
  auto expected = v;
  sort_stably(expected, [](const record& a, const record& b) { return a.key < b.key; });
  const auto check = [&](auto&& sort) {
    auto w = v;
    sort(w);
    EXPECT_EQ(w, expected);
  };
  check([](auto& w) { par::sort(w, {}, &record::key); });
  check([](auto& w) { par::sort(w, std::ranges::less(), [](const record& r) { return r.key; }); });
  check([](auto& w) { par::sort_by(w, [](const record& a, const record& b) { return a.key < b.key; }); });
  check([](auto& w) { par::sort_by_key(w, &record::key); });
  check([](auto& w) { par::sort_by_key(w, [](const record& r) { return std::to_string(r.key); }); });
  check([](auto& w) { par::sort_by_cached_key(w, &record::key); });
  check([](auto& w) { par::sort_by_cached_key(w, [](const record& r) { return std::to_string(r.key); }); });
  check([](auto& w) { par::radix_sort(w, &record::key); });
  check([](auto& w) {
    par::radix_sort(w, [](const record& r) noexcept { return static_cast<float>(r.key); });
  });
  check([](auto& w) { par::radix_sort(w, [](const record& r) { return static_cast<std::int8_t>(r.key); }); });
  // An order without ties has one result, stable or not.
  const auto by_both = [](const record& a, const record& b) {
    return a.key != b.key ? a.key < b.key : a.place < b.place;
  };
  check([&](auto& w) { par::sort_unstable_by(w, by_both); });
  check([](auto& w) {
    par::sort_unstable_by_key(w, [](const record& r) { return std::pair(r.key, r.place); });
  });
  check(
      [](auto& w) { par::sort_unstable(w, {}, [](const record& r) { return std::pair(r.key, r.place); }); });
}

}  // namespace
