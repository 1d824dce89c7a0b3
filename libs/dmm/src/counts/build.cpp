// SPDX-License-Identifier: Apache-2.0
#include "counts/finish.hpp"
#include "parallel.hpp"
#include "twill/base/number.hpp"
#include "twill/dmm/count_table.hpp"
#include "twill/dmm/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace twill::dmm {
namespace {

using detail::crew;
using detail::dataset;

constexpr double largest = 0x1p53;

struct refusal {
  errc code = errc::invalid_shape;
  std::size_t row = 0;
  std::size_t taxon = 0;
  std::string found{};
};

[[noreturn]] void raise(const refusal& r) {
  const auto cell = [&](std::string what, std::string expected) {
    return diagnosis{.what = std::move(what),
                     .where = location{.row = r.row + 1, .field = fmt::format("{}", r.taxon + 1)},
                     .found = r.found,
                     .expected = std::move(expected)};
  };
  switch (r.code) {
    case errc::negative_count:
      throw error(r.code, cell("a count is negative", "0 or more"), {r.row}, r.taxon);
    case errc::not_finite:
      throw error(r.code, cell("a count is not a finite number", "a whole number"), {r.row}, r.taxon);
    case errc::not_integral:
      throw error(r.code, cell("a count has a fraction", "a whole number"), {r.row}, r.taxon);
    case errc::count_too_large:
      throw error(r.code, cell("a count is too large", "at most 9007199254740992"), {r.row}, r.taxon);
    default:
      throw error(errc::invalid_shape,
                  cell("a taxon stands twice in a sample or is out of range", "each taxon at most once"),
                  {r.row}, r.taxon);
  }
}

// The count of a cell, or why it is none.
template <class T>
[[nodiscard]] std::optional<errc> check(T value) noexcept {
  if constexpr (std::is_floating_point_v<T>) {
    if (!std::isfinite(value)) return errc::not_finite;
    if (value < 0) return errc::negative_count;
    if (value != std::trunc(value)) return errc::not_integral;
    if (value > largest) return errc::count_too_large;
  } else {
    if (value < 0) return errc::negative_count;
    if (static_cast<double>(value) > largest) return errc::count_too_large;
  }
  return {};
}

template <class T>
[[nodiscard]] std::string text_of(T value) {
  if constexpr (std::is_floating_point_v<T>) {
    return shortest(value);
  } else {
    return fmt::format("{}", value);
  }
}

template <class T>
struct dense_rows {
  using value_type = T;
  std::span<const T> cells;
  std::size_t s;
  template <class Visit>
  void visit(std::size_t row, const Visit& f) const {
    const T* at = cells.data() + row * s;
    for (std::size_t j = 0; j < s; ++j) {
      if (at[j] != T{}) f(j, at[j]);
    }
  }
};

template <class T>
struct csr_rows {
  using value_type = T;
  std::span<const std::int64_t> indptr;
  std::span<const std::int32_t> indices;
  std::span<const T> values;
  template <class Visit>
  void visit(std::size_t row, const Visit& f) const {
    const auto first = static_cast<std::size_t>(indptr[row]);
    const auto last = static_cast<std::size_t>(indptr[row + 1]);
    for (std::size_t p = first; p < last; ++p) {
      if (values[p] != T{}) f(static_cast<std::size_t>(indices[p]), values[p]);
    }
  }
};

// What the first pass over the rows learns, a part for each chunk of rows.
struct census {
  std::vector<std::uint32_t> per_taxon;  // nonzeros of the chunk in each taxon
  std::uint64_t largest_count = 0;
  std::optional<refusal> refused{};  // the first of the chunk
  std::vector<std::size_t> empty{};  // rows without counts
};

template <class Rows>
void take_census(const Rows& rows, std::size_t first, std::size_t last, std::size_t s, dataset& d,
                 std::vector<double>& totals, census& out) {
  out.per_taxon.assign(s, 0);
  for (std::size_t i = first; i < last; ++i) {
    std::uint64_t n = 0;
    double total = 0;
    rows.visit(i, [&](std::size_t j, auto value) {
      if (out.refused) return;
      if (j >= s) {
        out.refused = refusal{errc::invalid_shape, i, j, fmt::format("{}", j + 1)};
      } else if (const auto bad = check(value)) {
        out.refused = refusal{*bad, i, j, text_of(value)};
      } else {
        ++out.per_taxon[j];
        ++n;
        total += static_cast<double>(value);
        out.largest_count = std::max(out.largest_count, static_cast<std::uint64_t>(value));
        if (total > largest)
          out.refused = refusal{errc::count_too_large, i, j, "a larger total of the sample"};
      }
    });
    if (out.refused) return;
    d.row_ptr[i + 1] = n;
    totals[i] = total;
    if (n == 0) out.empty.push_back(i);
  }
}

void refuse_empty_rows(const std::vector<census>& parts) {
  std::vector<std::size_t> rows;
  std::size_t count = 0;
  for (const census& part : parts) {
    count += part.empty.size();
    for (const std::size_t i : part.empty) {
      if (rows.size() < 10) rows.push_back(i);
    }
  }
  if (count == 0) return;
  std::string names;
  for (const std::size_t i : rows) names += fmt::format("{}{}", names.empty() ? "" : ", ", i + 1);
  if (count > rows.size()) names += fmt::format(" and {} more", count - rows.size());
  throw error(
      errc::zero_row,
      {.what = count == 1 ? "a sample has no counts" : fmt::format("{} samples have no counts", count),
       .found = (count == 1 ? "row " : "rows ") + names,
       .expected = "at least one count in each sample",
       .hint = "leave these samples out: nothing tells which component they are of"},
      rows);
}

// Nonzeros by taxon: for each its row, its count, and its position among the nonzeros by row. `Number` holds
// counts and positions.
template <class Number>
struct columns {
  std::vector<std::uint64_t> ptr;  // s + 1
  detail::unset_vector<std::uint32_t> row;
  detail::unset_vector<Number> count;
  detail::unset_vector<Number> position;
};

template <class Number, class Rows>
void scatter(const Rows& rows, std::size_t first, std::size_t last, const dataset& d,
             std::vector<std::uint64_t>& cursor, columns<Number>& out) {
  std::vector<std::pair<std::size_t, Number>> row;
  for (std::size_t i = first; i < last; ++i) {
    row.clear();
    rows.visit(i, [&](std::size_t j, auto value) { row.emplace_back(j, static_cast<Number>(value)); });
    if (!std::is_sorted(row.begin(), row.end())) std::sort(row.begin(), row.end());
    auto position = static_cast<Number>(d.row_ptr[i]);
    for (const auto& [j, value] : row) {
      const std::uint64_t at = cursor[j]++;
      out.row[at] = static_cast<std::uint32_t>(i);
      out.count[at] = value;
      out.position[at] = position++;
    }
  }
}

// Orders a taxon's nonzeros by count, rows rising within a count, and returns how many distinct counts there
// are.
template <class Number>
std::size_t order_taxon(columns<Number>& c, std::size_t j, detail::unset_vector<std::uint32_t>& bucket_row) {
  const std::uint64_t first = c.ptr[j];
  const std::size_t n = c.ptr[j + 1] - first;
  if (n == 0) return 0;
  const std::vector<Number> count(c.count.begin() + static_cast<std::ptrdiff_t>(first),
                                  c.count.begin() + static_cast<std::ptrdiff_t>(first + n));
  const std::vector<Number> position(c.position.begin() + static_cast<std::ptrdiff_t>(first),
                                     c.position.begin() + static_cast<std::ptrdiff_t>(first + n));
  std::vector<std::uint32_t> order(n);
  const std::uint64_t most = *std::max_element(count.begin(), count.end());
  if (most < 4 * n + 1024) {
    std::vector<std::uint32_t> start(most + 2, 0);
    for (const Number v : count) ++start[v + 1];
    for (std::size_t v = 1; v < start.size(); ++v) start[v] += start[v - 1];
    for (std::size_t p = 0; p < n; ++p) order[start[count[p]]++] = static_cast<std::uint32_t>(p);
  } else {
    for (std::size_t p = 0; p < n; ++p) order[p] = static_cast<std::uint32_t>(p);
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
      return count[a] != count[b] ? count[a] < count[b] : a < b;
    });
  }
  std::size_t distinct = 0;
  for (std::size_t p = 0; p < n; ++p) {
    const std::uint32_t from = order[p];
    bucket_row[first + p] = c.row[first + from];
    c.count[first + p] = count[from];
    c.position[first + p] = position[from];
    if (p == 0 || c.count[first + p] != c.count[first + p - 1]) ++distinct;
  }
  return distinct;
}

