// SPDX-License-Identifier: Apache-2.0
#include "twill/dmm/count_table.hpp"

#include "counts/dataset.hpp"
#include "tables.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <stop_token>
#include <string>
#include <vector>

namespace twill::dmm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const std::vector<std::int32_t> small{0, 3, 3, 0, 1, 0, 0, 7, 0, 3, 1, 2};  // 3 x 4

template <class F>
error refused(const F& f) {
  try {
    static_cast<void>(f());
  } catch (const error& e) {
    return e;
  }
  ADD_FAILURE() << "nothing was refused";
  return error(errc::numerical, {});
}

TEST(count_table, keeps_distinct_counts_of_each_taxon) {
  const count_table t = count_table::from_dense(std::span<const std::int32_t>(small), 3, 4);
  EXPECT_EQ(t.samples(), 3U);
  EXPECT_EQ(t.taxa(), 4U);
  EXPECT_EQ(t.nonzeros(), 7U);
  EXPECT_EQ(t.buckets(), 6U);  // 1 | 3 | 1 3 | 2 7
  EXPECT_EQ(t.total(2), 6);
  EXPECT_THAT(t.row(1), ElementsAre(count_entry{0, 1}, count_entry{3, 7}));
  EXPECT_THAT(t.data()->bucket_count, ElementsAre(1, 3, 1, 3, 2, 7));
  EXPECT_THAT(t.data()->taxon_ptr, ElementsAre(0, 1, 2, 4, 6));
  EXPECT_NEAR(t.data()->coefficient[0], std::log(20.0), 1e-14);  // 6! / (3! 3!)
}

TEST(count_table, is_the_same_from_every_kind_of_numbers_and_from_compressed_rows) {
  const std::vector<std::int64_t> longs(small.begin(), small.end());
  const std::vector<double> doubles(small.begin(), small.end());
  const count_table a = count_table::from_dense(std::span<const std::int32_t>(small), 3, 4);
  // Compressed rows in any order, with a zero among them.
  const std::vector<std::int64_t> ptr{0, 3, 5, 8};
  const std::vector<std::int32_t> taxa{2, 0, 1, 3, 0, 3, 1, 2};
  const std::vector<std::int64_t> values{3, 0, 3, 7, 1, 2, 3, 1};
  for (const count_table& b :
       {count_table::from_dense(std::span<const std::int64_t>(longs), 3, 4),
        count_table::from_dense(std::span<const double>(doubles), 3, 4),
        count_table::from_csr(3, 4, ptr, taxa, std::span<const std::int64_t>(values))}) {
    EXPECT_EQ(a.data()->row_bucket, b.data()->row_bucket);
    EXPECT_EQ(a.data()->bucket_row, b.data()->bucket_row);
    EXPECT_EQ(a.data()->bucket_count, b.data()->bucket_count);
    EXPECT_EQ(a.data()->coefficient, b.data()->coefficient);
  }
}

TEST(count_table, does_not_depend_on_threads) {
  const simulated s = tests::draw_table(700, 30, 2, 3);
  const std::span<const std::int64_t> counts(s.counts);
  const count_table one = count_table::from_dense(counts, 700, 30, zero_rows::refuse, 1);
  const count_table many = count_table::from_dense(counts, 700, 30, zero_rows::refuse, 5);
  EXPECT_EQ(one.data()->row_bucket, many.data()->row_bucket);
  EXPECT_EQ(one.data()->bucket_row, many.data()->bucket_row);
  EXPECT_EQ(one.data()->coefficient, many.data()->coefficient);
}

TEST(count_table, holds_counts_beyond_32_bits) {
  const std::vector<double> big{0x1p53 - 8, 3, 5, 0x1p40};
  const count_table t = count_table::from_dense(std::span<const double>(big), 2, 2);
  EXPECT_THAT(t.row(0), ElementsAre(count_entry{0, 0x1p53 - 8}, count_entry{1, 3}));
  EXPECT_EQ(t.total(1), 5 + 0x1p40);
}

