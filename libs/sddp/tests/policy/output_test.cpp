// SPDX-License-Identifier: Apache-2.0
#include "twill/sddp/output.hpp"

#include "make_system.hpp"
#include "own_folder.hpp"
#include "twill/base/error.hpp"
#include "twill/base/file.hpp"
#include "twill/table/csv.hpp"
#include "twill/table/parquet.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>

namespace twill::sddp {
namespace {
using twill::sddp::testing::plain_hydro;
using twill::sddp::testing::plain_settings;
using twill::sddp::testing::system_maker;

system small() {
  system_maker m(3);
  const bus_index b = m.bus(60.0);
  m.thermal(b, 100.0, 50.0);
  m.hydro(b, plain_hydro(100.0, 40.0), 50.0, 20.0, 5.0);
  for (std::size_t t = 0; t < 3; ++t) m.openings(t, {{1.0}, {-1.0}});
  return m.make();
}

class output : public ::testing::Test {
 protected:
  twill::sddp::testing::own_folder own{};
  const std::string& folder = own.path();
};

TEST_F(output, writes_the_convergence_table_in_both_formats) {
  const system s = small();
  optimizer o(s, plain_settings(4), {.threads = 1});
  const training_result r = o.train();
  write_training(r, folder, table_format::parquet);
  write_training(r, folder, table_format::csv);
  const twill::table::column_table t = twill::table::read_parquet(folder + "/training/convergence.parquet");
  EXPECT_EQ(t.rows(), 4U);
  EXPECT_EQ(t.column<std::int32_t>("iteration")[3], 4);
  EXPECT_EQ(t.column<double>("lower_bound")[3], r.iterations[3].lower_bound);
  EXPECT_EQ(t.at("gap_percent").values<double>()[3], r.iterations[3].gap_percent.value());
  EXPECT_EQ(t.at("upper_bound_ci_half").null_count(), 4U);
  EXPECT_EQ(t.column<std::int64_t>("lp_solves")[0], 9);
  EXPECT_EQ(t.column_names()[0], "iteration");
  EXPECT_EQ(t.columns().size(), 20U);
  const twill::table::csv_result c = twill::table::read_csv_file(folder + "/training/convergence.csv");
  EXPECT_EQ(c.table.rows(), 4U);
  EXPECT_EQ(c.table.at("lower_bound").text_at(3), t.at("lower_bound").text_at(3));
}

TEST_F(output, writes_the_cost_table_whose_components_sum_up) {
  const system s = small();
  optimizer o(s, plain_settings(4), {.threads = 1});
  o.train();
  write_simulation(o.simulate(5), s, folder, table_format::parquet);
  const twill::table::column_table t = twill::table::read_parquet(folder + "/simulation/costs.parquet");
  EXPECT_EQ(t.rows(), 15U);
  for (std::size_t i = 0; i < t.rows(); ++i) {
    double sum = 0.0;
    for (const char* name : {"thermal_cost", "deficit_cost", "excess_cost", "storage_violation_cost",
                             "hydro_violation_cost", "generic_violation_cost", "spillage_cost",
                             "diversion_cost", "fpha_turbined_cost", "curtailment_cost", "exchange_cost"}) {
      sum += t.column<double>(name)[i];
    }
    EXPECT_NEAR(t.column<double>("immediate_cost")[i], sum, 1e-9 * (1 + sum));
  }
  EXPECT_EQ(t.column<std::int32_t>("stage_id")[4], 1);
}

// Reads FlatBuffers as the format is described, not as the writer works.
class flat {
 public:
  explicit flat(std::string bytes) : b_(std::move(bytes)) {}
  template <class T>
  T at(std::size_t i) const {
    T v{};
    EXPECT_LE(i + sizeof(T), b_.size());
    EXPECT_EQ(i % sizeof(T), 0U) << "not aligned";
    std::memcpy(&v, b_.data() + i, sizeof(T));
    return v;
  }
  std::size_t follow(std::size_t i) const { return i + at<std::uint32_t>(i); }
  // Where field n of the table is; 0: it has its default.
  std::size_t field(std::size_t table, std::size_t n) const {
    const std::size_t vtable = table - static_cast<std::size_t>(at<std::int32_t>(table));
    if (4 + 2 * n >= at<std::uint16_t>(vtable)) return 0;
    const std::uint16_t offset = at<std::uint16_t>(vtable + 4 + 2 * n);
    return offset == 0 ? 0 : table + offset;
  }
  std::vector<double> doubles(std::size_t reference) const {
    const std::size_t v = follow(reference);
    std::vector<double> out;
    for (std::uint32_t i = 0; i < at<std::uint32_t>(v); ++i) out.push_back(at<double>(v + 4 + 8 * i));
    return out;
  }

 private:
  std::string b_;
};

TEST_F(output, writes_cuts_that_a_reader_of_the_format_finds) {
  const system s = small();
  study_settings settings = plain_settings(5);
  settings.training.selection.max_active_per_stage = 3;
  optimizer o(s, settings, {.threads = 1});
  o.train();
  write_policy(o.cuts(), std::vector<std::int32_t>{0, 1, 2}, folder);
  for (std::size_t t = 0; t < 3; ++t) {
    const cut_pool& pool = o.cuts().stages[t];
    const flat f(twill::read_file(folder + "/cuts/stage_00" + std::to_string(t) + ".bin"));
    const std::size_t root = f.follow(0);
    EXPECT_EQ(f.at<std::uint32_t>(f.field(root, 0)), t);
    EXPECT_EQ(f.at<std::uint32_t>(f.field(root, 1)), 1U);
    EXPECT_EQ(f.at<std::uint32_t>(f.field(root, 6)), pool.size());
    const std::size_t active = f.follow(f.field(root, 5));
    ASSERT_EQ(f.at<std::uint32_t>(active), pool.active());
    const std::size_t cuts = f.follow(f.field(root, 4));
    ASSERT_EQ(f.at<std::uint32_t>(cuts), t == 2 ? 0U : 5U);
    for (std::size_t i = 0; i < pool.size(); ++i) {
      const std::size_t cut = f.follow(cuts + 4 + 4 * i);
      EXPECT_EQ(f.at<std::uint64_t>(f.field(cut, 0)), i);
      EXPECT_EQ(f.at<std::uint32_t>(f.field(cut, 1)), i);
      EXPECT_EQ(f.at<std::uint32_t>(f.field(cut, 2)), i + 1);
      EXPECT_EQ(f.field(cut, 4), 0U);
      EXPECT_EQ(f.at<double>(f.field(cut, 5)), pool.intercept(i));
      EXPECT_EQ(f.doubles(f.field(cut, 6)), std::vector<double>(1, pool.coefficients(i)[0]));
      EXPECT_EQ(f.doubles(f.field(cut, 7)), std::vector<double>(1, pool[i].trial_point[0]));
      EXPECT_EQ(f.at<std::uint8_t>(f.field(cut, 8)), pool.is_active(i) ? 1 : 0);
    }
  }
  EXPECT_EQ(o.cuts().stages[1].active(), 3U);
}

TEST_F(output, says_where_it_cannot_write) {
  const system s = small();
  optimizer o(s, plain_settings(1), {.threads = 1});
  const training_result r = o.train();
  try {
    write_training(r, "/proc/nowhere", table_format::csv);
    FAIL() << "a folder below /proc cannot be made";
  } catch (const twill::error& e) {
    EXPECT_EQ(e.exit(), twill::exit_code::io);
    EXPECT_EQ(e.where().file, "/proc/nowhere/training");
  }
}

}  // namespace
}  // namespace twill::sddp