template <class Number>
void fill_taxon(const columns<Number>& c, std::size_t j, dataset& d) {
  std::uint32_t bucket = d.taxon_ptr[j];
  for (std::uint64_t p = c.ptr[j]; p < c.ptr[j + 1]; ++p) {
    if (p == c.ptr[j] || c.count[p] != c.count[p - 1]) {
      bucket = p == c.ptr[j] ? bucket : bucket + 1;
      d.bucket_count[bucket] = static_cast<double>(c.count[p]);
      d.bucket_ptr[bucket] = p;
    }
    d.row_bucket[c.position[p]] = bucket;
  }
}

template <class Number, class Rows>
void build_buckets(const Rows& rows, const std::vector<census>& parts, std::size_t grain, dataset& d,
                   const crew& team) {
  const std::size_t nonzeros = d.row_ptr[d.n];
  columns<Number> c;
  c.ptr.assign(d.s + 1, 0);
  std::vector<std::vector<std::uint64_t>> cursor(parts.size(), std::vector<std::uint64_t>(d.s));
  std::uint64_t sum = 0;
  for (std::size_t j = 0; j < d.s; ++j) {
    for (std::size_t p = 0; p < parts.size(); ++p) {
      cursor[p][j] = sum;
      sum += parts[p].per_taxon[j];
    }
    c.ptr[j + 1] = sum;
  }
  c.row.resize(nonzeros);
  c.count.resize(nonzeros);
  c.position.resize(nonzeros);
  const double cost = 10.0 * static_cast<double>(nonzeros);
  team.each(parts.size(), cost, [&](std::size_t p) {
    scatter(rows, p * grain, std::min(d.n, (p + 1) * grain), d, cursor[p], c);
  });
  cursor.clear();

  d.bucket_row.resize(nonzeros);
  std::vector<std::size_t> distinct(d.s);
  std::vector<std::uint8_t> twice(d.s, 0);
  team.each(d.s, cost, [&](std::size_t j) {
    for (std::uint64_t p = c.ptr[j] + 1; p < c.ptr[j + 1]; ++p) {
      if (c.row[p] == c.row[p - 1]) twice[j] = 1;
    }
    distinct[j] = order_taxon(c, j, d.bucket_row);
  });
  for (std::size_t j = 0; j < d.s; ++j) {
    if (twice[j] == 0) continue;
    std::vector<std::uint32_t> of(d.bucket_row.begin() + static_cast<std::ptrdiff_t>(c.ptr[j]),
                                  d.bucket_row.begin() + static_cast<std::ptrdiff_t>(c.ptr[j + 1]));
    std::sort(of.begin(), of.end());
    raise({errc::invalid_shape, *std::adjacent_find(of.begin(), of.end()), j, fmt::format("{}", j + 1)});
  }
  d.taxon_ptr.assign(d.s + 1, 0);
  std::size_t buckets = 0;
  for (std::size_t j = 0; j < d.s; ++j) {
    buckets += distinct[j];
    if (buckets > std::numeric_limits<std::uint32_t>::max()) {
      throw error(errc::invalid_shape,
                  {.what = "a table has more than 4294967295 distinct counts of its taxa"});
    }
    d.taxon_ptr[j + 1] = static_cast<std::uint32_t>(buckets);
  }
  d.bucket_count.resize(buckets);
  d.bucket_ptr.resize(buckets + 1);
  d.bucket_ptr[buckets] = nonzeros;
  d.row_bucket.resize(nonzeros);
  team.each(d.s, cost, [&](std::size_t j) { fill_taxon(c, j, d); });
}