TEST(count_table, names_the_place_and_the_count_that_it_refuses) {
  const auto with = [](double value) {
    return refused([&] {
      const std::vector<double> cells{1, 2, 3, value};
      return count_table::from_dense(std::span<const double>(cells), 2, 2);
    });
  };
  struct expected {
    double value;
    errc code;
    const char* message;
  };
  for (const expected& e :
       {expected{
            -3, errc::negative_count,
            "error[negative_count] row 2 column \"2\": a count is negative (found -3, expected 0 or more)"},
        expected{std::nan(""), errc::not_finite,
                 "a count is not a finite number (found nan, expected a whole number)"},
        expected{std::numeric_limits<double>::infinity(), errc::not_finite, "found inf"},
        expected{12.5, errc::not_integral, "a count has a fraction (found 12.5, expected a whole number)"},
        expected{0x1p54, errc::count_too_large, "a count is too large"}}) {
    const error found = with(e.value);
    EXPECT_EQ(found.code(), make_error_code(e.code));
    EXPECT_THAT(found.what(), HasSubstr(e.message));
    EXPECT_THAT(found.rows(), ElementsAre(1));
    EXPECT_EQ(found.column(), 1U);
  }
  const std::vector<std::int32_t> negative{1, 2, -7, 4};
  const error found =
      refused([&] { return count_table::from_dense(std::span<const std::int32_t>(negative), 2, 2); });
  EXPECT_THAT(found.what(), HasSubstr("row 2 column \"1\": a count is negative (found -7"));
}

TEST(count_table, refuses_totals_beyond_what_is_exact) {
  const std::vector<double> cells{0x1p52, 0x1p52, 2};
  const error found = refused([&] { return count_table::from_dense(std::span<const double>(cells), 1, 3); });
  EXPECT_THAT(found.what(), HasSubstr("a count is too large (found a larger total of the sample"));
}

TEST(count_table, names_up_to_ten_samples_without_counts) {
  std::vector<std::int32_t> cells(24, 0);
  cells[5] = 1;
  const error found =
      refused([&] { return count_table::from_dense(std::span<const std::int32_t>(cells), 12, 2); });
  EXPECT_EQ(found.code(), make_error_code(errc::zero_row));
  EXPECT_THAT(found.what(),
              HasSubstr("11 samples have no counts (found rows 1, 2, 4, 5, 6, 7, 8, 9, 10, 11 and 1 more"));
  EXPECT_THAT(found.rows(), ElementsAre(0, 1, 3, 4, 5, 6, 7, 8, 9, 10));
  EXPECT_EQ(count_table::from_dense(std::span<const std::int32_t>(cells), 12, 2, zero_rows::keep).total(0),
            0);
}

TEST(count_table, refuses_sizes_that_make_no_table) {
  const std::span<const std::int32_t> cells(small);
  EXPECT_THAT(refused([&] { return count_table::from_dense(cells.first(0), 0, 4); }).what(),
              HasSubstr("a table of counts is empty (found 0 samples and 4 taxa"));
  EXPECT_THAT(refused([&] { return count_table::from_dense(cells.first(0), 3, 0); }).what(),
              HasSubstr("found 3 samples and 0 taxa"));
  EXPECT_THAT(refused([&] { return count_table::from_dense(cells, 3, 5); }).what(),
              HasSubstr("found 12 counts, expected 3 x 5"));
  const std::vector<std::int64_t> ptr{0, 2};
  const std::vector<std::int64_t> values{1, 1};
  const std::vector<std::int32_t> twice{1, 1};
  EXPECT_THAT(refused([&] {
                return count_table::from_csr(1, 4, ptr, twice, std::span<const std::int64_t>(values));
              }).what(),
              HasSubstr("a taxon stands twice in a sample or is out of range (found 2"));
  const std::vector<std::int32_t> outside{1, 4};
  EXPECT_THAT(refused([&] {
                return count_table::from_csr(1, 4, ptr, outside, std::span<const std::int64_t>(values));
              }).what(),
              HasSubstr("out of range (found 5"));
  const std::vector<std::int64_t> broken{0, 3};
  EXPECT_THAT(refused([&] {
                return count_table::from_csr(1, 4, broken, twice, std::span<const std::int64_t>(values));
              }).what(),
              HasSubstr("the row pointers of a sparse table do not fit its counts"));
}

TEST(count_table, a_stop_ends_its_building) {
  std::stop_source stop;
  const std::span<const std::int32_t> cells(small);
  EXPECT_EQ(count_table::from_dense(cells, 3, 4, zero_rows::refuse, 2, stop.get_token()).samples(), 3U);
  stop.request_stop();
  for (const int threads : {1, 2}) {
    const error e = refused(
        [&] { return count_table::from_dense(cells, 3, 4, zero_rows::refuse, threads, stop.get_token()); });
    EXPECT_EQ(e.code(), make_error_code(errc::cancelled)) << threads;
    EXPECT_THAT(e.what(), HasSubstr("the building of a table was stopped")) << threads;
  }
}

TEST(count_table, gives_some_of_its_samples) {
  const count_table t = count_table::from_dense(std::span<const std::int32_t>(small), 3, 4);
  const std::vector<std::size_t> rows{2, 0};
  const count_table some = t.select(rows);
  EXPECT_EQ(some.samples(), 2U);
  EXPECT_EQ(some.row(0), t.row(2));
  EXPECT_EQ(some.row(1), t.row(0));
}

}  // namespace
}  // namespace twill::dmm
