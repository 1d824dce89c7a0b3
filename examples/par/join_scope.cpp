// SPDX-License-Identifier: Apache-2.0
// Sums a vector by forking halves, then squares its blocks in place with the tasks of a scope.
#include "twill/par/join.hpp"
#include "twill/par/scope.hpp"

#include <cstdio>
#include <numeric>
#include <span>
#include <vector>

namespace {

// [snippet:join]
long sum(std::span<const long> data) {
  if (data.size() <= 1024) return std::accumulate(data.begin(), data.end(), 0L);
  const std::size_t half = data.size() / 2;
  const auto [left, right] =
      twill::par::join([&] { return sum(data.first(half)); }, [&] { return sum(data.subspan(half)); });
  return left + right;
}
// [end:join]

}  // namespace

int main() {
  std::vector<long> data(100'000);
  std::iota(data.begin(), data.end(), 1L);
  std::printf("sum %ld\n", sum(data));

  // [snippet:scope]
  twill::par::scope([&](auto& s) {
    for (std::size_t at = 0; at < data.size(); at += 10'000) {
      s.spawn([block = std::span(data).subspan(at, 10'000)] {
        for (long& x : block) x *= x;
      });
    }
  });
  // [end:scope]
  std::printf("sum of squares %ld\n", sum(data));
}