template <class Rows>
count_table build(const Rows& rows, std::size_t n, std::size_t s, zero_rows empty, int threads,
                  const std::stop_token& stop) {
  if (n == 0 || s == 0) {
    throw error(errc::invalid_shape, {.what = "a table of counts is empty",
                                      .found = fmt::format("{} samples and {} taxa", n, s),
                                      .expected = "at least one of each"});
  }
  constexpr std::size_t most = std::numeric_limits<std::uint32_t>::max() - 1;
  if (n > most || s > most) {
    throw error(errc::invalid_shape, {.what = "a table of counts is too large",
                                      .found = fmt::format("{} samples and {} taxa", n, s),
                                      .expected = fmt::format("at most {} of each", most)});
  }
  if (threads < 0) {
    throw error(errc::bad_option, {.what = "a number of threads is negative",
                                   .where = location{.file = "threads"},
                                   .found = fmt::format("{}", threads),
                                   .expected = "0 (as the settings say) or more"});
  }
  try {
    return detail::inside_crew(threads, [&](crew team) {
      team.stop = {.stop = &stop};
      auto d = std::make_shared<dataset>();
      d->n = n;
      d->s = s;
      d->all_rows = n;
      d->row_ptr.assign(n + 1, 0);
      std::vector<double> totals(n);
      const std::size_t grain = std::max<std::size_t>(256, (n + 63) / 64);
      std::vector<census> parts((n + grain - 1) / grain);
      const double cost = static_cast<double>(n) * static_cast<double>(s);
      team.each(parts.size(), cost, [&](std::size_t p) {
        take_census(rows, p * grain, std::min(n, (p + 1) * grain), s, *d, totals, parts[p]);
      });
      std::uint64_t largest_count = 0;
      for (const census& part : parts) {
        if (part.refused) raise(*part.refused);
        largest_count = std::max(largest_count, part.largest_count);
      }
      if (empty == zero_rows::refuse) refuse_empty_rows(parts);
      for (std::size_t i = 0; i < n; ++i) d->row_ptr[i + 1] += d->row_ptr[i];
      constexpr std::uint64_t narrow = std::numeric_limits<std::uint32_t>::max();
      if (largest_count < narrow && d->row_ptr[n] < narrow) {
        build_buckets<std::uint32_t>(rows, parts, grain, *d, team);
      } else {
        build_buckets<std::uint64_t>(rows, parts, grain, *d, team);
      }
      detail::finish_dataset(*d, totals, team);
      return count_table(std::move(d));
    });
  } catch (const detail::interrupted&) {
    throw error(errc::cancelled, {.what = "the building of a table was stopped"});
  }
}

