// SPDX-License-Identifier: Apache-2.0
#include "fit/over_ranks.hpp"

#include "fit/em.hpp"
#include "select/collection.hpp"
#include "select/sweep.hpp"
#include "twill/dmm/error.hpp"
#include "twill/dmm/ranks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace twill::dmm {
namespace detail {
namespace {

std::vector<double> gather(rank_link& link, std::span<const double> mine) {
  std::vector<std::size_t> counts;
  return exchange(link, mine, counts);
}

// The rank's rows with the buckets and totals of all ranks.
dataset unite_buckets(const dataset& mine, rank_link& link) {
  dataset d;
  d.n = mine.n;
  d.s = mine.s;
  d.row_ptr = mine.row_ptr;
  d.coefficient = mine.coefficient;
  d.bucket_row = mine.bucket_row;
  d.total_row = mine.total_row;
  std::vector<double> pairs;
  for (std::size_t j = 0; j < mine.s; ++j) {
    for (std::uint32_t b = mine.taxon_ptr[j]; b < mine.taxon_ptr[j + 1]; ++b) {
      pairs.push_back(static_cast<double>(j));
      pairs.push_back(mine.bucket_count[b]);
    }
  }
  const std::vector<double> flat = gather(link, pairs);
  std::vector<std::pair<double, double>> all(flat.size() / 2);
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = {flat[2 * i], flat[2 * i + 1]};
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  std::vector<std::uint32_t> to(mine.buckets());
  d.taxon_ptr.assign(d.s + 1, 0);
  std::uint32_t next = 0;  // of mine
  for (const auto& [taxon, count] : all) {
    const auto j = static_cast<std::size_t>(taxon);
    ++d.taxon_ptr[j + 1];
    d.bucket_ptr.push_back(mine.bucket_ptr[next]);
    if (next < mine.buckets() && next >= mine.taxon_ptr[j] && next < mine.taxon_ptr[j + 1] &&
        mine.bucket_count[next] == count) {
      to[next++] = static_cast<std::uint32_t>(d.bucket_count.size());
    }
    d.bucket_count.push_back(count);
  }
  d.bucket_ptr.push_back(mine.nonzeros());
  for (std::size_t j = 0; j < d.s; ++j) d.taxon_ptr[j + 1] += d.taxon_ptr[j];
  d.row_bucket.resize(mine.nonzeros());
  for (std::size_t p = 0; p < d.row_bucket.size(); ++p) d.row_bucket[p] = to[mine.row_bucket[p]];

  d.total_count = gather(link, mine.total_count);
  std::sort(d.total_count.begin(), d.total_count.end());
  d.total_count.erase(std::unique(d.total_count.begin(), d.total_count.end()), d.total_count.end());
  std::vector<std::uint32_t> total_to(mine.totals());
  std::size_t at = 0;
  for (std::size_t t = 0; t < d.totals(); ++t) {
    d.total_ptr.push_back(mine.total_ptr[at]);
    if (at < mine.totals() && mine.total_count[at] == d.total_count[t])
      total_to[at++] = static_cast<std::uint32_t>(t);
  }
  d.total_ptr.push_back(mine.n);
  for (const std::uint32_t t : mine.row_total) d.row_total.push_back(total_to[t]);
  return d;
}

[[noreturn]] void refuse_rows(std::size_t rank, double rows, double taxa, double right_rows,
                              double right_taxa) {
  diagnosis d;
  d.what = fmt::format("rank {} does not hold the rows of the table that it should", rank);
  d.found = fmt::format("{} rows of {} taxa", rows, taxa);
  d.expected = fmt::format("{} rows of {} taxa", right_rows, right_taxa);
  d.hint = "split the table as rows_of_rank says";
  throw error(errc::invalid_shape, std::move(d));
}

}  // namespace

dataset unite_rows(const count_table& local_rows, rank_link& link) {
  const auto size = static_cast<std::size_t>(link.size());
  const std::vector<double> shape{static_cast<double>(local_rows.samples()),
                                  static_cast<double>(local_rows.taxa())};
  const std::vector<double> shapes = gather(link, shape);
  std::size_t all_rows = 0;
  std::size_t first = 0;
  for (std::size_t r = 0; r < size; ++r) {
    if (r == static_cast<std::size_t>(link.rank())) first = all_rows;
    all_rows += static_cast<std::size_t>(shapes[2 * r]);
  }
  for (std::size_t r = 0; r < size; ++r) {
    const row_range should = rows_of_rank(all_rows, static_cast<int>(r), link.size());
    const double rows = static_cast<double>(should.last - should.first);
    if (shapes[2 * r] != rows || shapes[2 * r + 1] != shapes[1])
      refuse_rows(r, shapes[2 * r], shapes[2 * r + 1], rows, shapes[1]);
  }
  dataset d = unite_buckets(*local_rows.data(), link);
  d.first_row = first;
  d.all_rows = all_rows;
  return d;
}

mixture_fit fit_over_ranks(const count_table& local_rows, rank_link& link, const fit_options& options) {
  const dataset d = unite_rows(local_rows, link);
  check_options(options, d.all_rows);
  const plan cuts(d);
  return with_crew(options.threads,
                   [&](const crew& team) { return run_starts({d, cuts, team, &link}, options); });
}

sweep fit_range_over_ranks(const count_table& counts, std::span<const int> ks, const sweep_options& options,
                           rank_link& link) {
  return run_sweep(counts, ks, options, &link);
}

}  // namespace detail

row_range rows_of_rank(std::size_t all_rows, int rank, int size) {
  const detail::row_range r = detail::rows_of_rank(all_rows, rank, size);
  return {r.first, r.last};
}

}  // namespace twill::dmm
