// SPDX-License-Identifier: Apache-2.0
#include "counts/finish.hpp"

#include "kernel/kernels.hpp"
#include "twill/dmm/special.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace twill::dmm::detail {
namespace {

using numbered = std::pair<std::uint64_t, std::uint32_t>;

// By the first number, digit by digit; equal ones stay in order.
void sort_numbered(std::vector<numbered>& all) {
  constexpr unsigned bits = 11;
  constexpr std::uint64_t mask = (1U << bits) - 1U;
  std::uint64_t most = 0;
  for (const numbered& one : all) most = std::max(most, one.first);
  std::vector<numbered> sorted(all.size());
  for (unsigned shift = 0; shift < 64 && (most >> shift) != 0; shift += bits) {
    std::array<std::size_t, mask + 2> start{};
    for (const numbered& one : all) ++start[((one.first >> shift) & mask) + 1];
    for (std::size_t digit = 1; digit < start.size(); ++digit) start[digit] += start[digit - 1];
    for (const numbered& one : all) sorted[start[(one.first >> shift) & mask]++] = one;
    all.swap(sorted);
  }
}

void group_totals(dataset& d, const std::vector<double>& totals) {
  std::vector<numbered> order(d.n);
  for (std::size_t i = 0; i < d.n; ++i)
    order[i] = {static_cast<std::uint64_t>(totals[i]), static_cast<std::uint32_t>(i)};
  sort_numbered(order);
  d.row_total.resize(d.n);
  d.total_row.resize(d.n);
  for (std::size_t p = 0; p < d.n; ++p) {
    if (p == 0 || order[p].first != order[p - 1].first) {
      d.total_count.push_back(static_cast<double>(order[p].first));
      d.total_ptr.push_back(p);
    }
    d.row_total[order[p].second] = static_cast<std::uint32_t>(d.total_count.size() - 1);
    d.total_row[p] = order[p].second;
  }
  d.total_ptr.push_back(d.n);
}

}  // namespace

void finish_dataset(dataset& d, const std::vector<double>& totals, const crew& team) {
  group_totals(d, totals);
  // ln of the factorial of each distinct count, then one sum a row.
  std::vector<double> factorial(d.buckets());
  team.pieces(d.buckets(), 2048, 40.0 * static_cast<double>(d.buckets()), [&](std::size_t a, std::size_t b) {
    for (std::size_t i = a; i < b; ++i) factorial[i] = -gamma_at(d.bucket_count[i] + 1).log_gamma;
  });
  d.coefficient.resize(d.n);
  const kernels& run = active_kernels();
  team.pieces(d.n, 512, 50.0 * static_cast<double>(d.n), [&](std::size_t a, std::size_t b) {
    for (std::size_t i = a; i < b; ++i)
      d.coefficient[i] = gamma_at(d.total_count[d.row_total[i]] + 1).log_gamma;
    run.gather_rows(d.row_bucket.data(), d.row_ptr.data(), a, b, factorial.data(), 1, d.coefficient.data());
  });
}

}  // namespace twill::dmm::detail