template <class T>
count_table dense(std::span<const T> cells, std::size_t n, std::size_t s, zero_rows empty, int threads,
                  const std::stop_token& stop) {
  if (n != 0 && s != 0 && (cells.size() / s != n || cells.size() % s != 0)) {
    throw error(errc::invalid_shape, {.what = "a dense table has another size than its samples and taxa say",
                                      .found = fmt::format("{} counts", cells.size()),
                                      .expected = fmt::format("{} x {}", n, s)});
  }
  return build(dense_rows<T>{cells, s}, n, s, empty, threads, stop);
}

template <class T>
count_table sparse(std::size_t n, std::size_t s, std::span<const std::int64_t> indptr,
                   std::span<const std::int32_t> indices, std::span<const T> values, zero_rows empty,
                   int threads, const std::stop_token& stop) {
  bool whole = indptr.size() == n + 1 && indices.size() == values.size() && (n == 0 || indptr[0] == 0);
  for (std::size_t i = 0; whole && i < n; ++i) whole = indptr[i] <= indptr[i + 1];
  if (!whole || (n != 0 && static_cast<std::size_t>(indptr[n]) != values.size())) {
    throw error(errc::invalid_shape, {.what = "the row pointers of a sparse table do not fit its counts",
                                      .found = fmt::format("{} pointers, {} taxa, {} counts", indptr.size(),
                                                           indices.size(), values.size()),
                                      .expected = "n + 1 pointers from 0 up to the number of counts"});
  }
  return build(csr_rows<T>{indptr, indices, values}, n, s, empty, threads, stop);
}

}  // namespace

count_table count_table::from_dense(std::span<const std::int32_t> row_major, std::size_t n, std::size_t s,
                                    zero_rows empty, int threads, std::stop_token stop) {
  return dense(row_major, n, s, empty, threads, stop);
}
count_table count_table::from_dense(std::span<const std::int64_t> row_major, std::size_t n, std::size_t s,
                                    zero_rows empty, int threads, std::stop_token stop) {
  return dense(row_major, n, s, empty, threads, stop);
}
count_table count_table::from_dense(std::span<const double> row_major, std::size_t n, std::size_t s,
                                    zero_rows empty, int threads, std::stop_token stop) {
  return dense(row_major, n, s, empty, threads, stop);
}
count_table count_table::from_csr(std::size_t n, std::size_t s, std::span<const std::int64_t> indptr,
                                  std::span<const std::int32_t> indices, std::span<const std::int64_t> values,
                                  zero_rows empty, int threads, std::stop_token stop) {
  return sparse(n, s, indptr, indices, values, empty, threads, stop);
}
count_table count_table::from_csr(std::size_t n, std::size_t s, std::span<const std::int64_t> indptr,
                                  std::span<const std::int32_t> indices, std::span<const double> values,
                                  zero_rows empty, int threads, std::stop_token stop) {
  return sparse(n, s, indptr, indices, values, empty, threads, stop);
}

}  // namespace twill::dmm
